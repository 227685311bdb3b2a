from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from gallery.models import Image
from gallery.models.share import MOST_DAYS, USUAL_DAYS
from gallery.owners import AnyUser

MOST_IMAGES = 100
REORDERING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")


class ChosenImages(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Cleans to the chosen pictures in the order in which they were sent."""

    default_error_messages = {
        "required": "Choose at least one picture to share",
        "invalid_choice": "One of these pictures is not in your gallery any more",
        "invalid_pk_value": "One of these pictures is not in your gallery any more",
    }

    def clean(self, value: Any) -> list[Image]:  # type: ignore[override]
        found: QuerySet[Image] = super().clean(value)
        if len(found) > MOST_IMAGES:
            raise ValidationError(f"A link holds {MOST_IMAGES} pictures at most")
        by_id = {image.pk: image for image in found}
        order = dict.fromkeys(uuid.UUID(str(pk)) for pk in value or ())
        return [by_id[pk] for pk in order]


class ShareForm(forms.Form):
    """What a share link shows, for how long, and whether the originals may be downloaded."""

    images = ChosenImages(queryset=Image.objects.none())
    title = forms.CharField(
        required=False,
        max_length=120,
        help_text="Shown above the pictures and in the preview that a chat makes of the link.",
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        initial=USUAL_DAYS,
        label="Expires in (days)",
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "required"), f"Days must be a number from 1 to {MOST_DAYS}"
        ),
    )
    download = forms.BooleanField(required=False, label="Let people download the full picture")
    approve = forms.BooleanField(required=False, widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, initial=uuid.uuid4, widget=forms.HiddenInput)

    def __init__(self, user: AnyUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["images"].queryset = Image.objects.owned_by(user)  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        """One line, without the signs that reorder what others read; those that join letters stay."""
        return " ".join(REORDERING.sub(" ", self.cleaned_data["title"]).split())

    def clean_images(self) -> list[Image]:
        images: list[Image] = self.cleaned_data["images"]
        if any(image.review == Image.Review.REJECTED for image in images):
            raise ValidationError("A picture that was not approved cannot be shared: take it out")
        return images

    def clean_approve(self) -> bool:
        """Only those who may decide in the review may decide here."""
        return bool(self.cleaned_data["approve"]) and self.user.has_perm("gallery.change_image")


def chosen_images(user: AnyUser, ids: Sequence[str]) -> list[Image]:
    """The pictures of a request to share them that are the user's; rubbish among the ids is passed over."""
    wanted = dict.fromkeys(pk for pk in map(_uuid, ids[:MOST_IMAGES]) if pk)
    found = Image.objects.owned_by(user).in_bulk(list(wanted))
    return [found[pk] for pk in wanted if pk in found]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
