"""What the site and each owner may use in a day or a month, and what of it is taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tryon.accounts.models import User
from tryon.models.price import MICROS


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
class BudgetScope:
    """Whose use counts together, the site's or one owner's, and whether by day or by month of UTC."""

    span: Literal["day", "month"]
    owner_id: int | None = None  # None: the site's

    @property
    def name(self) -> str:
        """As `Budget.scope` stores it: "site month", "site day", "owner 12 day"."""
        return f"{'site' if self.owner_id is None else f'owner {self.owner_id}'} {self.span}"

    @property
    def counts_pictures(self) -> bool:
        """An owner's use is counted in pictures, the site's in micro-USD."""
        return self.owner_id is not None

    def at(self, moment: dt.datetime) -> BudgetKey:
        begin = moment.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return BudgetKey(self, begin if self.span == "day" else begin.replace(day=1))


@dataclass(frozen=True, slots=True)
class BudgetKey:
    """One row of the budgets: a scope, and when its day or month began."""

    scope: BudgetScope
    begin: dt.datetime

    @property
    def period(self) -> str:
        return f"{self.begin:%Y-%m-%d}" if self.scope.span == "day" else f"{self.begin:%Y-%m}"

    @property
    def opens_at(self) -> dt.datetime:
        """When the next day or month begins, with all its room."""
        if self.scope.span == "day":
            return self.begin + dt.timedelta(days=1)
        return (self.begin + dt.timedelta(days=32)).replace(day=1)

    @property
    def columns(self) -> dict[str, Any]:
        """What the row is found and made by."""
        return {"scope": self.scope.name, "period": self.period}

    def part(self, amount: Amount) -> int:
        return amount.pictures if self.scope.counts_pictures else amount.micros


SITE_MONTH, SITE_DAY = BudgetScope("month"), BudgetScope("day")


def owner_day(owner_id: int) -> BudgetScope:
    return BudgetScope("day", owner_id)


def counted_in(owner_id: int, at: dt.datetime) -> tuple[BudgetKey, ...]:
    """The rows that a generation of this owner counts in, accepted at that moment.

    Always in this order, so that two transactions never wait for each other in a circle.
    """
    return tuple(scope.at(at) for scope in (SITE_MONTH, SITE_DAY, owner_day(owner_id)))


def site_cap(scope: BudgetScope) -> int | None:
    """Micro-USD that the site may spend in such a time; None: as much as it likes."""
    usd = settings.SPEND_PER_MONTH if scope == SITE_MONTH else settings.SPEND_PER_DAY
    return None if usd is None else round(usd * MICROS)


def owner_cap(owner: User) -> int | None:
    """Pictures that an owner may ask for in a day."""
    pictures = settings.PICTURES_PER_DAY_GUEST if owner.is_guest else settings.PICTURES_PER_DAY_ACCOUNT
    return None if pictures is None else int(pictures)


class CapReached(Exception):
    """Accepting this would pass a cap; `opens_at` says when there is room again."""

    def __init__(self, key: BudgetKey, cap: int) -> None:
        super().__init__(f"{key.scope.name}: {cap} until {key.opens_at:%Y-%m-%d}")
        self.of_owner = key.scope.owner_id is not None
        self.cap = cap
        self.opens_at = key.opens_at


class BudgetQuerySet(models.QuerySet["Budget"]):
    def of(self, scope: BudgetScope) -> Self:
        """The rows of a scope, one for each of its days or months."""
        return self.filter(scope=scope.name)

    def row(self, key: BudgetKey) -> Budget:
        """As it is stored, or one of which nothing is taken."""
        return self.filter(**key.columns).first() or Budget(**key.columns)

    def reserve(self, owner: User, amount: Amount, at: dt.datetime) -> None:
        """Set money and pictures aside, or raise CapReached; call it inside the accepting transaction.

        One conditional UPDATE a row: however many processes ask at once, a cap is never passed.
        """
        for key in counted_in(owner.pk, at):
            part = key.part(amount)
            cap = owner_cap(owner) if key.scope.counts_pictures else site_cap(key.scope)
            row, _ = self.get_or_create(**key.columns)  # the first one of a day makes its row
            room = self.filter(pk=row.pk)
            if cap is not None:
                whole = F("reserved") + F("spent") + F("at_risk")
                room = room.annotate(whole=whole).filter(whole__lte=cap - part)
            if not room.update(reserved=F("reserved") + part, cap=cap):
                raise CapReached(key, cap or 0)  # the transaction takes back what was set aside in other rows

    def move(self, owner: User, at: dt.datetime, **deltas: Amount) -> None:
        """Change columns of every row that a generation accepted at `at` counts towards.

        `deltas` are column=Amount with a sign in it, such as reserved=Amount(-1, -67_000).
        """
        for key in counted_in(owner.pk, at):
            changes = {c: F(c) + key.part(a) for c, a in deltas.items()}
            self.filter(**key.columns).update(**changes)

    def merge(self, theirs: BudgetScope, mine: BudgetScope) -> None:
        """What was taken of theirs counts in mine, day by day, and moves and ends there from now on."""
        for row in self.of(theirs).select_for_update():
            kept, _ = self.get_or_create(scope=mine.name, period=row.period)
            self.filter(pk=kept.pk).update(
                reserved=F("reserved") + row.reserved,
                spent=F("spent") + row.spent,
                at_risk=F("at_risk") + row.at_risk,
            )
            row.delete()

    def left(self, owner: User, at: dt.datetime) -> int | None:
        """Pictures left of an owner's day; None without a cap."""
        cap = owner_cap(owner)
        return None if cap is None else max(0, cap - self.row(owner_day(owner.pk).at(at)).taken)


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
    def counts_pictures(self) -> bool:
        return self.scope not in (SITE_MONTH.name, SITE_DAY.name)

    @property
    def taken(self) -> int:
        return self.reserved + self.spent + self.at_risk
