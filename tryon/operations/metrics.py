"""Every number for Prometheus, read from the rows when it is asked for: any web process tells the same.

What is open now is counted whole. What has ended is told of the last hour, so that no scrape grows with
the years. docs/operations.md says what each number means.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gallery.models import Image
from tryon.models import Attempt, Budget, CircuitBreaker, GatewayFile, Generation, Mail, Result
from tryon.models.money.budget import SITE_DAY, SITE_MONTH, money_cap
from tryon.models.states import UNFINISHED
from tryon.operations import health
from tryon.pipeline import heartbeat

CONTENT_TYPE = CONTENT_TYPE_LATEST
WINDOW = dt.timedelta(hours=1)
NEWEST = 1000  # rows that percentiles are taken from: the newest of the window
PERCENTILES = (50, 90, 99)
DAY = dt.timedelta(days=1)


def exposition() -> bytes:
    """All of it in Prometheus's text format."""
    return generate_latest(Rows())


class Rows(Collector):
    """One pass over the tables, the spool and the broker."""

    def collect(self) -> Iterator[Metric]:
        begun = time.perf_counter()
        build = {"version": settings.VERSION, "revision": settings.REVISION}
        yield _gauge("build_info", "What runs here.", [(build | {"sandbox": str(int(settings.SANDBOX))}, 1)])
        for part in (_open, _ended, _calls, _money, _lines, _pictures, _files, _mails, _broker):
            yield from part()
        taken = time.perf_counter() - begun
        yield _gauge("scrape_seconds", "How long these numbers took to read.", [({}, taken)])


Sample = tuple[dict[str, str], float]
Samples = Iterable[Sample]


def _gauge(name: str, says: str, samples: Samples) -> Metric:
    family = GaugeMetricFamily(f"tryon_{name}", says)
    for labels, value in samples:
        family.add_sample(family.name, labels, value)
    return family


# Generations: one for each paid call that somebody waits for ---------------------------------------
def _open() -> Iterator[Metric]:
    unfinished = Generation.objects.unfinished().order_by()
    counted = dict(unfinished.values_list("status").annotate(n=Count("pk")))
    states = [({"state": state.value}, counted.get(state, 0)) for state in UNFINISHED]
    yield _gauge("generations", "Generations that have not ended, by state.", states)
    queued = unfinished.filter(status=Generation.Status.QUEUED)
    waits = dict(queued.values_list("waiting_for").annotate(n=Count("pk")))
    reasons = [({"reason": why or "turn"}, waits.get(why, 0)) for why in ("", *Generation.WaitingFor.values)]
    yield _gauge("generations_waiting", "Queued generations, by what they wait for.", reasons)
    oldest = health.oldest_wait()
    yield _gauge("oldest_wait_seconds", "How long the oldest has waited for its turn.", [({}, oldest)])


def _ended() -> Iterator[Metric]:
    recent = Generation.objects.filter(ended_at__gte=timezone.now() - WINDOW)
    # Not grouped: a database that groups by state may walk every row of it.
    each = {state.value: Count("pk", filter=Q(status=state)) for state in Generation.ENDED}
    states = [({"state": state}, n) for state, n in recent.aggregate(**each).items()]
    yield _gauge("generations_ended_1h", "Generations that ended in the last hour, by state.", states)
    done = recent.filter(status=Generation.Status.DONE).order_by("-ended_at")
    waits = [_seconds(*pair) for pair in done.values_list("created_at", "ended_at")[:NEWEST]]
    yield _gauge(
        "wait_seconds", "From accepted to ready, of the newest that are done (1 h).", _percentiles(waits)
    )


# Calls: each send to the gateway -------------------------------------------------------------------
def _calls() -> Iterator[Metric]:
    in_flight = Attempt.objects.open().count()
    yield _gauge("calls_in_flight", "Calls that were sent and not answered yet.", [({}, in_flight)])
    recent = Attempt.objects.filter(answered_at__gte=timezone.now() - WINDOW)
    counted = recent.order_by().values_list("model", "status").annotate(n=Count("pk"))
    outcomes = [({"model": model, "outcome": status}, n) for model, status, n in counted]
    yield _gauge("calls_1h", "Calls settled in the last hour, by model and outcome.", outcomes)
    took: dict[str, list[float]] = defaultdict(list)
    answered = recent.filter(status__in=[Attempt.Status.OK, Attempt.Status.REFUSED]).order_by("-answered_at")
    for model, sent, at in answered.values_list("model", "sent_at", "answered_at")[:NEWEST]:
        took[model].append(_seconds(sent, at))
    samples = [
        (lab | {"model": model}, x) for model, seconds in took.items() for lab, x in _percentiles(seconds)
    ]
    yield _gauge("call_seconds", "From sent to answered, of the newest calls by model (1 h).", samples)


def _seconds(begun: dt.datetime, ended: dt.datetime | None) -> float:
    return (ended - begun).total_seconds() if ended else 0.0


def _percentiles(values: Sequence[float]) -> Samples:
    """Nearest rank; nothing of nothing."""
    ranked = sorted(values)
    for percent in PERCENTILES if ranked else ():
        rank = min(len(ranked) - 1, len(ranked) * percent // 100)
        yield {"percentile": str(percent)}, ranked[rank]


# Money ---------------------------------------------------------------------------------------------
def _money() -> Iterator[Metric]:
    taken: list[Sample] = []
    caps: list[Sample] = []
    for scope in (SITE_DAY, SITE_MONTH):
        row = Budget.objects.row(scope.at(timezone.now()))
        kinds = {"reserved": row.reserved, "spent": row.spent, "at_risk": row.at_risk}
        taken += [({"period": scope.span, "kind": kind}, micros) for kind, micros in kinds.items()]
        if (cap := money_cap(scope)) is not None:
            caps.append(({"period": scope.span}, cap))
    yield _gauge("money_micros", "Micro-USD of the running day and month (UTC), by kind.", taken)
    yield _gauge("money_cap_micros", "The caps, where there are any.", caps)
    ever = Budget.objects.of(SITE_MONTH).aggregate(n=Sum("spent", default=0))["n"]
    yield CounterMetricFamily("tryon_spent_micros", "Micro-USD spent since the first day.", value=ever)


# The way to the gateway, and what rests there ------------------------------------------------------
def _lines() -> Iterator[Metric]:
    paused = [
        ({"line": str(breaker), "reason": breaker.reason}, 1) for breaker in CircuitBreaker.objects.paused()
    ]
    yield _gauge("line_paused", "1 for each line that stops work now, with its reason.", paused)


def _pictures() -> Iterator[Metric]:
    bare = Image.objects.without_renditions().count()
    yield _gauge(
        "pictures_without_renditions", "Pictures whose smaller copies are not made yet.", [({}, bare)]
    )
    odd = Result.objects.exclude(deviation="").order_by()
    counted = odd.values_list("generation__tryon__model", "deviation").annotate(n=Count("pk"))
    says = "Pictures of another size or shape than was asked for, by model, since the first day."
    samples = [({"model": model, "deviation": kind}, n) for model, kind, n in counted]
    yield _gauge("pictures_deviating", says, samples)
    ends = GatewayFile.objects.filter(state=GatewayFile.State.LIVE)
    usable_until = timezone.now() + dt.timedelta(hours=settings.FILE_MARGIN_HOURS)
    live = ends.filter(expires_at__gt=usable_until)
    counts = {"live": live.count(), "ending": live.filter(expires_at__lte=usable_until + DAY).count()}
    says = "Copies at the gateway that may be used, and those of them whose last day it is."
    yield _gauge("gateway_files", says, [({"state": state}, n) for state, n in counts.items()])


# This machine --------------------------------------------------------------------------------------
def _files() -> Iterator[Metric]:
    ages = []
    for answer in Path(settings.SPOOL_DIR).glob("*.json"):
        with suppress(FileNotFoundError):  # kept meanwhile
            ages.append(time.time() - answer.stat().st_mtime)
    yield _gauge("spool_files", "Paid answers whose pictures are not kept yet.", [({}, len(ages))])
    yield _gauge("spool_oldest_seconds", "Age of the oldest of them.", [({}, max(ages, default=0.0))])
    if Path(settings.DATA_DIR).is_dir():
        free = shutil.disk_usage(settings.DATA_DIR).free
        yield _gauge("disk_free_bytes", "Room left where pictures are kept.", [({}, free)])


def _mails() -> Iterator[Metric]:
    yield _gauge("mails_waiting", "Mails that are not sent yet.", [({}, Mail.objects.count())])


def _broker() -> Iterator[Metric]:
    alive: dict[str, int] = {}
    age, up = None, 1
    try:
        with heartbeat.broker() as client:
            alive, age = dict(heartbeat.workers(client)), heartbeat.sweep_age(client)
    except heartbeat.BrokerError:
        up = 0
    yield _gauge("broker_up", "1 when the broker answers.", [({}, up)])
    queues = [({"queue": queue}, alive.get(queue, 0)) for queue in health.QUEUES]
    yield _gauge("workers", "Workers that gave a sign of life, by queue.", queues)
    if age is not None:
        yield _gauge("sweep_age_seconds", "How long ago lost work was looked for.", [({}, age)])
