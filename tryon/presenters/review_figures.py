"""What was decided in the review, counted: what passes, why not, how long it takes, and what it costs.

Counted are the LATEST decisions of a period at most, by the index on the time of a decision: however many
there have been, the page costs the same, and 2,000 tell a share to within 2.2 points. What owners decided
on their own pictures tells nothing of the desk and is left out.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from gallery.models import Image, RejectionReason
from tryon.billing import spend_reports
from tryon.models import Attempt, Result, TryOnInput
from tryon.models.money.price import usd

LATEST = 2_000  # decisions at most: the page takes 0.1 s of CPU with them
PERIODS = (7, 30, 90)  # days
USUAL = 30
Z = 1.96  # of a normal distribution: 95 of 100 lie within
APPROVED = Image.Review.APPROVED


class Period(NamedTuple):
    """The last `days`, or with None all there is."""

    days: int | None

    @classmethod
    def of(cls, key: str) -> Period:
        """By its key in the address; what is no key is the usual period."""
        return next((each for each in cls.every() if each.key == key), cls(USUAL))

    @classmethod
    def every(cls) -> list[Period]:
        return [*map(cls, PERIODS), cls(None)]

    @property
    def key(self) -> str:
        return str(self.days or "all")

    @property
    def name(self) -> str:
        if self.days is None:
            return gettext("All")
        return ngettext("%(n)s day", "%(n)s days", self.days) % {"n": self.days}


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of some passed, in percent, and between which two the true share lies in 95 of 100 cases."""

    name: str
    passed: int
    decided: int

    @property
    def percent(self) -> int:
        return round(100 * self.passed / self.decided)

    @property
    def interval(self) -> tuple[int, int]:
        low, high = wilson(self.passed, self.decided)
        return round(100 * low), round(100 * high)


class Share(NamedTuple):
    """So many of all those that were not approved."""

    name: str
    pictures: int
    percent: int


class Decision(NamedTuple):
    """One picture that was decided on, and what made it."""

    review: str
    reason: str
    created_at: dt.datetime
    reviewed_at: dt.datetime
    sandbox: bool
    model: str
    prompt_version: str
    micros: int


def wilson(passed: int, of: int) -> tuple[float, float]:
    """Wilson's interval of a share, which holds for few and for shares near 0 and 1 too."""
    share, spread = passed / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


class Figures:
    """The page's numbers; pictures of the sandbox stand apart, for they say nothing of a model."""

    def __init__(self, period: Period, latest: int = LATEST) -> None:
        self.period, self.most = period, latest
        decided = Image.objects.filter(reviewed_at__isnull=False).exclude(reviewed_by=F("owner"))
        if period.days:
            decided = decided.filter(reviewed_at__gte=timezone.now() - dt.timedelta(days=period.days))
        self.images = decided.order_by("-reviewed_at").values("pk")[:latest]

    @cached_property
    def _decisions(self) -> list[Decision]:
        answered = Result.objects.filter(
            image__in=self.images, generation__attempts__status=Attempt.Status.OK
        )
        of_picture = (f"image__{name}" for name in Decision._fields[:5])
        of_call = (f"generation__attempts__{name}" for name in ("model", "prompt_version", "price_micros"))
        return [Decision(*row) for row in answered.values_list(*of_picture, *of_call)]

    @cached_property
    def _garments(self) -> list[tuple[str, bool, str, int]]:
        """Category, whether of the sandbox, state, and how many pictures show something worn as it."""
        worn = TryOnInput.objects.filter(tryon__generations__results__image__in=self.images)
        worn = worn.exclude(role__in=(TryOnInput.PERSON, TryOnInput.PICTURE)).order_by()
        image = "tryon__generations__results__image"
        grouped = worn.values_list("role", f"{image}__sandbox", f"{image}__review")
        return list(grouped.annotate(n=Count(image, distinct=True)))

    @property
    def parts(self) -> list[Part]:
        """Of the gateway's pictures and of the sandbox's, where there are any."""
        parts = []
        for sandbox in (False, True):
            decisions = [each for each in self._decisions if each.sandbox == sandbox]
            garments = [(role, state, n) for role, drawn, state, n in self._garments if drawn == sandbox]
            if decisions:
                parts.append(Part(sandbox, decisions, garments))
        return parts

    @property
    def since(self) -> dt.datetime | None:
        """From when on they are counted, where there are more than are counted."""
        is_all = len(self._decisions) < self.most
        return None if is_all else min(each.reviewed_at for each in self._decisions)

    @property
    def unknown(self) -> int:
        """Calls whose outcome nobody knows at this moment."""
        return spend_reports.unknown().count()

    @property
    def at_risk(self) -> str:
        return spend_reports.at_risk()


@dataclass(frozen=True, slots=True)
class Part:
    """The decisions on pictures that came from one place."""

    sandbox: bool
    decisions: Sequence[Decision]
    garments: Sequence[tuple[str, str, int]]

    @property
    def overall(self) -> Rate:
        return Rate("", sum(each.review == APPROVED for each in self.decisions), len(self.decisions))

    @property
    def by_version(self) -> list[Rate]:
        return _rates((each.prompt_version, each.review, 1) for each in self.decisions)

    @property
    def by_model(self) -> list[Rate]:
        return _rates((each.model, each.review, 1) for each in self.decisions)

    @property
    def by_category(self) -> list[Rate]:
        names = {"auto": gettext("As the photo shows it")}
        return _rates(
            (names.get(role) or gettext(role.capitalize()), review, n) for role, review, n in self.garments
        )

    @property
    def reasons(self) -> list[Share]:
        """The most frequent first."""
        counts = Counter(each.reason for each in self.decisions if each.reason)
        return [
            Share(str(RejectionReason(reason).label), n, round(100 * n / counts.total()))
            for reason, n in counts.most_common()
        ]

    @property
    def waits(self) -> list[tuple[int, str]]:
        """Within which time after they were made so many of 100 were decided."""
        waits = sorted((each.reviewed_at - each.created_at).total_seconds() for each in self.decisions)
        return [(part, _span(waits[math.ceil(part * len(waits) / 100) - 1])) for part in (50, 95)]

    @property
    def for_each_approved(self) -> str:
        """All that these pictures cost, divided by those that passed; "" where none did."""
        passed = self.overall.passed
        return usd(sum(each.micros for each in self.decisions) // passed, 3) if passed else ""


def _rates(counts: Iterable[tuple[str, str, int]]) -> list[Rate]:
    """The most often decided first."""
    decided: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for name, review, n in counts:
        decided[name] += n
        passed[name] += n if review == APPROVED else 0
    return [Rate(name, passed[name], n) for name, n in decided.most_common()]


def _span(seconds: float) -> str:
    minutes = seconds / 60
    if minutes < 90:
        n = max(1, math.ceil(minutes))
        return ngettext("%(n)s minute", "%(n)s minutes", n) % {"n": n}
    hours = math.ceil(minutes / 60)
    if hours <= 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = math.ceil(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
