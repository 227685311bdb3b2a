"""The studio's forms: a place for a picture cleans to a Reference or to a sentence for the user."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import QueryDict

from gallery.pictures import LARGEST_BYTES, BadPicture
from tryon import catalogue, references
from tryon.accounts.models import User
from tryon.models import Reference, TryOn
from tryon.submission import CONSENT_NEEDED, CONSENT_VERSION, PHOTO_GONE, Wishes

SELECT = {"person": "Select a photo of the person", "garment": "Select a photo of the garment"}
RATIO_WORDS = {"1:1": "Square", "3:4": "Portrait", "4:3": "Landscape", "9:16": "Tall", "16:9": "Wide"}
AT_MOST_NOTE = 500


@dataclass
class Slot:
    """A place for one picture in the form: the person's, or the garment's of this number from 1."""

    kind: str
    number: int = 1
    reference: Reference | None = None
    category: str = "auto"
    error: str = ""

    @property
    def suffix(self) -> str:
        """The first of a kind has none: `garment`, `garment-2` … `garment-7`."""
        return "" if self.number == 1 else f"-{self.number}"

    @property
    def file_name(self) -> str:
        return f"{self.kind}{self.suffix}"

    @property
    def reference_name(self) -> str:
        return f"{self.kind}_reference{self.suffix}"

    @property
    def category_name(self) -> str:
        return f"category{self.suffix}"

    @property
    def worn_as(self) -> str:
        """The chosen category, or the one that the garment was kept under."""
        kept = self.reference.category if self.reference else "auto"
        return kept if self.category == "auto" else self.category

    def fill(self, data: QueryDict, files: Mapping[str, Any], owner: User, consent: bool) -> None:
        """Take what was posted for this place: a file beats a reference, a later reference an earlier one."""
        category = str(data.get(self.category_name, "auto"))
        self.category = category if category in catalogue.CATEGORIES else "auto"
        upload = files.get(self.file_name)
        try:
            if upload:
                self.reference = received(owner, self.kind, upload, self.category, consent)
            elif chosen := [name for name in data.getlist(self.reference_name) if name]:
                self.reference = usable(owner, self.kind, chosen[-1])
                _consented(self.reference, consent)
        except ValidationError as exc:
            self.error = str(exc.message)


def received(owner: User, kind: str, upload: UploadedFile[Any], category: str, consent: bool) -> Reference:
    """The reference of an upload. Of a person nothing is kept without consent."""
    if kind == Reference.Kind.PERSON and not consent:
        raise ValidationError(CONSENT_NEEDED)
    try:
        if (upload.size or 0) > LARGEST_BYTES:
            raise BadPicture("bytes")
        path = Path(upload.temporary_file_path())  # type: ignore[attr-defined] # by our upload handler
        reference = references.keep(owner, kind, path, category=category)
    except BadPicture as exc:
        raise ValidationError(str(exc)) from exc
    if kind == Reference.Kind.PERSON:
        reference.consent(CONSENT_VERSION)
    return reference


def usable(owner: User | AnonymousUser, kind: str, name: str) -> Reference:
    """One of the owner's or the house's pictures, by its id, or one of the house's by its slug."""
    named = Q(slug=name, owner=None)
    if pk := as_uuid(name):
        named |= Q(pk=pk)
    reference = Reference.objects.usable_by(owner).filter(named, kind=kind).first()
    if reference is None:
        raise ValidationError(PHOTO_GONE)
    return reference


def _consented(reference: Reference, consent: bool) -> None:
    if not reference.is_consented:
        if not consent:
            raise ValidationError(CONSENT_NEEDED)
        reference.consent(CONSENT_VERSION)


def as_uuid(text: str) -> uuid.UUID | None:
    """The id in an address or a form; None where the text is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class StudioForm(forms.Form):
    """The wishes for one try-on. Its pictures stand in `person` and `garments`, as Slots."""

    consent = forms.BooleanField(required=False)
    n = forms.TypedChoiceField(
        choices=[(n, str(n)) for n in range(1, catalogue.MOST_PICTURES + 1)],
        coerce=int,
        initial=1,
        required=False,
        error_messages={"invalid_choice": "Choose 1, 2, 3 or 4 pictures"},
    )
    size = forms.ChoiceField(
        choices=[(size, size) for size in catalogue.SIZES],
        initial="1K",
        required=False,
        error_messages={"invalid_choice": "Choose one of the sizes"},
    )
    aspect_ratio = forms.ChoiceField(
        choices=[
            ("auto", "As the person's photo"),
            *((r, f"{RATIO_WORDS[r]}, {r}") for r in catalogue.RATIOS),
        ],
        initial="auto",
        required=False,
        error_messages={"invalid_choice": "Choose one of the shapes"},
    )
    note = forms.CharField(
        required=False,
        max_length=AT_MOST_NOTE,
        error_messages={"max_length": f"Keep the instruction under {AT_MOST_NOTE} characters"},
    )
    key = forms.CharField(required=False, max_length=64)

    def __init__(self, *args: Any, owner: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        self.person = Slot("person")
        self.garments = [Slot("garment", n) for n in range(1, catalogue.MOST_GARMENTS + 1)]
        self.initial.setdefault("key", uuid.uuid4().hex)

    @property
    def slots(self) -> list[Slot]:
        return [self.person, *self.garments]

    @property
    def more_are_open(self) -> bool:
        """Whether the places for further garments hold something to look at."""
        return any(slot.reference or slot.error for slot in self.garments[1:])

    def clean_n(self) -> int:
        return int(self.cleaned_data["n"] or 1)

    def clean_size(self) -> str:
        return self.cleaned_data["size"] or "1K"

    def clean_aspect_ratio(self) -> str:
        return self.cleaned_data["aspect_ratio"] or "auto"

    def clean_key(self) -> str:
        return self.cleaned_data["key"] or uuid.uuid4().hex

    def clean(self) -> None:
        consent = bool(self.cleaned_data.get("consent"))
        data, owner = cast(QueryDict, self.data), cast(User, self.owner)  # a form that is sent has an owner
        for slot in self.slots:
            slot.fill(data, self.files, owner, consent)
        for slot in (self.person, self.garments[0]):
            if not (slot.reference or slot.error) and not (slot.kind == "garment" and self._dressed()):
                slot.error = SELECT[slot.kind]
        for slot in self.slots:
            if slot.error:
                self.refuse(slot.error, slot.file_name)
        self._refuse_the_impossible()

    def _dressed(self) -> bool:
        return any(slot.reference or slot.error for slot in self.garments)

    def _refuse_the_impossible(self) -> None:
        reason = catalogue.outfit_refusal([slot.worn_as for slot in self.garments if slot.reference])
        if reason:
            self.garments[0].error = self.garments[0].error or reason
            self.refuse(reason, "garment")

    def refuse(self, sentence: str, place: str = "") -> None:
        """One more reason why this cannot be accepted; `place` is the id that the summary leads to."""
        self.add_error(None, ValidationError(sentence, code=place))

    def problems(self) -> Iterator[tuple[str, str]]:
        """(place, sentence) for the error summary, in the order of the page."""
        order = [slot.file_name for slot in self.slots] + list(self.fields) + [""]
        found = [
            (str(error.code or "") if name == "__all__" else name, message)
            for name, errors in self.errors.as_data().items()
            for error in errors
            for message in error.messages
        ]
        yield from sorted(found, key=lambda problem: order.index(problem[0]))

    def wishes(self) -> Wishes:
        """What was asked for, once the form is valid."""
        cleaned = self.cleaned_data
        assert self.person.reference is not None
        garments = tuple((slot.reference, slot.worn_as) for slot in self.garments if slot.reference)
        return Wishes(
            person=self.person.reference,
            garments=garments,
            wanted=cleaned["n"],
            size=cleaned["size"],
            aspect_ratio=cleaned["aspect_ratio"],
            note=cleaned["note"],
            key=cleaned["key"],
        )

    def choose(self, query: Mapping[str, str]) -> None:
        """Open with pictures chosen by the address: `?person=`, `?garment=` (an id or a slug)."""
        for slot in (self.person, self.garments[0]):
            if name := query.get(slot.kind):
                try:
                    slot.reference = usable(self.owner, slot.kind, name)
                except ValidationError as exc:
                    slot.error = str(exc.message)

    def repeat(self, tryon: TryOn) -> None:
        """Open with everything as it was in an earlier try-on, to change a word of it."""
        person = tryon.person()
        self.person.reference = person if person and person.deleted_at is None else None
        for slot, row in zip(self.garments, tryon.garments(), strict=False):
            if row.reference.deleted_at is None:
                slot.reference, slot.category = row.reference, row.slot
        chosen = ("size", "note", "aspect_ratio")
        self.initial.update({"n": tryon.wanted} | {name: getattr(tryon, name) for name in chosen})


class PhotoForm(forms.Form):
    """One picture on its own, uploaded while the user is still choosing."""

    kind = forms.ChoiceField(choices=[("person", "Person"), ("garment", "Garment")])
    consent = forms.BooleanField(required=False)
    category = forms.ChoiceField(choices=[(name, name) for name in catalogue.CATEGORIES], required=False)
    slot = forms.IntegerField(min_value=1, max_value=catalogue.MOST_GARMENTS, required=False)

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        self.place = Slot("person")

    def clean(self) -> None:
        cleaned = self.cleaned_data
        kind = cleaned.get("kind", "person")
        self.place = Slot(kind, number=cleaned.get("slot") or 1)
        upload = self.files.get("file")
        if upload is None:
            raise ValidationError(SELECT[kind])
        category = cleaned.get("category") or "auto"
        self.place.reference = received(self.owner, kind, upload, category, bool(cleaned.get("consent")))

    @property
    def sentence(self) -> str:
        """The first reason for the refusal, for the card."""
        return str(next(iter(self.errors.values()))[0])
