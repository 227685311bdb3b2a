from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from gallery.admin import Ledger
from tryon.models import Budget, Price
from tryon.models.money import MICROS


def dollars(micros: int) -> str:
    return f"${micros / MICROS:,.3f}"


@admin.register(Budget)
class BudgetAdmin(Ledger):
    """Site rows are money, owner rows are pictures; what is at risk may have been charged."""

    list_display = ("scope", "period", "limit", "reserved_here", "spent_here", "risk_here")
    search_fields = ("scope", "period")
    ordering = ("-period", "scope")

    @staticmethod
    def _words(budget: Budget, amount: int | None) -> str:
        if amount is None:
            return "no cap"
        return dollars(amount) if budget.scope.startswith("site") else f"{amount} pictures"

    @admin.display(description="cap")
    def limit(self, budget: Budget) -> str:
        return self._words(budget, budget.cap)

    @admin.display(description="reserved")
    def reserved_here(self, budget: Budget) -> str:
        return self._words(budget, budget.reserved)

    @admin.display(description="spent")
    def spent_here(self, budget: Budget) -> str:
        return self._words(budget, budget.spent)

    @admin.display(description="at risk")
    def risk_here(self, budget: Budget) -> str:
        return self._words(budget, budget.at_risk)


@admin.register(Price)
class PriceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A new price is a new row: what was paid under an older one stays as it was."""

    list_display = ("model", "any_size", "a_picture", "since")
    list_filter = ("model",)
    ordering = ("model", "size", "-since")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        prices: QuerySet[Price] = super().get_queryset(request)
        return prices

    @admin.display(description="size")
    def any_size(self, price: Price) -> str:
        return price.size or "every size"

    @admin.display(description="a picture")
    def a_picture(self, price: Price) -> str:
        return dollars(price.micros)

    def has_change_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False
