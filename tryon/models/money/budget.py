"""What the site, its guests, each address and each owner may use in a time, and what of it is taken."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tryon.accounts.client_address import PRIVATE
from tryon.accounts.current_user import counts_as_guest
from tryon.accounts.models import AnyUser, User
from tryon.models.money.price import MICROS

Span = Literal["hour", "day", "month"]
PERIODS: dict[Span, str] = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
SITE, GUESTS, OWNER, ADDRESS = "site", "guests", "owner", "address"
ADDRESS_DAYS = 2  # of UTC, today among them: for so long the rows of an address are kept


@dataclass(frozen=True, slots=True)
class Amount:
    """Pictures count for owners and addresses, micro-USD for the site and its guests."""

    pictures: int
    micros: int

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.pictures + other.pictures, self.micros + other.micros)

    def __neg__(self) -> Amount:
        return Amount(-self.pictures, -self.micros)


def counts_pictures(scope: str) -> bool:
    """The use of owners and addresses is counted in pictures, all other in micro-USD."""
    return scope.startswith((f"{OWNER} ", f"{ADDRESS} "))


@dataclass(frozen=True, slots=True)
class BudgetScope:
    """Whose use counts together, and whether by hour, day or month of UTC."""

    span: Span
    kind: str = SITE
    whose: str = ""  # the owner's key, or the digest of an address

    @property
    def name(self) -> str:
        """As `Budget.scope` stores it: "site month", "guests day", "owner 12 day", "address 3f… hour"."""
        return " ".join(filter(None, (self.kind, self.whose, self.span)))

    @classmethod
    def named(cls, name: str) -> BudgetScope:
        kind, *whose, span = name.split()
        return cls(cast(Span, span), kind, " ".join(whose))

    @property
    def counts_pictures(self) -> bool:
        return counts_pictures(self.name)

    def at(self, moment: dt.datetime) -> BudgetKey:
        begin = moment.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
        begin = begin if self.span == "hour" else begin.replace(hour=0)
        return BudgetKey(self, begin.replace(day=1) if self.span == "month" else begin)


@dataclass(frozen=True, slots=True)
class BudgetKey:
    """One row of the budgets: a scope, and when its hour, day or month began."""

    scope: BudgetScope
    begin: dt.datetime

    @property
    def period(self) -> str:
        return self.begin.strftime(PERIODS[self.scope.span])

    @property
    def opens_at(self) -> dt.datetime:
        """When the next hour, day or month begins, with all its room."""
        if self.scope.span == "month":
            return (self.begin + dt.timedelta(days=32)).replace(day=1)
        return self.begin + dt.timedelta(**{f"{self.scope.span}s": 1})

    @property
    def columns(self) -> dict[str, Any]:
        """What the row is found and made by."""
        return {"scope": self.scope.name, "period": self.period}

    @property
    def stored(self) -> list[str]:
        """As a generation keeps it."""
        return [self.scope.name, self.period]

    @classmethod
    def of_stored(cls, stored: Sequence[str]) -> BudgetKey:
        scope = BudgetScope.named(stored[0])
        begin = dt.datetime.strptime(stored[1], PERIODS[scope.span])
        return cls(scope, begin.replace(tzinfo=dt.UTC))

    def part(self, amount: Amount) -> int:
        return amount.pictures if self.scope.counts_pictures else amount.micros


SITE_MONTH, SITE_DAY = BudgetScope("month"), BudgetScope("day")
GUESTS_MONTH, GUESTS_DAY = BudgetScope("month", GUESTS), BudgetScope("day", GUESTS)


def owner_day(owner_id: int | None) -> BudgetScope:
    """Of who has no row yet, None: nothing is taken."""
    return BudgetScope("day", OWNER, str(owner_id))


def counted_in(user: AnyUser, at: dt.datetime, address: str = "") -> list[BudgetKey]:
    """The rows in which pictures count that this user asks for at that moment from that address.

    Always in this order, so that two transactions never wait for each other in a circle. Only guests count
    by address, and only where there is a cap: of nobody else it is kept. "": from none, as staff run again.
    The shop has no allowance of a person's: it counts in the site's rows alone.
    """
    shared, by_address = [], []
    if counts_as_guest(user):
        shared = [GUESTS_MONTH, GUESTS_DAY]
        capped = [span for span, cap in address_caps().items() if cap is not None and address]
        by_address = [BudgetScope(span, ADDRESS, address) for span in capped]
    own = [] if isinstance(user, User) and user.is_shop else [owner_day(user.pk)]
    scopes = [SITE_MONTH, SITE_DAY, *shared, *own, *by_address]
    return [scope.at(at) for scope in scopes]


def counted_before(owner_id: int, at: dt.datetime) -> list[BudgetKey]:
    """The rows of a generation that was accepted before generations kept theirs."""
    return [scope.at(at) for scope in (SITE_MONTH, SITE_DAY, owner_day(owner_id))]


# Caps ----------------------------------------------------------------------------------------------
def address_caps() -> dict[Span, int | None]:
    """Pictures that guests of one address may ask for; the longer time first, as it opens later."""
    return {"day": settings.PICTURES_PER_DAY_ADDRESS, "hour": settings.PICTURES_PER_HOUR_ADDRESS}


def first_day_of_addresses(now: dt.datetime) -> dt.datetime:
    """When the oldest day began of which rows of addresses are kept."""
    return SITE_DAY.at(now - dt.timedelta(days=ADDRESS_DAYS - 1)).begin


def guests_share() -> float:
    """What part of the site's day and month all guests together may take."""
    return float(settings.GUESTS_SHARE) if settings.SIGNUP == "open" else 1.0


def money_cap(scope: BudgetScope) -> int | None:
    """Micro-USD that the site, or all its guests, may spend in such a time; None: as much as they like."""
    usd = settings.SPEND_PER_MONTH if scope.span == "month" else settings.SPEND_PER_DAY
    share = guests_share() if scope.kind == GUESTS else 1
    return None if usd is None else round(usd * MICROS * share)


def caps_of(keys: Iterable[BudgetKey]) -> list[tuple[BudgetKey, int | None]]:
    """What may be taken of each of these rows, in the unit in which it counts; None: as much as one likes."""
    keys = list(keys)
    is_guest = any(key.scope.kind == GUESTS for key in keys)
    of_owner = settings.PICTURES_PER_DAY_GUEST if is_guest else settings.PICTURES_PER_DAY_ACCOUNT

    def cap_of(scope: BudgetScope) -> int | None:
        if scope.kind == ADDRESS:
            return address_caps()[scope.span]
        return of_owner if scope.kind == OWNER else money_cap(scope)

    return [(key, cap_of(key.scope)) for key in keys]


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a cap."""

    key: BudgetKey
    cap: int
    left: int


class CapReached(Exception):
    """Accepting this would pass a cap; `room` says which, what is left of it, and when it opens again."""

    def __init__(self, room: Room) -> None:
        super().__init__(f"{room.key.scope.name}: {room.cap} until {room.key.opens_at:%Y-%m-%d %H:%M}")
        self.room = room
        self.opens_at = room.key.opens_at


class BudgetQuerySet(models.QuerySet["Budget"]):
    def of(self, scope: BudgetScope) -> Self:
        """The rows of a scope, one for each of its hours, days or months."""
        return self.filter(scope=scope.name)

    def row(self, key: BudgetKey) -> Budget:
        """As it is stored, or one of which nothing is taken."""
        return self.filter(**key.columns).first() or Budget(**key.columns)

    def reserve(self, keys: Iterable[BudgetKey], amount: Amount) -> None:
        """Set money and pictures aside, or raise CapReached; call it inside the accepting transaction.

        One conditional UPDATE a row: however many processes ask at once, a cap is never passed.
        """
        for key, cap in caps_of(keys):
            part = key.part(amount)
            row, _ = self.get_or_create(**key.columns)  # the first one of a day makes its row
            room = self.filter(pk=row.pk)
            if cap is not None:
                whole = F("reserved") + F("spent") + F("at_risk")
                room = room.annotate(whole=whole).filter(whole__lte=cap - part)
            if not room.update(reserved=F("reserved") + part, cap=cap):
                # The transaction takes back what was set aside in other rows.
                raise CapReached(self.room(key, cap or 0))

    def move(self, keys: Iterable[BudgetKey], **deltas: Amount) -> None:
        """Change columns of the rows that a generation counts in; one that was purged stays away.

        `deltas` are column=Amount with a sign in it, such as reserved=Amount(-1, -67_000).
        """
        for key in keys:
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

    def room(self, key: BudgetKey, cap: int) -> Room:
        return Room(key, cap, max(0, cap - self.row(key).taken))

    def pictures_left(self, user: AnyUser, at: dt.datetime, address: str) -> Room | None:
        """The tightest of the caps on pictures that they meet now; None where there is none."""
        capped = caps_of(counted_in(user, at, address))
        rooms = [self.room(key, cap) for key, cap in capped if key.scope.counts_pictures and cap is not None]
        return min(rooms, key=lambda room: room.left, default=None)

    # By address ---------------------------------------------------------------------------------------
    def of_addresses(self) -> Self:
        return self.filter(scope__startswith=f"{ADDRESS} ")

    def past_addresses(self, first_kept: dt.datetime) -> Self:
        """Those of the days before this one."""
        return self.of_addresses().filter(period__lt=f"{first_kept:%Y-%m-%d}")

    def of_one_private_address(self, first_kept: dt.datetime) -> tuple[int, int]:
        """Guests' pictures since then: those of the private address that has most, and all of them."""
        kept = self.of_addresses().filter(period__gte=f"{first_kept:%Y-%m-%d}", scope__endswith=" day")
        by_scope: Counter[str] = Counter()
        for row in kept:
            by_scope[row.scope] += row.taken
        private = [n for scope, n in by_scope.items() if scope.startswith(f"{ADDRESS} {PRIVATE} ")]
        return max(private, default=0), by_scope.total()


class Budget(models.Model):
    """What is set aside, spent and at risk in one scope and period; the three always add up.

    Rows of the site and of all guests count micro-USD by UTC day and month, those of owners pictures by day,
    those of addresses guests' pictures by hour and day.
    """

    scope = models.CharField(max_length=60)
    period = models.CharField(max_length=13)
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
        # Read by: the notice of a proxy that does not name its visitors; the list in the admin.
        indexes = [models.Index(fields=["-period", "-scope"], name="budget_latest")]

    def __str__(self) -> str:
        return f"{self.scope} {self.period}"

    @property
    def counts_pictures(self) -> bool:
        return counts_pictures(self.scope)

    @property
    def taken(self) -> int:
        return self.reserved + self.spent + self.at_risk
