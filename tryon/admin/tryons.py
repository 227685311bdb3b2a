"""What was asked and what came of it: read only, with "run again" for what gave no picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.admin import Written
from gallery.keyset_admin import BY_ID_OR_OWNER
from tryon.models import Attempt, Generation, Offer, TryOn, TryOnInput
from tryon.models.money.budget import CapReached
from tryon.models.money.price import usd
from tryon.pipeline import submission
from tryon.presenters import prices
from tryon.presenters.labels import told

MOST_CALLS = 50  # that have one request id: each has its own, but for faults of a gateway


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class InputInline(ReadOnlyInline):
    model = TryOnInput
    fields = ("position", "role", "fit", "reference")
    show_change_link = False


class GenerationInline(ReadOnlyInline):
    model = Generation
    fields = ("number", "count", "status", "reason", "sends", "sent_at", "ended_at")


class AttemptForm(forms.ModelForm):  # type: ignore[type-arg]
    """Says in words what columns of a call hold."""

    class Meta:
        help_texts = {
            "sent_as": _("how its pictures went out"),
            "price_micros": _("micro-USD for one picture"),
        }


class AttemptInline(ReadOnlyInline):
    model = Attempt
    form = AttemptForm
    fields = (
        "sent_at",
        "model",
        "status",
        "http_status",
        "error_type",
        "pictures",
        "sent_as",
        "request_id",
        "prompt_version",
    )


class ByModel(admin.SimpleListFilter):
    """By a model that is known here: to look which ones the rows name would read all of them."""

    title = _("model")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Offer.objects.labels().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(model=self.value()) if self.value() else queryset


def generations_of_call(words: str) -> list[Any]:
    """The generations of calls with this request id, as the gateway's bill names it."""
    if not words:
        return []
    calls = Attempt.objects.filter(request_id=words).order_by("-sent_at", "-id")
    return list(calls.values_list("generation", flat=True)[:MOST_CALLS])


@admin.register(TryOn)
class TryOnAdmin(Written):
    list_display = (
        "__str__",
        "owner",
        "created_at",
        "mode",
        "model",
        "size",
        "aspect_ratio",
        "wanted",
        "deleted_at",
    )
    list_filter = ("mode", ByModel)
    list_select_related = ("owner",)
    ordering = ("-created_at", "-pk")
    exact_fields = ("id",)
    owner_field = "owner"
    search_help_text = BY_ID_OR_OWNER
    exclude = ("key", "body_digest")
    inlines = (InputInline, GenerationInline)


@admin.register(Generation)
class GenerationAdmin(Written):
    list_display = ("__str__", "status", "reason", "waiting_for", "count", "sends", "created_at", "ended_at")
    list_filter = ("status", "reason")
    list_select_related = ("tryon",)
    ordering = ("-created_at", "-pk")
    exact_fields = ("id", "tryon")
    search_help_text = _("Search by its id, that of its try-on, or a request id of the gateway's bill.")
    inlines = (AttemptInline,)
    actions = ["run_again"]

    def questions(self, rows: QuerySet[Any], words: str) -> Iterator[QuerySet[Any]]:
        yield from super().questions(rows, words)
        yield rows.filter(pk__in=generations_of_call(words)).order_by()

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tryon.change_generation")

    @admin.action(description=_("Run again (an unknown one may cost a second time)"), permissions=["again"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Generation]) -> None:
        begun = 0
        for generation in queryset.select_related("tryon__owner"):
            try:
                submission.again(generation)
                begun += 1
            except submission.SubmissionRefused as exc:
                self.message_user(request, f"{generation}: {told(str(exc))}", messages.WARNING)
            except CapReached as exc:
                opens = date_format(exc.opens_at, "d F, H:i")
                until = gettext("a cap is reached until %(moment)s UTC") % {"moment": opens}
                self.message_user(request, f"{generation}: {until}", messages.WARNING)
        self.message_user(request, gettext("%(n)s accepted to run again.") % {"n": begun})


@admin.register(Attempt)
class AttemptAdmin(Written):
    shows_money = True
    form = AttemptForm
    list_display = ("__str__", "status", "http_status", "error_type", "pictures", "cost", "model", "sent_at")
    list_filter = ("status", ByModel)
    ordering = ("-sent_at", "-pk")
    exact_fields = ("id", "request_id", "generation")
    search_help_text = _("Search by its id, that of its generation, or a request id of the gateway's bill.")

    @admin.display(description=prices.COST)
    def cost(self, attempt: Attempt) -> str:
        return usd(attempt.price_micros * attempt.pictures)
