"""What an owner says of a link: which pictures, what others read and may do, and until when."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gallery.models import Image, Report, ShareLink
from gallery.models.report import WORDS_LETTERS
from gallery.models.sharing.share import MOST_DAYS, USUAL_DAYS
from gallery.owners import AnyUser

MOST_IMAGES = 100
SHORTEST_PASSWORD = 6
LONGEST_PASSWORD = 100
REORDERING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")
TYPED_OVER = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}  # it is read to others


class ChosenImages(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Cleans to the chosen pictures in the order in which they were sent."""

    default_error_messages = {
        "required": gettext_lazy("Choose at least one picture to share"),
        "invalid_choice": gettext_lazy("One of these pictures is not in your gallery any more"),
        "invalid_pk_value": gettext_lazy("One of these pictures is not in your gallery any more"),
    }

    def clean(self, value: Any) -> list[Image]:  # type: ignore[override]
        found: QuerySet[Image] = super().clean(value)
        if len(found) > MOST_IMAGES:
            raise ValidationError(_("A link holds %(most)s pictures at most") % {"most": MOST_IMAGES})
        by_id = {image.pk: image for image in found}
        order = dict.fromkeys(uuid.UUID(str(pk)) for pk in value or ())
        return [by_id[pk] for pk in order]


class LinkForm(forms.Form):
    """The settings of a link, of a new one or of one that is there: then what is left empty stays."""

    title = forms.CharField(
        required=False,
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("Shown above the pictures, and where a chat previews the link."),
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        initial=USUAL_DAYS,
        label=gettext_lazy("Expires in (days)"),
    )
    password = forms.CharField(
        required=False,
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        widget=forms.TextInput(TYPED_OVER),
        label=gettext_lazy("Password"),
        help_text=gettext_lazy(
            "6 characters or more. Whoever opens the link types it once; tell it to them by another way."
        ),
    )
    download = forms.BooleanField(required=False, label=gettext_lazy("Let people download the full picture"))
    hearts = forms.BooleanField(
        required=False,
        initial=True,
        label=gettext_lazy("Let people give hearts; you alone see how many"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days, most = self.fields["days"], {"most": MOST_DAYS}
        days.help_text = _("From 1 to %(most)s. You can stop it at any time.") % most
        wrong = _("Days must be a number from 1 to %(most)s") % most
        days.error_messages |= dict.fromkeys(("invalid", "min_value", "max_value", "required"), wrong)

    def clean_title(self) -> str:
        """One line, without the signs that reorder what others read; those that join letters stay."""
        return " ".join(REORDERING.sub(" ", self.cleaned_data["title"]).split())


class ChangeForm(LinkForm):
    """Of a link that is there."""

    open_again = forms.BooleanField(required=False, label=gettext_lazy("Ask for no password any more"))

    def __init__(self, link: ShareLink, *args: Any) -> None:
        told = {name: getattr(link, name) for name in ("title", "download", "hearts")} | {"days": None}
        super().__init__(*args, initial=told, auto_id=f"%s-{link.pk}")
        self.link = link
        self.fields["days"].required = False
        self.fields["days"].help_text = _("From today on. Left empty, the day stays.")
        if link.password:
            self.fields["password"].label = _("New password")
            self.fields["password"].help_text = _(
                "Everybody types the new one once more. Left empty, it stays as it is."
            )
        else:
            del self.fields["open_again"]

    def wishes(self) -> dict[str, Any]:
        """As `ShareLink.change` takes them."""
        told = dict(self.cleaned_data)
        is_opened = told.pop("open_again", False)
        return told | {"password": told["password"] or ("" if is_opened else None)}


class ShareForm(LinkForm):
    """Of a new one: which pictures it shows, and the key that makes one of it however often it is sent."""

    images = ChosenImages(queryset=Image.objects.none())
    approve = forms.BooleanField(required=False, widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, initial=uuid.uuid4, widget=forms.HiddenInput)

    def __init__(self, user: AnyUser | None = None, *args: Any, **kwargs: Any) -> None:
        """Without a `user` it is only shown."""
        super().__init__(*args, **kwargs)
        self.user = user
        if user:
            self.fields["images"].queryset = Image.objects.owned_by(user)  # type: ignore[attr-defined]

    def clean_images(self) -> list[Image]:
        images: list[Image] = self.cleaned_data["images"]
        if any(image.review == Image.Review.REJECTED for image in images):
            raise ValidationError(_("A picture that was not approved cannot be shared: take it out"))
        return images

    def clean_approve(self) -> bool:
        """Only those who may decide in the review may decide here."""
        return bool(self.cleaned_data["approve"]) and may_approve(self.user)

    def wishes(self) -> dict[str, Any]:
        """As `create_link` takes them, beside the pictures."""
        names = ("title", "days", "download", "hearts", "password", "key")
        return {name: self.cleaned_data[name] for name in names}


class ReportForm(forms.Form):
    """What somebody who sees a shared picture has against it."""

    reason = forms.ChoiceField(
        choices=[("", gettext_lazy("Choose a reason")), *Report.Reason.choices],
        label=gettext_lazy("What is wrong with it?"),
        error_messages={"required": gettext_lazy("Choose a reason")},
    )
    words = forms.CharField(
        required=False,
        max_length=WORDS_LETTERS,
        widget=forms.Textarea({"rows": 3}),
        label=gettext_lazy("In your own words"),
    )

    def clean_words(self) -> str:
        return REORDERING.sub(" ", self.cleaned_data["words"]).strip()


def may_approve(user: AnyUser | None) -> bool:
    """Whether what they share need not wait for somebody else."""
    return user is not None and user.has_perm("gallery.change_image")


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
