"""Real things to test against: a sandbox gateway on a socket, a Valkey, Celery workers in processes."""

from __future__ import annotations

import datetime as dt
import fcntl
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from tests import chromium, emptying, forks, rings, spreading
from tests.live import Broker, Worker
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
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """Of several workers one migrates SQLite, and all of them copy what it has made."""
    if connection.vendor != "sqlite" or "PYTEST_XDIST_WORKER" not in os.environ:
        return False
    with guard.away():
        shutil.copy(request.getfixturevalue("migrated"), connection.settings_dict["TEST"]["NAME"])
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Between tests SQLite's tables are emptied by DELETE, which ledger and audit trail refuse."""
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER entry_is_never_removed")
            cursor.execute("DROP TRIGGER audit_is_never_removed")
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
    """Static files as `prepare` collects them, once for all workers: to compress them takes seconds."""
    folder = _of_all_workers(tmp_path_factory) / "static"
    folder.mkdir(exist_ok=True)
    with _locked(folder):
        env = newcomer(folder.parent / "prepared") | {"STATIC_ROOT": str(folder), "SECRET_KEY": "any"}
        env |= {"LLMTR_API_KEY": "llmtr-sandbox", "REDIS_URL": "redis://none", "SITE_URL": "http://none"}
        if not any(folder.iterdir()):
            forks.run(["manage.py", "prepare"], env).check_returncode()
    return folder


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with all tables and no rows, to be copied."""
    file = _of_all_workers(tmp_path_factory) / "migrated.sqlite3"
    with _locked(file):
        if not file.exists():
            env = newcomer(file.parent / "migrated") | {
                "DATABASE_URL": f"sqlite:///{file}",
                "SECRET_KEY": "any",
            }
            env |= {"LLMTR_API_KEY": "llmtr-sandbox", "REDIS_URL": "redis://none", "SITE_URL": "http://none"}
            forks.run(["manage.py", "migrate", "-v0"], env).check_returncode()
    return file


def _of_all_workers(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """One that the tests of this file alone may stop, or make hang; each of them leaves it running."""
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
