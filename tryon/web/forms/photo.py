from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from tryon.accounts.models import User
from tryon.presenters.labels import told
from tryon.rules import model_families, outfits
from tryon.rules.request_rules import PICTURE_MISSING
from tryon.web.forms.slot import REFERENCE_KINDS, NotNow, PictureSlot, keep_link, keep_upload
from tryon.web.forms.tick import TickField
from tryon.web.upload_handler import ReceivedFile

MOST = model_families.REFERENCES["compose"][1]


class PhotoForm(forms.Form):
    """One picture on its own, sent while the user is still choosing: a file, or an address."""

    kind = forms.ChoiceField(choices=[(name, name.capitalize()) for name in REFERENCE_KINDS])
    consent = TickField(required=False)
    category = forms.ChoiceField(choices=[(name, name) for name in outfits.CATEGORIES], required=False)
    slot = forms.IntegerField(min_value=1, max_value=MOST, required=False)
    url = forms.CharField(required=False)

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        self.picture_slot = PictureSlot("person")

    def clean(self) -> None:
        cleaned = self.cleaned_data
        kind = cleaned.get("kind", "person")
        self.picture_slot = PictureSlot(kind, number=cleaned.get("slot") or 1)
        upload, address = cast(ReceivedFile | None, self.files.get("file")), cleaned.get("url")
        category, consent = cleaned.get("category") or "auto", bool(cleaned.get("consent"))
        if upload:
            self.picture_slot.reference = keep_upload(self.owner, kind, upload, category, consent)
        elif address:
            self.picture_slot.reference = keep_link(self.owner, kind, address, category, consent)
        else:
            raise ValidationError(told(PICTURE_MISSING[kind]))

    @property
    def sentence(self) -> str:
        """The first reason for the refusal, for the card."""
        return str(next(iter(self.errors.values()))[0])

    @property
    def not_now(self) -> NotNow | None:
        """Where it may be sent again."""
        found = (error for errors in self.errors.as_data().values() for error in errors)
        return next((error for error in found if isinstance(error, NotNow)), None)
