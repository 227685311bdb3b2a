"""What its owner calls a piece of the wardrobe: cleans to a label and a category."""

from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tryon.models import Reference
from tryon.presenters.labels import told_lazy
from tryon.rules import outfits


class PieceForm(forms.Form):
    """An empty label is none; only a garment has a category, and what is not posted stays."""

    label = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=Reference._meta.get_field("label").max_length,
        error_messages={"max_length": _("Choose a name of at most %(limit_value)d characters.")},
    )
    category = forms.ChoiceField(
        label=_("What it is"),
        required=False,
        choices=[(name, told_lazy(kind.label)) for name, kind in outfits.BY_NAME.items()],
        error_messages={"invalid_choice": _("Choose one of the kinds in the list.")},
    )

    def __init__(self, reference: Reference, data: QueryDict) -> None:
        super().__init__(data)
        self.reference = reference
        if reference.kind != Reference.Kind.GARMENT:
            del self.fields["category"]

    def clean_label(self) -> str:
        return " ".join(self.cleaned_data["label"].split())

    def save(self) -> None:
        category = self.cleaned_data.get("category") or self.reference.category
        self.reference.describe(self.cleaned_data["label"], category)
