"""A place for one picture: a file, an address or a kept picture cleans to a Reference or to a sentence."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from gallery.pictures import LARGEST_BYTES, BadPicture, Busy, pixels_told
from tryon.accounts.models import AnyUser, User
from tryon.accounts.upload_bounds import TooManyUploads, UploadBounds
from tryon.models import Reference, TryOnInput
from tryon.pipeline import references
from tryon.pipeline.submission import ChosenReference, may_link
from tryon.presenters import quota
from tryon.presenters.labels import told
from tryon.rules import outfits, request_rules
from tryon.rules.image_urls import BadImageUrl, validate_image_url
from tryon.rules.request_rules import CONSENT_VERSIONS, PHOTO_GONE, PictureFacts
from tryon.web.upload_handler import ReceivedFile

# What the form calls a picture, and as what it is kept.
REFERENCE_KINDS = {
    "person": Reference.Kind.PERSON,
    "garment": Reference.Kind.GARMENT,
    "picture": Reference.Kind.OTHER,
}


BUSY_SECONDS = 5  # after which it is worth sending a photo again


class NotNow(ValidationError):
    """It may be taken if it is sent again after so many seconds; `status` says the same to programs."""

    def __init__(self, sentence: str, status: int, seconds: float) -> None:
        super().__init__(sentence)
        self.status, self.seconds = status, max(1, round(seconds))


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
    not_now: NotNow | None = None

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
    def fields(self) -> list[tuple[str, str]]:
        """What posts the picture that stands here once more."""
        if self.reference is None:
            return []
        worn = [(self.category_name, self.category), (self.fit_name, self.fit)]
        return [(self.reference_name, str(self.reference.pk)), *(worn if self.kind == "garment" else [])]

    @property
    def needs_consent(self) -> bool:
        """Whether the box must be ticked for the picture that stands here, kept or not."""
        if self.reference is None:
            return bool(self.error or self.address)
        return not self.reference.is_consented_as(self.kind)

    @property
    def agreed_at(self) -> dt.datetime | None:
        """When it was said of the picture that stands here that it may be used as what it is here."""
        return self.reference.consented_at(self.kind) if self.reference else None

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
            self._note_category(owner)
        except ValidationError as exc:
            self.error = str(exc.message)
            self.not_now = exc if isinstance(exc, NotNow) else None
        if category not in outfits.CATEGORIES:
            self.error = self.error or told(request_rules.UNKNOWN_CATEGORY)

    def _note_category(self, owner: User) -> None:
        """What their own garment is, its owner says once: it is kept with one of which nothing is known."""
        known = self.reference
        if known and self.category != known.category == "auto" and known.owner_id == owner.pk:
            known.sort_under(self.category)


def keep_upload(owner: User, kind: str, upload: ReceivedFile, category: str, consent: bool) -> Reference:
    """The reference of an upload. Of what may show a person nothing is kept without consent."""
    try:
        with _counted(owner, upload):
            if (upload.size or 0) > LARGEST_BYTES:
                raise BadPicture("bytes")
            path = Path(upload.temporary_file_path())
            reference = references.keep(
                owner, REFERENCE_KINDS[kind], path, category=category, unticked="" if consent else kind
            )
    except TooManyUploads as exc:
        seconds = (exc.opens_at - timezone.now()).total_seconds()
        raise NotNow(quota.explain_upload_bound(owner, exc), 429, seconds) from exc
    except Busy as exc:
        raise NotNow(_why(exc), 503, BUSY_SECONDS) from exc
    except BadPicture as exc:
        raise ValidationError(_why(exc)) from exc
    except references.NotConsented as exc:
        raise ValidationError(told(str(exc))) from exc
    _record_consent(reference, kind, consent)
    return reference


def _why(refused: BadPicture) -> str:
    return told(request_rules.photo_refusal(refused.code))


@contextmanager
def _counted(owner: User, upload: ReceivedFile) -> Iterator[None]:
    """An upload counts before it is opened, whatever comes of it; but not when it has to be sent again."""
    if upload.refusal:
        raise upload.refusal
    size = upload.size or 0
    pixels = 0 if size > LARGEST_BYTES else pixels_told(Path(upload.temporary_file_path()))
    amounts = {"files": 1, "bytes": min(size, LARGEST_BYTES), "pixels": pixels}
    bounds = UploadBounds.of(owner, upload.address)
    bounds.take(**amounts)
    try:
        yield
    except Busy:
        bounds.give_back(**amounts)
        raise


def keep_link(owner: User, kind: str, address: str, category: str, consent: bool) -> Reference:
    """The reference of a public address."""
    if reason := request_rules.picture_refusal(PictureFacts(kind, is_linked=True), may_link(owner)):
        raise ValidationError(told(reason))  # before there is a row of it
    unticked = "" if consent else kind
    try:
        reference = references.keep_link(
            owner, REFERENCE_KINDS[kind], validate_image_url(address), category=category, unticked=unticked
        )
    except (BadImageUrl, references.NotConsented) as exc:
        raise ValidationError(told(str(exc))) from exc
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
        raise ValidationError(told(PHOTO_GONE))
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
