"""The models of the gateway: which are offered in which order, what they cost, what replaces them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminDateWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tryon.accounts.current_user import require_user
from tryon.models import CircuitBreaker, Offer, Price, TryOn
from tryon.models.money.price import usd
from tryon.models.offer import label
from tryon.models.states import PauseReason
from tryon.pipeline import enqueue, model_catalogue
from tryon.pipeline.gateway_client import gateway_client
from tryon.presenters.prices import A_PICTURE
from tryon.rules import model_families


def _choices(values: tuple[str, ...], **kwargs: Any) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(
        required=False, choices=[(value, value) for value in values], widget=widget, **kwargs
    )


class OfferForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model by its id; left open, its label is the id read aloud."""

    class Meta:
        model = Offer
        fields = ("model", "label", "position", "offered")
        help_texts = {"label": _("how people read it in the form"), "position": _("order in the form")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].required = False
        if self.instance.pk:  # in the list a row's fields have no labels of their own
            for field in self.fields.values():
                field.widget.attrs["aria-label"] = _named(field, self.instance.model)

    def clean_model(self) -> str:
        given = str(self.cleaned_data["model"]).strip()
        if model_families.answers_vectors(given):
            raise forms.ValidationError(
                gettext("This model answers drawings (SVG), which cannot be kept or shown.")
            )
        return given

    def clean_label(self) -> str:
        given = str(self.cleaned_data["label"]).strip()
        return given or label(self.cleaned_data.get("model") or self.instance.model)


def _named(field: forms.Field, model: str) -> str:
    return gettext("%(field)s of %(model)s") % {"field": field.label, "model": model}


class FactsForm(OfferForm):
    """A model with what it takes; what is written otherwise than it is known is a correction."""

    sizes = _choices(model_families.SIZES)
    ratios = _choices(model_families.RATIOS, label=_("Shapes"))
    references = forms.IntegerField(
        label=_("Most reference pictures"), min_value=0, max_value=model_families.MOST_REFERENCES
    )
    most_pictures = forms.IntegerField(
        label=_("Most pictures in one call"), min_value=1, max_value=model_families.MOST_PICTURES
    )
    edits = forms.BooleanField(
        required=False,
        help_text=_(
            "It changes one picture, at /v1/images/edits. Tick it only where the model's page says so."
        ),
    )
    retires_on = forms.DateField(
        required=False,
        widget=AdminDateWidget,
        help_text=_("Told 30 days ahead, with what could take its place."),
        error_messages={"invalid": _("Write a date as 2026-12-31.")},
    )
    successor = forms.CharField(
        required=False,
        max_length=100,
        widget=AdminTextInputWidget,
        help_text=_("The id of the model to take its place."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(self.instance.facts)
        for name in self.instance.corrected:
            known = self.instance.uncorrected[name]
            words = ", ".join(known) if isinstance(known, list) else str(known)
            field = self.fields[name]
            corrected = gettext("Corrected here; else: %(known)s.") % {"known": words or gettext("nothing")}
            field.help_text = f"{field.help_text} {corrected}".strip()

    def clean_successor(self) -> str:
        given = str(self.cleaned_data["successor"]).strip()
        if given == self.instance.model:
            raise forms.ValidationError(gettext("No model takes its own place. Name another one."))
        if given not in {"", self.instance.facts["successor"], *Offer.objects.labels()}:
            raise forms.ValidationError(gettext("There is no such model here. Add it first."))
        return given

    def save(self, commit: bool = True) -> Any:
        known = self.instance.uncorrected
        given = {name: self.cleaned_data[name] for name in known if name in self.cleaned_data}
        given["retires_on"] = given["retires_on"].isoformat() if given["retires_on"] else ""
        self.instance.corrected = {name: fact for name, fact in given.items() if fact != known[name]}
        return super().save(commit)


class OfferList(ChangeList):
    """Reads prices and closed breakers for a whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        prices = _prices(offer.model for offer in self.result_list)
        closed = _closed()
        for offer in self.result_list:  # these very rows are shown: the queryset keeps them
            offer.prices, offer.breaker = prices.get(offer.model, {}), closed.get(offer.model)


def _prices(models: Iterable[str]) -> dict[str, dict[str, int]]:
    """The newest price of each size by model, in micro-USD a picture."""
    prices: dict[str, dict[str, int]] = {}
    for price in Price.objects.filter(model__in=list(models)).order_by("size", "since"):
        prices.setdefault(price.model, {})[price.size] = price.micros
    return prices


def _closed() -> dict[str, CircuitBreaker]:
    breakers = CircuitBreaker.objects.paused().filter(account=gateway_client().account).exclude(model="")
    return {breaker.model: breaker for breaker in breakers}


def endings(request: HttpRequest) -> dict[str, Any]:
    """For the notice on top of a list: models that end or ended, with what a replacement would do now."""
    return {
        "endings": [(ending, ending.forecast()) for ending in model_catalogue.endings()],
        "ending_models": (),  # told here in full
        "may_replace": request.user.has_perm("tryon.change_offer"),
    }


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = OfferForm
    list_display = ("model", "label", "position", "offered", "family", "serves", "price", "state")
    list_editable = ("label", "position", "offered")
    list_per_page = 100
    search_fields = ("model", "label")
    sortable_by = ()
    ordering = ("position", "pk")
    change_list_template = "admin/tryon/offer/change_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OfferList

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=OfferForm, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Offer | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, **({"form": FactsForm} if obj else {}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Offer | None = None) -> list[Any]:
        named = OfferForm.Meta.fields
        return [*named, *(name for name in super().get_fields(request, obj) if name not in named)]

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> tuple[str, ...]:
        return ("model",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        """The gateway would list it again: what is not wanted is not offered. What it lost may go."""
        is_listed = obj is None or obj.missing_since is None
        return not is_listed and super().has_delete_permission(request, obj)

    @admin.display(description=_("family"))
    def family(self, offer: Offer) -> str:
        return offer.takes.name

    @admin.display(description=_("serves"))
    def serves(self, offer: Offer) -> str:
        modes = (mode for mode in model_families.MODES if offer.takes.serves(mode))
        return ", ".join(str(TryOn.Mode(mode).label) for mode in modes)

    @admin.display(description=A_PICTURE)
    def price(self, offer: Offer) -> str:
        prices: dict[str, int] = getattr(offer, "prices", {})
        sizes = sorted(prices, key=lambda size: (*model_families.SIZES, size).index(size))
        return " · ".join(f"{size}\u00a0{usd(prices[size])}".strip() for size in sizes) or gettext(
            "not known"
        )

    @admin.display(description=_("state"))
    def state(self, offer: Offer) -> str:
        breaker: CircuitBreaker | None = getattr(offer, "breaker", None)
        if breaker is None:
            words = [gettext("offered") if offer.offered else gettext("not offered")]
            words += [gettext("not in the list")] if offer.missing_since else []
            words += (
                [gettext("to be retired on %(day)s") % {"day": date_format(offer.retires_on)}]
                if offer.retires_on
                else []
            )
            return ", ".join(words + [gettext("corrected")] * bool(offer.corrected))
        if breaker.reason != PauseReason.RETIRED:
            return gettext("closed: %(reason)s") % {"reason": breaker.get_reason_display()}
        successor = offer.successor_named(breaker.replacement)
        return gettext("retired, use %(model)s") % {"model": successor} if successor else gettext("retired")

    # What the operator does with the list ------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        read = path("read/", view(self.read), name="tryon_offer_read")
        replace = path("replace/", view(self.replace), name="tryon_offer_replace")
        return [read, replace, *super().get_urls()]

    def read(self, request: HttpRequest) -> HttpResponse:
        """POST: ask the gateway now which models there are and what they cost."""
        self._require_permission(request)
        known = set(Offer.objects.values_list("model", flat=True))  # before the list adds to them
        listed = model_catalogue.sync()
        if listed is None:
            self.message_user(
                request, gettext("The gateway did not answer; all stays as it was."), messages.ERROR
            )
            return redirect("admin:tryon_offer_changelist")
        self.message_user(
            request,
            gettext("The gateway lists %(count)s models, %(new)s of them new.")
            % {"count": len(listed), "new": len(set(listed) - known)},
        )
        return redirect("admin:tryon_offer_changelist")

    def replace(self, request: HttpRequest) -> HttpResponse:
        """POST: put the model `successor` in the place of `model`, as a notice or a way back offers it."""
        self._require_permission(request)
        model, successor = (request.POST.get(name, "") for name in ("model", "successor"))
        done = model_catalogue.replace_model(model, successor, require_user(request))
        if done is None:
            self.message_user(request, gettext("Nothing to do: this was done before."), messages.WARNING)
        else:
            enqueue.enqueue_after_response(done.messages)
            words = _summary(model, successor, done)
            self.message_user(request, words, messages.WARNING if done.left else messages.SUCCESS)
        return redirect("admin:tryon_offer_changelist")

    def _require_permission(self, request: HttpRequest) -> None:
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = endings(request) | {
            "may_read": self.has_change_permission(request),
            "ways_back": [(way, way.forecast()) for way in model_catalogue.ways_back()],
            "title": gettext("Models"),
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})


def _summary(model: str, successor: str, done: model_catalogue.Replacement) -> str:
    words = [gettext("In place of %(model)s stands %(new)s.") % {"model": model, "new": successor}]
    if done.moved:
        words.append(gettext("Waiting pictures that go on with it: %(n)s.") % {"n": done.moved})
    if done.ended:
        words.append(
            gettext("Ended, since it cannot make them, and nothing charged: %(n)s.") % {"n": done.ended}
        )
    if done.left:
        words.append(
            gettext("Still waiting, since its price leaves no room under a cap: %(n)s.") % {"n": done.left}
        )
    return " ".join(words)
