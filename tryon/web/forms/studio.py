from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tryon.accounts.models import AnyUser, User
from tryon.models import TryOn, TryOnInput
from tryon.pipeline.submission import TryOnRequest
from tryon.presenters.labels import told, told_lazy
from tryon.rules import model_families, outfits, request_rules
from tryon.rules.model_families import Family
from tryon.web.forms.slot import PictureSlot, find_reference
from tryon.web.forms.tick import TickField

RATIO_LABELS = {
    "1:1": _("Square"),
    "3:4": _("Portrait"),
    "4:3": _("Landscape"),
    "9:16": _("Tall"),
    "16:9": _("Wide"),
}
AUTO_RATIO_LABELS = {
    "try_on": _("As the person's photo"),
    "remix": _("As the picture"),
    "compose": _("As the first picture"),
    "imagine": _("Portrait, as somebody stands"),
}
USUAL_SIZE = "1K"
COUNTS = range(1, model_families.MOST_PICTURES + 1)


class StudioForm(forms.Form):
    """The request for one try-on of a `mode`, with those of the `offered` models that serve it.

    Its pictures stand in `person`, `garments` and `pictures`, as slots; a mode has only those it takes.
    """

    consent = TickField(required=False)
    model = forms.CharField(required=False)
    n = forms.TypedChoiceField(
        choices=[(n, str(n)) for n in COUNTS],
        coerce=int,
        initial=1,
        empty_value=1,  # type: ignore[arg-type]
        required=False,
        error_messages={"invalid_choice": told_lazy(request_rules.UNKNOWN_COUNT)},
    )
    size = forms.ChoiceField(
        choices=[(size, size) for size in model_families.SIZES],
        initial=USUAL_SIZE,
        required=False,
        error_messages={"invalid_choice": told_lazy(request_rules.UNKNOWN_SIZE)},
    )
    aspect_ratio = forms.TypedChoiceField(
        choices=[
            ("auto", ""),
            *((r, format_lazy("{}, {}", RATIO_LABELS[r], r)) for r in model_families.RATIOS),
        ],
        initial="auto",
        empty_value="auto",
        required=False,
        error_messages={"invalid_choice": told_lazy(request_rules.UNKNOWN_RATIO)},
    )
    note = forms.CharField(required=False)
    key = forms.CharField(required=False, max_length=64)

    def __init__(
        self, *args: Any, owner: AnyUser, mode: str, offered: Mapping[str, Family], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.owner, self.mode, self.offered = owner, mode, offered
        self.is_capped = False
        self.models = {name: takes for name, takes in offered.items() if takes.serves(mode)}
        self.person = PictureSlot("person") if mode == TryOn.Mode.TRY_ON else None
        garments = outfits.MOST_GARMENTS if mode == TryOn.Mode.TRY_ON else 0
        pictures = model_families.REFERENCES[mode][1] if mode != TryOn.Mode.TRY_ON else 0
        self.garments = [PictureSlot("garment", n) for n in range(1, garments + 1)]
        self.pictures = [PictureSlot("picture", n) for n in range(1, pictures + 1)]
        ratios = cast(forms.ChoiceField, self.fields["aspect_ratio"])
        ratios.choices = [("auto", AUTO_RATIO_LABELS[mode]), *list(ratios.choices)[1:]]  # type: ignore[arg-type]
        self.initial.setdefault("key", uuid.uuid4().hex)
        self.initial.setdefault("model", self.first_model)

    @property
    def is_sent(self) -> bool:
        """False where, without JavaScript, only another model's options are asked for: nothing is missing."""
        return self.is_bound and "show" not in self.data

    @property
    def pictures_wanted(self) -> str:
        """How many pictures are chosen, in words; what is not offered stands as the first choice."""
        chosen = next((n for n in COUNTS if str(n) == str(self["n"].value())), 1)
        return ngettext("%(number)s picture", "%(number)s pictures", chosen) % {"number": chosen}

    @property
    def slots(self) -> list[PictureSlot]:
        return [*([self.person] if self.person else []), *self.garments, *self.pictures]

    @property
    def is_limit(self) -> bool:
        """Whether it was refused for a limit alone: nobody did anything wrong."""
        return self.is_capped or any(slot.not_now for slot in self.slots)

    @property
    def is_busy(self) -> bool:
        """Whether a photo only came at a moment when too many others did."""
        return any(
            slot.not_now and slot.not_now.status == HTTPStatus.SERVICE_UNAVAILABLE for slot in self.slots
        )

    @property
    def required_slots(self) -> list[PictureSlot]:
        """The places that must be filled, which stand open from the start."""
        return self.slots[: model_families.REFERENCES[self.mode][0]]

    @property
    def more_are_open(self) -> bool:
        """Whether the places for further pictures hold something to look at."""
        further = self.slots[len(self.required_slots) :]
        return any(slot.reference or slot.error or slot.address for slot in further)

    @property
    def needs_consent(self) -> bool:
        """Whether something that stands here needs the tick."""
        return any(slot.needs_consent for slot in self._asking)

    @property
    def agreed_at(self) -> dt.datetime | None:
        """When the last of the pictures here was agreed to; None where none of them needed it."""
        return max((slot.agreed_at for slot in self._asking if slot.agreed_at), default=None)

    @property
    def _asking(self) -> list[PictureSlot]:
        return [slot for slot in self.slots if slot.kind in request_rules.CONSENT_VERSIONS]

    @property
    def reaching_down(self) -> str:
        """The kind among the garments that stand here for which the photo should show most of the person."""
        worn = [slot.chosen_reference for slot in self.garments]
        return outfits.reaching_down([each.role for each in worn if each])

    @property
    def first_model(self) -> str:
        return next(iter(self.models), "")

    @property
    def chosen_model(self) -> str:
        """The model as the page shows it: what is not offered (any more) gives way to the first."""
        named = str(self["model"].value() or "")
        return named if named in self.models else self.first_model or named

    @property
    def takes(self) -> Family:
        """The rules of the model that is chosen now."""
        return self.offered.get(self.chosen_model, model_families.UNKNOWN)

    @property
    def too_many(self) -> str:
        """That the chosen model cannot take all the pictures that stand here; "" when it can."""
        given = len({slot.reference.pk for slot in self.slots if slot.reference})
        if given <= self.takes.references:
            return ""
        reason = request_rules.model_refusal(
            self.takes, self.mode, references=given, size=None, aspect_ratio=None, n=1
        )
        return told(reason or "")

    def clean_model(self) -> str:
        return self.cleaned_data["model"] or self.first_model

    def clean_size(self) -> str:
        """Left out, it is the usual one of a model that takes sizes."""
        sizes = self.offered.get(self.cleaned_data.get("model", ""), model_families.UNKNOWN).sizes
        chosen = self.cleaned_data["size"] or USUAL_SIZE
        # Without JavaScript the page posts its own usual size with a model that takes none: nobody chose it.
        return "" if chosen == USUAL_SIZE and chosen not in sizes else chosen

    def clean_note(self) -> str:
        """A line break counts as one character, as it does in the browser."""
        return str(self.cleaned_data["note"]).replace("\r\n", "\n")

    def clean_key(self) -> str:
        return self.cleaned_data["key"] or uuid.uuid4().hex

    def clean(self) -> None:
        consent = bool(self.cleaned_data.get("consent"))
        data, owner = cast(QueryDict, self.data), cast(User, self.owner)  # a form that is sent has an owner
        for slot in self.slots:
            slot.fill(data, self.files, owner, consent)
        if self.is_sent:
            self._judge(owner)

    def _judge(self, owner: User) -> None:
        """Every rule that is broken, told at its place; whether the model can is submission's to say."""
        taken = [slot for slot in self.slots if slot.reference or slot.error]
        for slot in taken:
            if slot.error:
                self.refuse(slot.error, slot.file_name)
        facts = self.tryon_request().facts(owner, [slot.facts(owner) for slot in taken])
        for broken in request_rules.broken_rules(facts):
            if broken.place not in self.errors:  # a field that could not be read has said so
                self.refuse(broken.sentence, broken.place)

    def refuse(self, sentence: str, place: str = "") -> None:
        """One more reason why this cannot be accepted; `place` is the id that the summary leads to."""
        sentence = told(sentence)
        if place == "note":
            self.add_error("note", sentence)
            return
        self.add_error(None, ValidationError(sentence, code=place))
        for slot in self.slots:
            if slot.file_name == place:
                slot.error = slot.error or sentence

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

    def tryon_request(self) -> TryOnRequest:
        """What was asked for; what could not be read is left open."""
        cleaned = self.cleaned_data
        return TryOnRequest(
            mode=self.mode,
            model=cleaned.get("model", ""),
            inputs=tuple(slot.chosen_reference for slot in self.slots if slot.chosen_reference),
            wanted=cleaned.get("n", 1),
            size=cleaned.get("size", ""),
            aspect_ratio=cleaned.get("aspect_ratio", "auto"),
            note=cleaned.get("note", ""),
            key=cleaned.get("key", ""),
        )

    def prefill_from_query(self, query: Mapping[str, str]) -> None:
        """Open with what the address names: `?person=`, `?garment=`, `?picture=` (id or slug), `?note=`."""
        for slot in self.required_slots:
            if (name := query.get(slot.kind)) and slot.number == 1:
                try:
                    slot.reference = find_reference(self.owner, slot.kind, name)
                    slot.category = slot.reference.category
                except ValidationError as exc:
                    slot.error = str(exc.message)
        if (model := query.get("model")) in self.models:
            self.initial["model"] = model
        self.initial["note"] = query.get("note", "")[: request_rules.LONGEST_NOTE]

    def prefill_from_tryon(self, tryon: TryOn) -> None:
        """Open with everything as it was in an earlier try-on of this mode, to change a word of it."""
        rows = sorted(tryon.ordered_inputs(), key=lambda row: row.role != TryOnInput.PERSON)
        for slot, row in zip(self.slots, rows, strict=False):
            if row.reference.deleted_at is None:
                slot.reference, slot.fit = row.reference, row.fit
                slot.category = row.role if slot.kind == "garment" else "auto"
        chosen = {name: getattr(tryon, name) for name in ("size", "note", "aspect_ratio")}
        self.initial.update({"n": tryon.wanted} | {name: value for name, value in chosen.items() if value})
        if tryon.model in self.models:
            self.initial["model"] = tryon.model
