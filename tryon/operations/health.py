"""Is everything there that a try-on needs? Each look is bounded in time, and nothing told is secret."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.text import get_text_list

from gallery.media import media_trouble
from tryon.models import Generation
from tryon.pipeline import heartbeat

PATIENCE = 2.0  # seconds for all checks together
FRESH_SECONDS = 1.0  # whoever asks again sooner gets the same answer
LEAST_FREE = 2 * 1024**3  # bytes
QUEUES = ("calls", "renditions", "upkeep")


class Unwell(Exception):
    """A check failed; the message says how, for people, without addresses or secrets."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and how long it took."""

    ok: bool
    ms: float
    says: str


# The checks: each gives words for people, or raises ------------------------------------------------
def database() -> str:
    if pool := getattr(connection, "pool", None):
        # Whoever asks a pool anew makes it look for its server again; those who wait in it do not.
        pool.open()
        with pool.connection(timeout=PATIENCE / 2) as connected:
            connected.execute("SELECT 1")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    return "answers"


@cache
def migrations() -> str:
    """Remembered once it was true: a process does not see its own tables go back."""
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unwell(f"{len(missing)} not applied")
    return "all applied"


def broker() -> str:
    with heartbeat.broker() as client:
        client.ping()
    return "answers"


def workers() -> str:
    with heartbeat.broker() as client:
        alive = heartbeat.workers(client)
    if missing := [queue for queue in QUEUES if not alive[queue]]:
        raise Unwell(f"nobody takes from {get_text_list(missing, 'and')}")
    return ", ".join(f"{alive[queue]} for {queue}" for queue in QUEUES)


def sweep() -> str:
    with heartbeat.broker() as client:
        age = heartbeat.sweep_age(client)
    if age is None or age > max(60, 3 * settings.SWEEP_SECONDS):
        raise Unwell("lost work is not looked for: is beat running?")
    return f"{age} s ago"


def waiting() -> str:
    """How long the oldest has waited for its turn; what waits for the gateway is no fault of ours."""
    oldest = oldest_wait()
    if oldest > settings.READY_WAIT_SECONDS:
        raise Unwell(f"the oldest waits for {oldest:.0f} s")
    return f"the oldest waits for {oldest:.0f} s"


def oldest_wait() -> float:
    """Seconds since which the oldest generation has been due without anything in its way; 0: none is."""
    row = Generation.objects.due().filter(waiting_for="").values_list("created_at", "not_before").first()
    if row is None:
        return 0.0
    since: dt.datetime = max(moment for moment in row if moment)
    return max(0.0, (timezone.now() - since).total_seconds())


def media() -> str:
    if trouble := media_trouble():
        raise Unwell(trouble)
    return "can be used"


def disk() -> str:
    """Not a reason to take no more visitors: for staff, while there is time to make room."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE:
        raise Unwell(f"{free // 1024**2} MB free")
    return f"{free // 1024**3} GB free"


CHECKS = {check.__name__: check for check in (database, migrations, broker, workers, sweep, waiting, media)}


def looks_well(name: str) -> bool:
    """One check alone, for a page that asks for few of them; it waits as long as the check does."""
    try:
        (CHECKS | {"disk": disk})[name]()
    except Exception:  # as of the probe: whatever goes wrong, there is an answer
        return False
    return True


# All of them at once -------------------------------------------------------------------------------
class Watch:
    """Runs the checks side by side, each in its own thread.

    One that hangs costs one thread, however often it is asked for: until it returns it is not begun again.
    """

    def __init__(self, checks: dict[str, Callable[[], str]]) -> None:
        self._checks = checks
        self._threads = ThreadPoolExecutor(len(checks), thread_name_prefix="health")
        self._lock = threading.Lock()
        self._running: dict[str, Future[Finding]] = {}
        self._last: dict[str, Finding] = {}
        self._looked_at = float("-inf")

    def findings(self) -> dict[str, Finding]:
        """What each check finds, in PATIENCE at most; of the same second for all who ask."""
        with self._lock:
            if time.monotonic() - self._looked_at > FRESH_SECONDS:
                self._last = self._look()
                self._looked_at = time.monotonic()
            return self._last

    def _look(self) -> dict[str, Finding]:
        for name, check in self._checks.items():
            if name not in self._running or self._running[name].done():
                self._running[name] = self._threads.submit(_timed, check)
        done, _ = wait(self._running.values(), timeout=PATIENCE)
        late = Finding(False, PATIENCE * 1000, "no answer in time")
        return {
            name: self._running[name].result() if self._running[name] in done else late
            for name in self._checks
        }


def _timed(check: Callable[[], str]) -> Finding:
    begun = time.perf_counter()
    try:
        ok, says = True, check()
    except Unwell as exc:
        ok, says = False, str(exc)
    except Exception as exc:  # whatever goes wrong, the probe answers; words of drivers may hold addresses
        ok, says = False, type(exc).__name__
    finally:
        connections.close_all()  # of this thread
    return Finding(ok, round((time.perf_counter() - begun) * 1000, 1), says)


@cache
def watch() -> Watch:
    """One for a process, made when it is first asked for: threads do not survive a fork."""
    return Watch(CHECKS)
