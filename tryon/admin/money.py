from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gallery.admin import Written
from tryon.accounts.models import User
from tryon.admin.tryons import ByModel, generations_of_call
from tryon.billing import spend_reports
from tryon.billing.spend_reports import Books, Period
from tryon.models import Budget, Entry, Price
from tryon.models.money.budget import owner_day
from tryon.models.money.price import usd
from tryon.presenters import prices


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        help_texts = {"pictures": _("that were paid for")}


@admin.register(Entry)
class EntryAdmin(Written):
    """Every movement of money, as it was booked; the page over it adds them up."""

    form = EntryForm
    shows_money = True
    list_display = ("at", "kind", "generation", "model", "size", "pictures", "reserved", "spent", "at_risk")
    list_filter = ("kind", ByModel)
    exact_fields = ("generation",)
    search_help_text = _("Search by the id of its generation, or a request id of the gateway's bill.")
    change_list_template = "admin/tryon/entry/change_list.html"

    def questions(self, rows: QuerySet[Any], words: str) -> Iterator[QuerySet[Any]]:
        yield from super().questions(rows, words)
        yield rows.filter(generation__in=generations_of_call(words)).order_by()

    @admin.display(description=prices.RESERVED)
    def reserved(self, entry: Entry) -> str:
        return _signed(entry.reserved_micros)

    @admin.display(description=prices.SPENT)
    def spent(self, entry: Entry) -> str:
        return _signed(entry.spent_micros)

    @admin.display(description=prices.AT_RISK)
    def at_risk(self, entry: Entry) -> str:
        return _signed(entry.at_risk_micros)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = [
            path("money/", view(self.money), name="tryon_money"),
            path("money.csv", view(self.money_csv), name="tryon_money_csv"),
        ]
        return [*pages, *super().get_urls()]

    def money(self, request: HttpRequest) -> HttpResponse:
        """What was spent in a period, on what, by whom, and what of it brought no picture."""
        self._require_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Money"),
            "opts": self.opts,
            "books": Books(_period(request)),
            "failures_name": prices.FAILURES,
            "lately": [Period.last(days) for days in spend_reports.LAST_DAYS],
            "months": spend_reports.months(),
            "caps": spend_reports.caps(),
            "reserved": spend_reports.reserved(),
            "at_risk": spend_reports.at_risk(),
            "unknown": spend_reports.unknown().count(),
        }
        return TemplateResponse(request, "admin/tryon/entry/money.html", context)

    def money_csv(self, request: HttpRequest) -> StreamingHttpResponse:
        """The same period, entry by entry, in micro-USD."""
        self._require_permission(request)
        period = _period(request)
        lines = (_csv.writerow(row) for row in Books(period).rows())
        named = f'attachment; filename="{_kind()}-{period.key}.csv"'
        return StreamingHttpResponse(
            lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": named}
        )

    def _require_permission(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


class _Echo:
    """What a CSV writer writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


_csv = csv.writer(_Echo())


def _period(request: HttpRequest) -> Period:
    return Period.of(request.GET.get("period", ""))


def _kind() -> str:
    return "sandbox-money" if settings.SANDBOX else "money"


def _signed(micros: int) -> str:
    sign = "+" if micros > 0 else "-"
    return f"{sign}{usd(abs(micros))}" if micros else ""


@admin.register(Budget)
class BudgetAdmin(Written):
    """Rows of the site and its guests are money, others pictures; what is at risk may have been charged."""

    shows_money = True
    list_display = ("scope", "period", "limit", "reserved_here", "spent_here", "risk_here")
    ordering = ("-period", "-scope")
    exact_fields = ("period",)
    search_help_text = _("Search by a day as 2026-11-30, a month as 2026-11, or an account.")

    def questions(self, rows: QuerySet[Any], words: str) -> Iterator[QuerySet[Any]]:
        yield from super().questions(rows, words)
        for pk in User.objects.called(words):
            yield rows.filter(scope=owner_day(pk).name)

    @staticmethod
    def _words(budget: Budget, amount: int | None) -> str:
        if amount is None:
            return gettext("no cap")
        if not budget.counts_pictures:
            return usd(amount)
        return ngettext("%(n)s picture", "%(n)s pictures", 2) % {"n": amount}

    @admin.display(description=_("cap"))
    def limit(self, budget: Budget) -> str:
        return self._words(budget, budget.cap)

    @admin.display(description=prices.RESERVED)
    def reserved_here(self, budget: Budget) -> str:
        return self._words(budget, budget.reserved)

    @admin.display(description=prices.SPENT)
    def spent_here(self, budget: Budget) -> str:
        return self._words(budget, budget.spent)

    @admin.display(description=prices.AT_RISK)
    def risk_here(self, budget: Budget) -> str:
        return self._words(budget, budget.at_risk)


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        help_texts = {"micros": _("micro-USD for one picture")}


@admin.register(Price)
class PriceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A new price is a new row: what was paid under an older one stays as it was."""

    form = PriceForm
    list_display = ("model", "any_size", "a_picture", "since")
    list_filter = ("model",)
    ordering = ("model", "size", "-since")

    @admin.display(description=_("size"))
    def any_size(self, price: Price) -> str:
        return price.size or gettext("every size")

    @admin.display(description=prices.A_PICTURE)
    def a_picture(self, price: Price) -> str:
        return usd(price.micros)

    def has_change_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False
