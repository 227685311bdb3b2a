"""The books of a period, as staff read them: all sums are of ledger entries, nothing at prices of today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from tryon.accounts.models import User
from tryon.models import Attempt, Budget, Entry, Generation
from tryon.models.money import MICROS, scopes
from tryon.models.states import Reason, Settled, Status

MOST_USERS = 20
PAID = Q(spent_micros__gt=0)
# Money that bought no picture that anybody has: what became of the generation, in words.
FAILURES = (
    ("Came, and could not be opened", Q(generation__reason=Reason.UNREADABLE)),
    ("Made, and lost on the way", Q(generation__settled=Settled.MADE)),
    ("Came after its try-on was deleted", Q(generation__dropped_at__isnull=False)),
)


def usd(micros: int) -> str:
    return f"${micros / MICROS:,.3f}"


class Share(NamedTuple):
    """One line of a table: what was spent on it, and the part of the largest one in percent, for its bar."""

    name: str
    micros: int
    pictures: int
    percent: int

    @property
    def spent(self) -> str:
        return usd(self.micros)


@dataclass(frozen=True, slots=True)
class Cap:
    """What is taken of what the site may spend in a day or a month."""

    name: str
    taken: int
    cap: int | None
    opens_at: dt.datetime

    @property
    def words(self) -> str:
        return (
            f"{usd(self.taken)} of {usd(self.cap)}" if self.cap is not None else f"{usd(self.taken)}, no cap"
        )

    @property
    def percent(self) -> int | None:
        return min(100, round(100 * self.taken / self.cap)) if self.cap else None


class Books:
    """Sums over the last `days` days of UTC, today among them."""

    def __init__(self, days: int) -> None:
        self.days = days
        self.until = timezone.now()
        today = self.until.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.since = today - dt.timedelta(days=days - 1)
        self.entries = Entry.objects.filter(at__gte=self.since, at__lte=self.until)
        self._paid = self.entries.filter(~Q(spent_micros=0))

    @property
    def spent(self) -> str:
        return usd(_sum(self._paid))

    @property
    def pictures(self) -> int:
        told = self._paid.aggregate(n=Sum("pictures", default=0))
        return int(told["n"])

    @property
    def calls(self) -> int:
        return Attempt.objects.filter(sent_at__gte=self.since, sent_at__lte=self.until).count()

    def failures(self) -> list[Share]:
        """Money without a picture; what is still at risk is not among it."""
        found = ((name, self._paid.filter(which)) for name, which in FAILURES)
        return _with_bars([(name, _sum(rows), _pictures(rows)) for name, rows in found])

    def by_day(self) -> list[Share]:
        """Each day, the newest first, also those on which nothing was spent."""
        rows = self._paid.annotate(day=TruncDate("at", tzinfo=dt.UTC)).order_by().values_list("day")
        told = {day: (micros, made) for day, micros, made in _grouped(rows)}
        days = [self.until.astimezone(dt.UTC).date() - dt.timedelta(days=n) for n in range(self.days)]
        return _with_bars([(f"{day:%a %d %b %Y}", *told.get(day, (0, 0))) for day in days])

    def by_model(self) -> list[Share]:
        rows = _grouped(self._paid.order_by().values_list("model", "size"))
        return _with_bars(
            sorted(((f"{model} {size}".strip(), m, n) for model, size, m, n in rows), key=_dear)
        )

    def by_user(self) -> list[Share]:
        """Those who spent most: of accounts the name, of guests their number."""
        rows = _grouped(self._paid.order_by().values_list("generation__tryon__owner"))
        dearest = sorted(((owner, micros, made) for owner, micros, made in rows), key=_dear)[:MOST_USERS]
        names = {user.pk: _name(user) for user in User.objects.filter(pk__in=[row[0] for row in dearest])}
        return _with_bars([(names[owner], micros, made) for owner, micros, made in dearest])

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Every entry of the period, in order: a head, then the fields as they are stored."""
        columns = ("reserved_micros", "spent_micros", "at_risk_micros")
        names = ("at", "kind", "generation", "attempt", "model", "size", "pictures", *columns)
        yield names
        for row in self.entries.order_by("at", "pk").values_list(*names).iterator(2000):
            yield (row[0].isoformat(), *row[1:])


def reserved() -> str:
    """Set aside now for what waits and runs."""
    rows = Generation.objects.unfinished()
    return usd(rows.aggregate(n=Sum("reserved_micros", default=0))["n"])


def unknown() -> QuerySet[Generation]:
    """Those whose outcome nobody has settled yet."""
    return Generation.objects.filter(status=Status.UNKNOWN, settled="")


def at_risk() -> str:
    return usd(unknown().aggregate(n=Sum("reserved_micros", default=0))["n"])


def caps() -> list[Cap]:
    """The site's day and month, and how much of their caps is taken."""
    now = timezone.now()
    month, day, _ = scopes(User(), now)
    rows = {(row.scope, row.period): row for row in Budget.objects.filter(scope__in=[month.name, day.name])}
    found = []
    for name, scope in (("Today", day), ("This month", month)):
        row = rows.get((scope.name, scope.period), Budget())
        found.append(Cap(name, row.taken, scope.cap, scope.opens_at))
    return found


def _sum(entries: QuerySet[Entry]) -> int:
    return int(entries.aggregate(n=Sum("spent_micros", default=0))["n"])


def _pictures(entries: QuerySet[Entry]) -> int:
    return int(entries.aggregate(n=Sum("pictures", default=0))["n"])


def _grouped(rows: QuerySet[Entry, Any]) -> list[tuple[Any, ...]]:
    return list(rows.annotate(micros=Sum("spent_micros"), made=Sum("pictures")))


def _dear(row: tuple[Any, ...]) -> int:
    return -int(row[1])


def _name(user: User) -> str:
    return f"Guest {user.pk}" if user.is_guest else user.email or user.username


def _with_bars(rows: list[tuple[Any, ...]]) -> list[Share]:
    largest = max((micros for _, micros, _ in rows), default=0)
    return [
        Share(name, micros, made, round(100 * micros / largest) if largest else 0)
        for name, micros, made in rows
    ]
