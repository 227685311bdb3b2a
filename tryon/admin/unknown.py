"""Calls whose outcome is not known: what they may have cost, and what staff found out about each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.admin import Written
from gallery.models import AuditEntry, Image
from gallery.models.audit import register_action
from gallery.owners import may_view
from tryon.accounts.current_user import require_user
from tryon.admin.tryons import ReadOnlyInline, generations_of_call
from tryon.billing import reconcile, spend_reports
from tryon.models import Attempt, Unknown, UnopenedAnswer
from tryon.models.money.price import usd
from tryon.models.states import GenerationStatus, Settled
from tryon.pipeline import enqueue, recovery
from tryon.presenters import prices

TAKEN = register_action("answer_taken", _("Unopened answer downloaded"))


class WhatIsKnown(admin.SimpleListFilter):
    """Opens on what nobody has settled."""

    title = _("settled")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return (
            (Settled.MADE, gettext("Settled as made")),
            (Settled.NOT_MADE, gettext("Settled as not made")),
            ("all", gettext("All")),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Unknown]) -> QuerySet[Unknown]:
        """A search looks through all of them."""
        state = self.value() or ("all" if SEARCH_VAR in request.GET else "")
        return queryset if state == "all" else queryset.filter(settled=state)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield first | {"display": gettext("Not settled")}
        yield from others


class LostInline(ReadOnlyInline):
    model = Attempt
    fields = ("sent_at", "status", "how", "request_id", "prompt")
    readonly_fields = ("how",)
    verbose_name_plural = _("calls")

    @admin.display(description=_("how it was lost"))
    def how(self, attempt: Attempt) -> str:
        return how_lost(attempt)


def how_lost(attempt: Attempt | None) -> str:
    if attempt is None:
        return ""
    told = f"{attempt.http_status or ''} {attempt.error_type}".strip()
    return told or gettext("No answer, or not a whole one")


@admin.register(UnopenedAnswer)
class UnopenedAnswerAdmin(Written):
    """What came and was paid for, and cannot be opened yet; kept for 30 days."""

    list_display = ("sent_at", "model", "whose", "outcome", "size", "download")
    list_display_links = ("sent_at",)
    list_select_related = ("generation__tryon__owner",)
    ordering = ("-answered_at", "-pk")
    fields = ("generation", "model", "sent_at", "answered_at", "outcome", "words", "request_id")
    readonly_fields = ("outcome",)
    actions = ["open_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnopenedAnswer]:
        return UnopenedAnswer.objects.with_raw_answer()  # type: ignore[return-value]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The way to the file is for who may see pictures."""
        return [name for name in self.list_display if name != "download" or may_view(request.user, Image)]

    @admin.display(description=_("whose"))
    def whose(self, row: UnopenedAnswer) -> str:
        return spend_reports.called(row.generation.tryon.owner)

    @admin.display(description=_("outcome"))
    def outcome(self, row: UnopenedAnswer) -> str:
        return row.generation.get_reason_display() or row.generation.get_status_display()

    @admin.display(description=_("size"))
    def size(self, row: UnopenedAnswer) -> str:
        try:
            return filesizeformat(row.raw_answer.size)
        except OSError:
            return gettext("the file is not there")

    @admin.display(description=_("the answer"))
    def download(self, row: UnopenedAnswer) -> str:
        address = reverse("admin:tryon_unopenedanswer_file", args=[row.pk])
        return format_html('<a href="{}">{}</a>', address, gettext("Download"))

    def has_open_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tryon.change_unopenedanswer")

    @admin.action(description=_("Try to open again"), permissions=["open"])
    def open_again(self, request: HttpRequest, queryset: QuerySet[UnopenedAnswer]) -> None:
        opened = 0
        for row in queryset:
            to_do = recovery.reopen(row)
            opened += to_do is not None
            enqueue.enqueue_after_response(to_do or [])
        words = gettext("%(n)s opened: the pictures are in their owner's gallery.")
        self.message_user(request, words % {"n": opened})
        if left := len(queryset) - opened:
            words = gettext("%(n)s still cannot be opened, and stay.")
            self.message_user(request, words % {"n": left}, messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        file = path(
            "<uuid:pk>/answer.json", self.admin_site.admin_view(self.file), name="tryon_unopenedanswer_file"
        )
        return [file, *super().get_urls()]

    def file(self, request: HttpRequest, pk: uuid.UUID) -> FileResponse:
        """The answer as it came: it may hold a picture of somebody, so who takes it is written down."""
        if not (self.has_open_permission(request) and may_view(request.user, Image)):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            content = row.raw_answer.open("rb")
        except FileNotFoundError as exc:
            raise Http404 from exc
        AuditEntry.objects.record(require_user(request), TAKEN, row)
        return FileResponse(content, as_attachment=True, filename=f"answer-{row.pk}.json")


@admin.register(Unknown)
class UnknownAdmin(Written):
    list_display = ("sent_at", "age", "money", "how", "whose", "model_of", "what_is_known")
    list_display_links = ("sent_at",)
    list_filter = (WhatIsKnown,)
    list_select_related = ("tryon__owner",)
    ordering = ("-ended_at", "-pk")
    exact_fields = ("id",)
    search_help_text = _("Search by its id, or a request id of the gateway's bill.")
    fields = ("tryon", "sent_at", "ended_at", "money", "what_is_known")
    inlines = (LostInline,)
    actions = ["settle_as_made", "settle_as_not_made"]
    change_list_template = "admin/tryon/unknown/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unknown]:
        rows: QuerySet[Unknown] = super().get_queryset(request)
        # Literally: of a parameter SQLite does not know that the partial index covers it.
        unknown = RawSQL(f"'{GenerationStatus.UNKNOWN.value}'", ())  # noqa: S611 - a constant of ours
        return rows.filter(status=unknown).prefetch_related("attempts")

    def questions(self, rows: QuerySet[Any], words: str) -> Iterator[QuerySet[Any]]:
        yield from super().questions(rows, words)
        yield rows.filter(pk__in=generations_of_call(words)).order_by()

    @admin.display(description=_("whose"))
    def whose(self, row: Unknown) -> str:
        return spend_reports.called(row.tryon.owner)

    @admin.display(description=_("model"))
    def model_of(self, row: Unknown) -> str:
        lost = row.lost_call
        return lost.model if lost else row.tryon.model

    @admin.display(description=prices.MAY_HAVE_COST)
    def money(self, row: Unknown) -> str:
        return usd(row.reserved_micros)

    @admin.display(description=_("age"))
    def age(self, row: Unknown) -> str:
        return timesince(row.sent_at, depth=1) if row.sent_at else ""

    @admin.display(description=_("how it was lost"))
    def how(self, row: Unknown) -> str:
        """With the request's id, by which it is found on the gateway's bill."""
        lost = row.lost_call
        return ", ".join(filter(None, (how_lost(lost), lost.request_id if lost else "")))

    @admin.display(description=_("settled"))
    def what_is_known(self, row: Unknown) -> str:
        return row.get_settled_display() or gettext("not yet")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tryon.change_unknown")

    @admin.action(description=_("Settle as made: it was charged"), permissions=["settle"])
    def settle_as_made(self, request: HttpRequest, queryset: QuerySet[Unknown]) -> None:
        self._settle(request, queryset, made=True)

    @admin.action(description=_("Settle as not made: nothing was charged"), permissions=["settle"])
    def settle_as_not_made(self, request: HttpRequest, queryset: QuerySet[Unknown]) -> None:
        self._settle(request, queryset, made=False)

    def _settle(self, request: HttpRequest, queryset: QuerySet[Unknown], *, made: bool) -> None:
        staff = require_user(request)
        # One by one, each in a transaction of its own: one whose answer is found meanwhile stops no other.
        settled = [row for row in queryset if reconcile.resolve_by_staff(row, made, by=staff)]
        money = usd(sum(row.reserved_micros for row in settled))
        words = gettext("%(n)s settled: %(money)s given back.")
        if made and settings.SANDBOX:
            words = gettext("%(n)s settled: %(money)s would have been spent.")
        elif made:
            words = gettext("%(n)s settled: %(money)s counted as spent.")
        self.message_user(request, words % {"n": len(settled), "money": money})
        if left := len(queryset) - len(settled):
            words = gettext("%(n)s had been settled, or found, before.")
            self.message_user(request, words % {"n": left}, messages.WARNING)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": gettext("Unknown outcomes"),
            "unknown": spend_reports.unknown().count(),
            "at_risk": spend_reports.at_risk(),
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})
