"""The books of a period, as staff read them: all sums are of ledger entries, nothing at prices of today."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Case, CharField, DateField, Expression, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Concat, Trim
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from tryon.accounts.models import User
from tryon.models import Attempt, Budget, Entry, Generation
from tryon.models.money.budget import GUESTS_DAY, GUESTS_MONTH, SITE_DAY, SITE_MONTH, guests_share, money_cap
from tryon.models.money.price import usd
from tryon.models.states import FailureReason, GenerationStatus, Settled

MOST_USERS = 20
LAST_DAYS = (7, 30, 90)
# Money that bought no picture that anybody has: what became of the generation; the first that holds counts.
FAILURES = (
    (gettext_noop("Came after its try-on was deleted"), Q(generation__dropped_at__isnull=False)),
    (gettext_noop("Came, and could not be opened"), Q(generation__reason=FailureReason.UNREADABLE)),
    (gettext_noop("Made, and lost on the way"), Q(generation__settled=Settled.MADE)),
)


Paid = tuple[Any, str, int, int]  # when or by whom, on what, micro-USD, pictures


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
    """What is taken of what the site, or its guests, may spend in a day or a month."""

    name: str
    taken: int
    cap: int | None
    opens_at: dt.datetime

    @property
    def words(self) -> str:
        if self.cap is None:
            return gettext("%(taken)s, no cap") % {"taken": usd(self.taken)}
        return gettext("%(taken)s of %(cap)s") % {"taken": usd(self.taken), "cap": usd(self.cap)}

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.taken // self.cap) if self.cap else None


class Period(NamedTuple):
    """Whole days of UTC: from the first of them up to, and without, `until`; `title` stands alone."""

    key: str
    name: str
    title: str
    since: dt.datetime
    until: dt.datetime

    @classmethod
    def last(cls, days: int) -> Period:
        """So many days, today among them."""
        tomorrow = _midnight() + dt.timedelta(days=1)
        name = gettext("the last %(days)s days") % {"days": days}
        title = gettext("Last %(days)s days") % {"days": days}
        return cls(f"last-{days}-days", name, title, tomorrow - dt.timedelta(days=days), tomorrow)

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        since = dt.datetime(year, month, 1, tzinfo=dt.UTC)
        until = (since + dt.timedelta(days=32)).replace(day=1)  # 32 days on is in the next month, always
        name = date_format(since, "F Y")
        return cls(f"{since:%Y-%m}", name, name, since, until)

    @classmethod
    def of(cls, key: str) -> Period:
        """The one with this key: of LAST_DAYS, or a month that has begun; else 30 days."""
        if named := re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", key):
            found = cls.month(int(named[1]), int(named[2]))
            if found.since <= timezone.now():
                return found
        lately = {period.key: period for period in map(cls.last, LAST_DAYS)}
        return lately.get(key) or cls.last(LAST_DAYS[1])


def _midnight() -> dt.datetime:
    return timezone.now().astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def months() -> list[Period]:
    """Every month from the first entry on, the newest first."""
    first = Entry.objects.order_by("at").values_list("at", flat=True).first() or timezone.now()
    last, first = timezone.now().astimezone(dt.UTC), first.astimezone(dt.UTC)
    numbers = range(last.year * 12 + last.month - 1, first.year * 12 + first.month - 2, -1)
    return [Period.month(number // 12, number % 12 + 1) for number in numbers]


class Books:
    """Sums over a period, up to now, by two passes over the entries."""

    def __init__(self, period: Period) -> None:
        self.period = period
        # Nothing that comes between the two passes is in one of them alone.
        self._until = min(period.until, timezone.now() + dt.timedelta(microseconds=1))
        self.entries = Entry.objects.filter(at__gte=period.since, at__lt=self._until)
        self._paid = self.entries.filter(~Q(spent_micros=0)).order_by()

    @cached_property
    def _by_day_and_model(self) -> list[Paid]:
        """By day, and model with size."""
        day = Cast("at", DateField())  # SQLite's own: a function of Python's for each row would take seconds
        return self._grouped(day=day, made_by=Trim(Concat("model", Value(" "), "size")))

    @cached_property
    def _by_owner_and_failure(self) -> list[Paid]:
        """By owner's key, and what failed or ""."""
        cases = [When(which, then=Value(name)) for name, which in FAILURES]
        failed = Case(*cases, default=Value(""), output_field=CharField())
        return self._grouped(owner=F("generation__tryon__owner"), failed=failed)

    def _grouped(self, **by: Expression | F) -> list[Paid]:
        rows = self._paid.annotate(**by).values_list(*by)
        return list(rows.annotate(micros=Sum("spent_micros"), made=Sum("pictures")))

    @property
    def spent(self) -> str:
        return usd(sum(micros for *_, micros, _ in self._by_day_and_model))

    @property
    def pictures(self) -> int:
        return sum(pictures for *_, pictures in self._by_day_and_model)

    @property
    def calls(self) -> int:
        return Attempt.objects.filter(sent_at__gte=self.period.since, sent_at__lt=self._until).count()

    def failures(self) -> list[Share]:
        """Money without a picture; what is still at risk is not among it."""
        told = _added(self._by_owner_and_failure, 1)
        return _with_bars([(gettext(name), *told.get(name, (0, 0))) for name, _ in FAILURES])

    def by_day(self) -> list[Share]:
        """Each day, the newest first, also those on which nothing was spent."""
        told = _added(self._by_day_and_model, 0)
        newest = (self._until - dt.timedelta(microseconds=1)).astimezone(dt.UTC).date()
        count = (newest - self.period.since.date()).days + 1
        days = [newest - dt.timedelta(days=number) for number in range(count)]
        return _with_bars([(date_format(day, "D d M Y"), *told.get(day, (0, 0))) for day in days])

    def by_model(self) -> list[Share]:
        return _with_bars(_dearest_first(_added(self._by_day_and_model, 1)))

    def by_user(self) -> list[Share]:
        """Those who spent most: of accounts the name, of guests their number."""
        dearest = _dearest_first(_added(self._by_owner_and_failure, 0))[:MOST_USERS]
        names = {user.pk: called(user) for user in User.objects.filter(pk__in=[row[0] for row in dearest])}
        return _with_bars([(names[owner], *sums) for owner, *sums in dearest])

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
    return Generation.objects.filter(status=GenerationStatus.UNKNOWN, settled="")


def at_risk() -> str:
    return usd(unknown().aggregate(n=Sum("reserved_micros", default=0))["n"])


def caps() -> list[Cap]:
    """The site's day and month, those of its guests where they may take a part, and how much is taken."""
    now = timezone.now()
    scopes = {gettext("Today"): SITE_DAY, gettext("This month"): SITE_MONTH}
    if guests_share() < 1 and (settings.SPEND_PER_DAY, settings.SPEND_PER_MONTH) != (None, None):
        scopes |= {gettext("Guests today"): GUESTS_DAY, gettext("Guests this month"): GUESTS_MONTH}
    keys = {name: scope.at(now) for name, scope in scopes.items()}
    return [
        Cap(name, Budget.objects.row(key).taken, money_cap(key.scope), key.opens_at)
        for name, key in keys.items()
    ]


def _added(rows: list[Paid], by: int) -> dict[Any, tuple[int, int]]:
    """Micro-USD and pictures by one of the rows' first two fields."""
    told: defaultdict[Any, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        micros, pictures = told[row[by]]
        told[row[by]] = (micros + row[2], pictures + row[3])
    return told


def _dearest_first(told: dict[Any, tuple[int, int]]) -> list[tuple[Any, int, int]]:
    return sorted(((key, *sums) for key, sums in told.items()), key=itemgetter(1), reverse=True)


def called(user: User) -> str:
    """How staff read who somebody is: an account by its address, a guest by its number."""
    if user.is_guest:
        return gettext("Guest %(number)s") % {"number": user.pk}
    return user.email or user.username


def _with_bars(rows: list[tuple[Any, ...]]) -> list[Share]:
    largest = max((micros for _, micros, _ in rows), default=0)
    return [
        Share(name, micros, made, round(100 * micros / largest) if largest else 0)
        for name, micros, made in rows
    ]
