"""A place for one picture: a file, an address or a kept picture cleans to a Reference or to a sentence."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import QueryDict

from gallery.pictures import LARGEST_BYTES, BadPicture
from tryon.accounts.models import AnyUser, User
from tryon.models import Reference, TryOnInput
from tryon.pipeline import references
from tryon.pipeline.submission import ChosenReference, may_link
from tryon.rules import outfits, request_rules
from tryon.rules.image_urls import BadImageUrl, validate_image_url
from tryon.rules.request_rules import CONSENT_VERSIONS, PHOTO_GONE, PictureFacts

# What the form calls a picture, and as what it is kept.
REFERENCE_KINDS = {
    "person": Reference.Kind.PERSON,
    "garment": Reference.Kind.GARMENT,
    "picture": Reference.Kind.OTHER,
}


@dataclass
class PictureSlot:
    """The person's place, or the garment's or picture's of this number from 1."""

    kind: str
    number: int = 1
    reference: Reference | None = None
    category: str = "auto"
    fit: str = ""
    address: str = ""
    error: str = ""

    def __post_init__(self) -> None:
        """The names of its fields; those of the first of a kind end in no number: `wear`, `wear-2` …"""
        suffix = "" if self.number == 1 else f"-{self.number}"
        self.file_name = request_rules.place(self.kind, self.number)
        self.reference_name = f"{self.kind}_reference{suffix}"
        self.url_name = f"{self.kind}_url{suffix}"
        self.category_name = f"category{suffix}"
        self.fit_name = f"wear{suffix}"

    @property
    def chosen_reference(self) -> ChosenReference | None:
        if self.reference is None:
            return None
        if self.kind == "garment":  # of the chosen category, or the one that it was kept under
            category = self.reference.category if self.category == "auto" else self.category
            return ChosenReference(self.reference, category, self.fit)
        role = TryOnInput.PERSON if self.kind == "person" else TryOnInput.PICTURE
        return ChosenReference(self.reference, role)

    @property
    def needs_consent(self) -> bool:
        """Whether the box must be ticked for the picture that stands here, kept or not."""
        if self.reference is None:
            return bool(self.error or self.address)
        return not self.reference.is_consented_as(self.kind)

    def facts(self, owner: User) -> PictureFacts:
        """What is known of its picture; of one that was refused already only that it stands here."""
        if self.chosen_reference is None or self.error:
            return PictureFacts(self.kind, self.number)
        return self.chosen_reference.facts(owner, self.number)

    def fill(self, data: QueryDict, files: Mapping[str, Any], owner: User, consent: bool) -> None:
        """Take what was posted: a file beats an address, that a reference, a later one an earlier."""
        category = str(data.get(self.category_name, "auto"))
        self.category = category if category in outfits.CATEGORIES else "auto"
        self.fit = str(data.get(self.fit_name, ""))
        self.address = str(data.get(self.url_name, "")).strip()
        upload = files.get(self.file_name)
        try:
            if upload:
                self.reference = keep_upload(owner, self.kind, upload, self.category, consent)
            elif self.address:
                self.reference = keep_link(owner, self.kind, self.address, self.category, consent)
                self.address = ""
            elif chosen := [name for name in data.getlist(self.reference_name) if name]:
                self.reference = find_reference(owner, self.kind, chosen[-1])
                _record_consent(self.reference, self.kind, consent)
        except ValidationError as exc:
            self.error = str(exc.message)


def keep_upload(owner: User, kind: str, upload: UploadedFile[Any], category: str, consent: bool) -> Reference:
    """The reference of an upload. Of what may show a person nothing is kept without consent."""
    try:
        if (upload.size or 0) > LARGEST_BYTES:
            raise BadPicture("bytes")
        path = Path(upload.temporary_file_path())  # type: ignore[attr-defined] # by our upload handler
        reference = references.keep(
            owner, REFERENCE_KINDS[kind], path, category=category, unticked="" if consent else kind
        )
    except (BadPicture, references.NotConsented) as exc:
        raise ValidationError(str(exc)) from exc
    _record_consent(reference, kind, consent)
    return reference


def keep_link(owner: User, kind: str, address: str, category: str, consent: bool) -> Reference:
    """The reference of a public address."""
    if reason := request_rules.picture_refusal(PictureFacts(kind, is_linked=True), may_link(owner)):
        raise ValidationError(reason)  # before there is a row of it
    unticked = "" if consent else kind
    try:
        reference = references.keep_link(
            owner, REFERENCE_KINDS[kind], validate_image_url(address), category=category, unticked=unticked
        )
    except (BadImageUrl, references.NotConsented) as exc:
        raise ValidationError(str(exc)) from exc
    _record_consent(reference, kind, consent)
    return reference


def find_reference(owner: AnyUser, kind: str, name: str) -> Reference:
    """One of the owner's or the house's pictures, by its id, or one of the house's by its slug.

    A picture to work from may be of any kind.
    """
    named = Q(slug=name, owner=None)
    if pk := parse_uuid(name):
        named |= Q(pk=pk)
    fitting = Reference.objects.usable_by(owner).filter(named)
    if kind != "picture":
        fitting = fitting.filter(kind=REFERENCE_KINDS[kind])
    reference = fitting.first()
    if reference is None:
        raise ValidationError(PHOTO_GONE)
    return reference


def _record_consent(reference: Reference, kind: str, consent: bool) -> None:
    """The tick is recorded with the photo it was given for, and as what."""
    if consent and kind in CONSENT_VERSIONS and reference.owner_id is not None:
        reference.consent(kind, CONSENT_VERSIONS[kind])


def parse_uuid(text: str) -> uuid.UUID | None:
    """The id in an address or a form; None where the text is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
