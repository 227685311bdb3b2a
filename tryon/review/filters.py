"""Which pictures the address asks for: by flag, model, category, person, or the reason of a rejection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from gallery.models import Flag, Image, RejectionReason
from tryon.models import Generation, ImageInput, Offer, TryOnInput
from tryon.presenters.labels import garment_kinds

ANY = "any"


class FiltersForm(forms.Form):
    """What makes no sense in the address is passed over."""

    flag = forms.ChoiceField(
        required=False,
        label=_("Flag"),
        choices=[("", _("With or without")), (ANY, _("With any flag")), *Flag.Kind.choices],
    )
    model = forms.ChoiceField(required=False, label=_("Model"))
    category = forms.ChoiceField(required=False, label=_("Garment"))
    reason = forms.ChoiceField(
        required=False,
        label=_("Rejected because"),
        choices=[("", _("Not decided yet")), *RejectionReason.choices],
    )
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET, label_suffix="", auto_id="filter-%s")
        self._choose("model", list(Offer.objects.labels().items()))
        self._choose("category", [(kind.name, kind.label) for kind in garment_kinds()])
        self.full_clean()

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Any")), *choices]

    @property
    def wanted(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def address(self) -> str:
        """To be written behind an address: "?flag=twin", or "" without any."""
        return f"?{urlencode(self.wanted)}" if self.wanted else ""

    @property
    def and_address(self) -> str:
        """The same behind a query that has begun."""
        return f"&{urlencode(self.wanted)}" if self.wanted else ""

    def rows(self) -> QuerySet[Image]:
        """What is to be checked, or what was rejected for the reason, in the order of the desk."""
        reason = self.wanted.get("reason")
        rows = Image.objects.rejected_for(reason) if reason else Image.objects.to_check()
        for name, value in self.wanted.items():
            if name in LOOKUPS:
                rows = rows.filter(LOOKUPS[name](value))
        return rows


def _flag(kind: str) -> Exists:
    of_kind = {} if kind == ANY else {"kind": kind}
    return Exists(Flag.objects.filter(image=OuterRef("pk"), **of_kind))


def _model(name: str) -> Exists:
    """Asked for with this model."""
    return Exists(Generation.objects.filter(results__image=OuterRef("pk"), tryon__model=name))


def _category(name: str) -> Exists:
    """With a garment on that was worn as this."""
    return Exists(TryOnInput.objects.filter(tryon__generations__results__image=OuterRef("pk"), role=name))


def _person(pk: Any) -> Exists:
    """Made from this photo."""
    return Exists(ImageInput.objects.filter(image=OuterRef("pk"), reference=pk))


LOOKUPS = {"flag": _flag, "model": _model, "category": _category, "person": _person}
