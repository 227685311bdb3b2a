"""Whether the site is up, told in time, whatever hangs."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from tests import forks
from tests.asking import signed_in
from tests.factories import make_tryon, make_user
from tests.live import Forked, until
from tests.postgres import Postgres
from tryon.celery import app as celery_app
from tryon.models import Generation
from tryon.operations import health
from tryon.pipeline import heartbeat

TOKEN = "a token of the tests, long enough"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def fresh(settings):
    """Each test looks for itself."""
    settings.METRICS_TOKEN = TOKEN
    health.watch.cache_clear()


def readiness() -> tuple[int, dict]:
    answer = Client().get("/readyz", headers=WITH_TOKEN)
    return answer.status_code, answer.json()["checks"]


def red() -> set[str]:
    return {name for name, finding in readiness()[1].items() if not finding["ok"]}


@pytest.fixture
def well(worker) -> None:
    """A site with all that it needs."""
    celery_app.send_task("tryon.tasks.sweep")
    until(lambda: not red(), what="ready")


# Alive --------------------------------------------------------------------------------------------
def test_a_process_is_alive_without_asking_the_database(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert Client().get("/healthz").json() == {"alive": True}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_answer_by_any_name_and_without_https(transactional_db, settings, path):
    settings.ALLOWED_HOSTS = ["try.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get(path, headers=WITH_TOKEN | {"Host": "10.0.0.7:8000"})

    assert answer.status_code in (200, 503)


def test_probes_are_only_read(transactional_db):
    assert {Client().post(path).status_code for path in ("/healthz", "/readyz")} == {405}


# Ready --------------------------------------------------------------------------------------------
def test_a_site_with_all_that_it_needs_is_ready(well):
    status, checks = readiness()

    assert status == 200
    assert list(checks) == ["database", "migrations", "broker", "workers", "sweep", "waiting", "media"]
    assert checks["workers"]["says"] == "1 for calls, 1 for renditions, 1 for upkeep"
    assert all(finding["ms"] < 1000 for finding in checks.values())


def test_strangers_learn_only_whether_it_is_ready(well):
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True}
    assert answer["Cache-Control"] == "no-store"
    assert Client().get("/readyz", headers={"Authorization": "Bearer guessed"}).json() == {"ready": True}


def test_staff_read_the_findings_and_members_do_not(transactional_db):
    assert "checks" in signed_in(make_user(is_staff=True)).get("/readyz").json()
    assert "checks" not in signed_in(make_user()).get("/readyz").json()


def test_without_a_token_set_an_empty_one_opens_nothing(transactional_db, settings):
    settings.METRICS_TOKEN = ""

    assert "checks" not in Client().get("/readyz", headers={"Authorization": "Bearer "}).json()


def test_a_worker_that_stops_is_missed_at_once(well, worker):
    worker.stop()

    until(lambda: "workers" in red(), 5)


def test_a_worker_that_is_killed_is_missed_by_the_brokers_clock(well, worker, broker):
    worker.kill()
    members = broker.client.zrange(heartbeat.WORKERS, 0, -1, withscores=True)
    broker.client.zadd(heartbeat.WORKERS, {name: at - heartbeat.ALIVE_SECONDS - 1 for name, at in members})

    until(lambda: "workers" in red(), 5)


def test_workers_are_there_again_after_the_broker_forgot_them(well, broker):
    broker.empty()
    until(lambda: red() >= {"workers", "sweep"}, 5)
    celery_app.send_task("tryon.tasks.sweep")

    until(lambda: not red(), heartbeat.BEAT_SECONDS + 5)


def test_a_schedule_that_stands_still_is_told(well, broker):
    broker.client.set(heartbeat.SWEPT, int(time.time()) - 600)

    until(lambda: red() == {"sweep"}, 5)


def test_a_broker_that_hangs_does_not_hang_the_answer(well, broker):
    os.kill(broker.child.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        until(lambda: red() >= {"broker", "workers"}, 5)
        assert Client().get("/readyz").status_code == 503
        assert time.monotonic() - begun < 2 * (health.PATIENCE + health.FRESH_SECONDS)
        assert Client().get("/healthz").status_code == 200
    finally:
        os.kill(broker.child.pid, signal.SIGCONT)


def test_a_broker_that_is_away_is_told_without_its_address(transactional_db, settings):
    settings.REDIS_URL = "redis://:secret-word@127.0.0.1:9/0"
    _, checks = readiness()

    assert checks["broker"]["says"] == "ConnectionError"
    assert "secret-word" not in str(checks)


@pytest.mark.parametrize(
    ("fields", "is_late"),
    [
        ({}, True),
        ({"waiting_for": "line"}, False),
        ({"not_before": timezone.now() + dt.timedelta(hours=1)}, False),
        ({"status": "running", "lease_until": timezone.now()}, False),
    ],
)
def test_work_that_waits_too_long_for_its_turn_is_told(transactional_db, settings, fields, is_late):
    tryon = make_tryon(make_user())
    long_ago = timezone.now() - dt.timedelta(seconds=settings.READY_WAIT_SECONDS + 60)
    Generation.objects.filter(tryon=tryon).update(created_at=long_ago, **fields)

    assert ("waiting" in red()) is is_late


# Whatever hangs -----------------------------------------------------------------------------------
def test_a_check_that_hangs_costs_one_thread_however_often_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    monkeypatch.setattr(health, "FRESH_SECONDS", 0)
    begun, go_on = [], threading.Event()

    def hangs() -> str:
        begun.append(1)
        go_on.wait()
        return "at last"

    watch = health.Watch({"hangs": hangs, "works": lambda: "fine"})
    try:
        for _ in range(3):
            findings = watch.findings()
            assert not findings["hangs"].ok
            assert findings["works"].ok
        assert begun == [1]
    finally:
        go_on.set()
    until(lambda: watch.findings()["hangs"].ok)


def test_many_who_ask_at_once_cost_one_look():
    looks = []
    watch = health.Watch({"one": lambda: looks.append(1) or "fine"})
    threads = [threading.Thread(target=watch.findings) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert looks == [1]


def test_words_of_a_driver_are_not_passed_on():
    def breaks() -> str:
        raise ConnectionError("host db.internal, password hunter2")

    assert health.Watch({"it": breaks}).findings()["it"].says == "ConnectionError"


# The web server beside a PostgreSQL that goes and comes -------------------------------------------------
class Web:
    """Gunicorn as on a server, reached by a unix socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        transport = httpx.HTTPTransport(uds=str(socket))
        self.client = httpx.Client(base_url="http://127.0.0.1", transport=transport, timeout=60)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def red(self) -> set[str]:
        checks = self.get("/readyz", **WITH_TOKEN).json()["checks"]
        return {name for name, finding in checks.items() if not finding["ok"]}

    def is_up(self) -> bool:
        return self._socket.exists() and self.get("/healthz").is_success


@pytest.fixture(
    scope="module", params=["16", pytest.param("0", marks=pytest.mark.proof)], ids=["pool", "no pool"]
)
def web(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("web")
    env = {
        "DATABASE_URL": postgres.database(f"site{request.param}"),
        "DATABASE_POOL": request.param,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "METRICS_TOKEN": TOKEN,
        "SITE_URL": "http://127.0.0.1",
        "TRYON_TEST_DIR": str(folder),
    }
    forks.run(["manage.py", "migrate", "-v0"], os.environ | env).check_returncode()
    web, bind = Web(folder / "web"), f"unix:{folder / 'web'}"
    gunicorn = ["-m", "gunicorn", "-c", "python:tryon.embedded.web", "--workers", "1", "--bind", bind]
    with Forked([*gunicorn, "tryon.wsgi"], folder / "web.log", **env), web.client:
        until(web.is_up, what="the web answers")
        assert not web.red() & {"database", "migrations"}
        yield web


WITH_A_SESSION = {"Cookie": "sessionid=somebodys"}  # whose row has to be looked for


@pytest.mark.processes(60)
@pytest.mark.postgres
def test_a_database_that_stops_is_told_and_found_again(web: Web, postgres: Postgres):
    assert web.get("/gallery/", **WITH_A_SESSION).status_code in (200, 302)
    postgres.stop()
    try:
        until(lambda: "database" in web.red(), 10)
        begun = time.monotonic()
        assert web.get("/readyz").status_code == 503
        assert web.get("/healthz").status_code == 200
        assert time.monotonic() - begun < health.PATIENCE + health.FRESH_SECONDS
        page = web.get("/gallery/", **WITH_A_SESSION)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
        assert "<h1>One moment, please</h1>" in page.text
        until(lambda: web.red() >= {"database", "waiting"}, 10, "all that waits has begun to wait anew")
    finally:
        postgres.start()
    until(lambda: not web.red() & {"database", "migrations"}, 5, "ready again without a restart")
    assert web.get("/gallery/", **WITH_A_SESSION).status_code in (200, 302)


@pytest.mark.postgres
def test_a_database_that_hangs_hangs_neither_probe(web: Web, postgres: Postgres):
    with postgres.hanging():
        until(lambda: "database" in web.red(), 10)
        begun = time.monotonic()
        assert web.get("/readyz").status_code == 503
        assert web.get("/healthz").status_code == 200
        assert time.monotonic() - begun < health.PATIENCE + health.FRESH_SECONDS
    until(lambda: not web.red() & {"database", "migrations"}, 10, "ready again without a restart")
    assert web.get("/gallery/", **WITH_A_SESSION).status_code in (200, 302)
