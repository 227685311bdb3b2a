"""What the site and each owner may use in a day or a month, and what of it is taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tryon.accounts.models import User
from tryon.models.price import MICROS


class CapReached(Exception):
    """Accepting this would pass a cap; `opens_at` says when there is room again."""

    def __init__(self, scope: str, cap: int, opens_at: dt.datetime) -> None:
        super().__init__(f"{scope}: {cap} until {opens_at:%Y-%m-%d}")
        self.of_owner = scope.startswith("owner")
        self.cap = cap
        self.opens_at = opens_at


@dataclass(frozen=True, slots=True)
class Amount:
    """Pictures count towards an owner's day, micro-USD towards the site's day and month."""

    pictures: int
    micros: int

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.pictures + other.pictures, self.micros + other.micros)

    def __neg__(self) -> Amount:
        return Amount(-self.pictures, -self.micros)


@dataclass(frozen=True, slots=True)
class Scope:
    """One budget row that a generation of this owner and moment counts towards."""

    name: str
    period: str
    cap: int | None
    opens_at: dt.datetime
    counts_pictures: bool = False

    def part(self, amount: Amount) -> int:
        return amount.pictures if self.counts_pictures else amount.micros


def scopes(owner: User, at: dt.datetime) -> Iterator[Scope]:
    """Always in this order, so that two transactions never wait for each other in a circle."""
    day = at.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    month = day.replace(day=1)
    tomorrow = day + dt.timedelta(days=1)
    next_month = (month + dt.timedelta(days=32)).replace(day=1)
    pictures = settings.PICTURES_PER_DAY_GUEST if owner.is_guest else settings.PICTURES_PER_DAY_ACCOUNT
    yield Scope("site month", f"{month:%Y-%m}", _micros(settings.SPEND_PER_MONTH), next_month)
    yield Scope("site day", f"{day:%Y-%m-%d}", _micros(settings.SPEND_PER_DAY), tomorrow)
    cap = None if pictures is None else int(pictures)
    yield Scope(f"owner {owner.pk} day", f"{day:%Y-%m-%d}", cap, tomorrow, counts_pictures=True)


def _micros(usd: float | None) -> int | None:
    return None if usd is None else round(usd * MICROS)


class BudgetQuerySet(models.QuerySet["Budget"]):
    def reserve(self, owner: User, amount: Amount, at: dt.datetime) -> None:
        """Set money and pictures aside, or raise CapReached; call it inside the accepting transaction.

        One conditional UPDATE a row: however many processes ask at once, a cap is never passed.
        """
        for scope in scopes(owner, at):
            part = scope.part(amount)
            row, _ = self.get_or_create(scope=scope.name, period=scope.period)
            room = self.filter(pk=row.pk)
            if scope.cap is not None:
                whole = F("reserved") + F("spent") + F("at_risk")
                room = room.annotate(whole=whole).filter(whole__lte=scope.cap - part)
            if not room.update(reserved=F("reserved") + part, cap=scope.cap):
                raise CapReached(scope.name, scope.cap or 0, scope.opens_at)

    def move(self, owner: User, at: dt.datetime, **deltas: Amount) -> None:
        """Change columns of every row that a generation accepted at `at` counts towards.

        `deltas` are column=Amount with a sign in it, such as reserved=Amount(-1, -67_000).
        """
        for scope in scopes(owner, at):
            changes = {c: F(c) + scope.part(a) for c, a in deltas.items()}
            self.filter(scope=scope.name, period=scope.period).update(**changes)

    def left(self, owner: User, at: dt.datetime) -> int | None:
        """Pictures left of an owner's day; None without a cap."""
        *_, scope = scopes(owner, at)
        if scope.cap is None:
            return None
        row = self.filter(scope=scope.name, period=scope.period).first()
        return max(0, scope.cap - (row.taken if row else 0))


class Budget(models.Model):
    """What is set aside, spent and at risk in one scope and period; the three always add up.

    Site rows count micro-USD by UTC day and month, owner rows count pictures by UTC day.
    """

    scope = models.CharField(max_length=40)
    period = models.CharField(max_length=10)
    cap = models.BigIntegerField(null=True, blank=True)
    reserved = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    at_risk = models.BigIntegerField(default=0)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "period"], name="budget_once"),
            models.CheckConstraint(
                name="budget_never_negative", condition=Q(reserved__gte=0, spent__gte=0, at_risk__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.period}"

    @property
    def taken(self) -> int:
        return self.reserved + self.spent + self.at_risk
