"""Real things to test against: a sandbox gateway on a socket, a Valkey, Celery workers in processes."""

from __future__ import annotations

import datetime as dt
import fcntl
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from tests import chromium, emptying, rings, spreading
from tests.live import ROOT, Broker, Worker
from tests.postgres import Postgres
from tests.turns import turn
from tests.up import newcomer
from tryon.models import Site, clock
from tryon.pipeline.gateway_client import _client as clients
from tryon.pipeline.gateway_client import gateway_client
from tryon.sandbox.picture_cache import PictureCache
from tryon.sandbox.server import Sandbox

guard = rings.Guard()
hypothesis.settings.register_profile("tests", deadline=None)  # a machine with much to do breaks no promise
hypothesis.settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    if "workerinput" in vars(config):
        spreading.give_way(config.workerinput["workerid"])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rings.mark(items)
    if "workerinput" in vars(config):
        items[:] = spreading.ordered(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if "workerinput" not in vars(item.config) or not item.get_closest_marker("processes"):
        return (yield)
    folder = item.config._tmp_path_factory.getbasetemp().parent  # that of all workers
    with turn(folder, alone=bool(item.get_closest_marker("alone"))):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    guard.test = "" if item.get_closest_marker("processes") else item.nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    guard.test = ""  # fixtures of a whole run end what they have started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """What the processes of a test that failed have said."""
    report = yield
    if report.failed and item.get_closest_marker("processes"):
        logs = (
            log for log in Path(django_settings.DATA_DIR).glob("*.log") if log.stat().st_mtime > call.start
        )
        report.sections += [(log.name, log.read_text(errors="replace")[-5000:]) for log in logs]
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    return spreading.workers(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: spreading.Producer) -> spreading.Spreading:
    return spreading.Spreading(config, log)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Between tests SQLite's tables are emptied by DELETE, which the ledger refuses (see test_ledger.py)."""
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER entry_is_never_removed")
    TransactionTestCase._fixture_teardown = emptying.teardown


@pytest.fixture(autouse=True)
def nothing_filled_in() -> Iterator[None]:
    """A shop's own name and look belong to the test that gives them; the others ask no row for theirs."""
    Site.objects.keep(Site(pk=1), math.inf)
    yield
    Site.objects.forget()


@pytest.fixture(autouse=True)
def the_database_travels_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """time_machine moves this process alone; a server's clock, asked as ever, goes along with it."""
    if connection.vendor == "postgresql":
        asked = clock.now
        monkeypatch.setattr(clock, "now", lambda: asked() + _travelled())


def _travelled() -> dt.timedelta:
    if not time_machine.escape_hatch.is_travelling():
        return dt.timedelta(0)
    return timezone.now() - time_machine.escape_hatch.datetime.datetime.now(dt.UTC)


@pytest.fixture(scope="session")
def picture_cache() -> PictureCache:
    """What one test's gateway has painted, the next one's need not paint again."""
    return PictureCache()


@pytest.fixture
def gateway(tmp_path: Path, settings, picture_cache: PictureCache) -> Iterator[Sandbox]:
    """A sandbox gateway of this test's own, and the settings that lead to it."""
    with Sandbox(tmp_path / "sandbox", picture_cache=picture_cache) as sandbox:
        settings.LLMTR_BASE_URL = sandbox.url
        yield sandbox
        gateway_client().close()
        clients.cache_clear()  # the next sandbox may get the same port


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static files, collected once for all workers: to hash and compress them takes seconds."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "static"
    folder.mkdir(exist_ok=True)
    with (folder.parent / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code = "from tryon.management.commands.prepare import collect_static; collect_static()"
        env = newcomer(folder.parent) | {"SECRET_KEY": "any", "STATIC_ROOT": str(folder)}
        if not any(folder.iterdir()):
            subprocess.run(
                [sys.executable, "manage.py", "shell", "-v0", "-c", code], cwd=ROOT, env=env, check=True
            )
    return folder


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    with Broker(Path(django_settings.DATA_DIR)) as broker:
        yield broker


@pytest.fixture
def worker(broker: Broker, gateway: Sandbox, transactional_db) -> Iterator[Worker]:
    """A Celery worker in a process of its own, on the database and the gateway of this test."""
    broker.empty()
    with Worker(broker, gateway.url) as worker:
        yield worker


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, on a unix socket."""
    with Postgres() as server:
        yield server.url


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """One that this test alone may stop, or make hang."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The Chromium of this machine, where there is one; Playwright's own otherwise."""
    # Playwright leaves an event loop in this thread, where Django then wants no query; ours wait for nothing.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        here = chromium.ready()
    except chromium.NoBrowserError as exc:
        pytest.fail(str(exc), pytrace=False)
    options = ["--disable-dev-shm-usage", "--no-sandbox", "--disable-background-networking", "--disable-quic"]
    return browser_type_launch_args | {"args": options} | ({"executable_path": here} if here else {})
