from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import QueryDict

from tryon.accounts.models import User
from tryon.models import TryOn, TryOnInput
from tryon.pipeline.submission import WORDS_NEEDED, Wishes
from tryon.rules import model_families, outfits
from tryon.web.forms.slot import SELECT, Slot, usable

RATIO_WORDS = {"1:1": "Square", "3:4": "Portrait", "4:3": "Landscape", "9:16": "Tall", "16:9": "Wide"}
AUTO_WORDS = {
    "try_on": "As the person's photo",
    "remix": "As the picture",
    "compose": "As the first picture",
    "imagine": "Portrait, as somebody stands",
}
AT_MOST_NOTE = 500
USUAL_SIZE = "1K"


class Words(forms.CharField):
    """A line break counts as one character, as it does in the browser."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class StudioForm(forms.Form):
    """The wishes for one try-on of a `mode`, with the `models` that serve it, in the operator's order.

    Its pictures stand in `person`, `garments` and `pictures`, as Slots; a mode has only those it takes.
    """

    consent = forms.BooleanField(required=False)
    model = forms.CharField(required=False, max_length=100)
    n = forms.TypedChoiceField(
        choices=[(n, str(n)) for n in range(1, model_families.MOST_PICTURES + 1)],
        coerce=int,
        initial=1,
        required=False,
        error_messages={"invalid_choice": "Choose 1, 2, 3 or 4 pictures"},
    )
    size = forms.ChoiceField(
        choices=[(size, size) for size in model_families.SIZES],
        initial=USUAL_SIZE,
        required=False,
        error_messages={"invalid_choice": "Choose one of the sizes"},
    )
    aspect_ratio = forms.ChoiceField(
        choices=[("auto", ""), *((r, f"{RATIO_WORDS[r]}, {r}") for r in model_families.RATIOS)],
        initial="auto",
        required=False,
        error_messages={"invalid_choice": "Choose one of the shapes"},
    )
    note = Words(
        required=False,
        max_length=AT_MOST_NOTE,
        error_messages={"max_length": f"Keep the instruction under {AT_MOST_NOTE} characters"},
    )
    key = forms.CharField(required=False, max_length=64)

    def __init__(
        self, *args: Any, owner: User | AnonymousUser, mode: str, models: list[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.owner, self.mode, self.models = owner, mode, models
        self.person = Slot("person") if mode == TryOn.Mode.TRY_ON else None
        garments = outfits.MOST_GARMENTS if mode == TryOn.Mode.TRY_ON else 0
        pictures = model_families.REFERENCES[mode][1] if mode != TryOn.Mode.TRY_ON else 0
        self.garments = [Slot("garment", n) for n in range(1, garments + 1)]
        self.pictures = [Slot("picture", n) for n in range(1, pictures + 1)]
        ratios = cast(forms.ChoiceField, self.fields["aspect_ratio"])
        ratios.choices = [("auto", AUTO_WORDS[mode]), *list(ratios.choices)[1:]]  # type: ignore[arg-type]
        self.initial.setdefault("key", uuid.uuid4().hex)
        self.initial.setdefault("model", models[0] if models else "")

    @property
    def is_sent(self) -> bool:
        """False where, without JavaScript, only another model's options are asked for: nothing is missing."""
        return self.is_bound and "show" not in self.data

    @property
    def slots(self) -> list[Slot]:
        return [*([self.person] if self.person else []), *self.garments, *self.pictures]

    @property
    def required_slots(self) -> list[Slot]:
        """The places that must be filled, which stand open from the start."""
        return self.slots[: model_families.REFERENCES[self.mode][0]]

    @property
    def more_are_open(self) -> bool:
        """Whether the places for further pictures hold something to look at."""
        further = self.slots[len(self.required_slots) :]
        return any(slot.reference or slot.error or slot.address for slot in further)

    @property
    def needs_words(self) -> bool:
        """A try-on needs none: its garments say what is wanted."""
        return self.mode != TryOn.Mode.TRY_ON

    @property
    def chosen_model(self) -> str:
        """The model as the page shows it: what is not offered (any more) gives way to the first."""
        named = str(self["model"].value() or "")
        return named if named in self.models or not self.models else self.models[0]

    @property
    def takes(self) -> model_families.Family:
        """The rules of the model that is chosen now."""
        return model_families.family(self.chosen_model)

    @property
    def too_many(self) -> str:
        """That the chosen model cannot take all the pictures that stand here; "" when it can."""
        given = len({slot.reference.pk for slot in self.slots if slot.reference})
        if given <= self.takes.references:
            return ""
        reason = model_families.refusal(
            self.chosen_model, self.mode, references=given, size=None, aspect_ratio=None, n=1
        )
        return reason or ""

    def clean_model(self) -> str:
        return self.cleaned_data["model"] or (self.models[0] if self.models else "")

    def clean_n(self) -> int:
        return int(self.cleaned_data["n"] or 1)

    def clean_size(self) -> str:
        """Left out, it is the usual one of a model that takes sizes."""
        sizes = model_families.family(self.cleaned_data.get("model", "")).sizes
        chosen = self.cleaned_data["size"] or USUAL_SIZE
        # Without JavaScript the page posts its own usual size with a model that takes none: nobody chose it.
        return "" if chosen == USUAL_SIZE and chosen not in sizes else chosen

    def clean_aspect_ratio(self) -> str:
        return self.cleaned_data["aspect_ratio"] or "auto"

    def clean_key(self) -> str:
        return self.cleaned_data["key"] or uuid.uuid4().hex

    def clean(self) -> None:
        consent = bool(self.cleaned_data.get("consent"))
        data, owner = cast(QueryDict, self.data), cast(User, self.owner)  # a form that is sent has an owner
        for slot in self.slots:
            slot.fill(data, self.files, owner, consent)
        if not self.is_sent:
            return
        self._miss_pictures()
        for slot in self.slots:
            if slot.error:
                self.refuse(slot.error, slot.file_name)
        if self.needs_words and "note" not in self.errors and not self.cleaned_data.get("note"):
            self.add_error("note", WORDS_NEEDED)
        self._refuse_the_impossible()

    def _miss_pictures(self) -> None:
        """Each kind that is short of pictures says so at its first empty place."""
        for kind in ("person", "garment", "picture"):
            slots = [slot for slot in self.slots if slot.kind == kind]
            short = sum(slot.kind == kind for slot in self.required_slots) - sum(
                bool(slot.reference or slot.error) for slot in slots
            )
            empty = [slot for slot in slots if not (slot.reference or slot.error)]
            for slot in empty[: max(0, short)]:
                is_one_of_many = kind == "picture" and len(self.required_slots) > 1
                slot.error = f"Select picture {slot.number}" if is_one_of_many else SELECT[kind]

    def _refuse_the_impossible(self) -> None:
        garments = [slot for slot in self.garments if slot.reference]
        for slot in garments:
            if reason := outfits.fit_refusal(slot.worn_as, slot.fit):
                slot.error = slot.error or reason
                self.refuse(reason, slot.file_name)
        if reason := outfits.outfit_refusal([slot.worn_as for slot in garments]):
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
        return Wishes(
            mode=self.mode,
            model=cleaned["model"],
            inputs=tuple(slot.chosen for slot in self.slots if slot.chosen),
            wanted=cleaned["n"],
            size=cleaned["size"],
            aspect_ratio=cleaned["aspect_ratio"],
            note=cleaned["note"],
            key=cleaned["key"],
        )

    def choose(self, query: Mapping[str, str]) -> None:
        """Open with what the address names: `?person=`, `?garment=`, `?picture=` (id or slug), `?note=`."""
        for slot in self.required_slots:
            if (name := query.get(slot.kind)) and slot.number == 1:
                try:
                    slot.reference = usable(self.owner, slot.kind, name)
                    slot.category = slot.reference.category
                except ValidationError as exc:
                    slot.error = str(exc.message)
        if (model := query.get("model")) in self.models:
            self.initial["model"] = model
        self.initial["note"] = query.get("note", "")[:AT_MOST_NOTE]

    def repeat(self, tryon: TryOn) -> None:
        """Open with everything as it was in an earlier try-on of this mode, to change a word of it."""
        for slot, row in zip(self.slots, _as_in_the_form(tryon), strict=False):
            if row.reference.deleted_at is None:
                slot.reference, slot.fit = row.reference, row.fit
                slot.category = row.role if slot.kind == "garment" else "auto"
        chosen = {name: getattr(tryon, name) for name in ("size", "note", "aspect_ratio")}
        self.initial.update({"n": tryon.wanted} | {name: value for name, value in chosen.items() if value})
        if tryon.model in self.models:
            self.initial["model"] = tryon.model


def _as_in_the_form(tryon: TryOn) -> list[TryOnInput]:
    return sorted(tryon.ordered_inputs(), key=lambda row: row.role != TryOnInput.PERSON)
