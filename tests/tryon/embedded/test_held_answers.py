"""Pages that wait are told: the web server as `up` starts it holds their answers, and no thread for them."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.signing import get_cookie_signer
from django.db import connection
from django.utils import timezone

from tests.factories import make_guest, make_tryon
from tests.live import ROOT, Forked, until
from tryon.models import Generation, TryOn
from tryon.pipeline.privacy import deletion
from tryon.presenters.waiting.news import News
from tryon.presenters.waiting.progress import TryOnProgress
from tryon.presenters.waiting.tickets import Ticket, read_ticket
from tryon.web.watcher import HELD, Watcher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes(20)]

A_MOMENT = 0.5  # seconds in which whatever is not held is answered, and nobody is told without news


class Web:
    """Gunicorn with one process, on the test's database, reached by a unix socket."""

    def __init__(self, folder: Path) -> None:
        self.short = TemporaryDirectory(prefix="tryon-web-")  # a socket's path has 107 letters at most
        self._socket = Path(self.short.name) / "web"
        gunicorn = ["-m", "gunicorn", "-c", "python:tryon.embedded.web", "--workers", "1"]
        env = {
            "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        }
        self.process = Forked(
            [*gunicorn, "--bind", f"unix:{self._socket}", "tryon.wsgi"], folder / "web.log", **env
        )
        until(lambda: self._socket.exists() and self.ask("/healthz").status == 200, 90, "the web answers")

    def stop(self) -> int:
        """Its exit code."""
        with self.short:
            return self.process.stop()

    def ask(self, path: str, cookie: str = "") -> Asked:
        return Asked(self._socket, path, cookie)

    def connections(self) -> int:
        """Requests that it has taken and not answered, or whose connections are still open."""
        rows = (row.split() for row in Path("/proc/net/unix").read_text().splitlines())
        return sum(row[5] == "03" and row[-1] == str(self._socket) for row in rows)


class Asked:
    """A request on a connection of its own; its answer is read by a thread, whenever it comes."""

    def __init__(self, address: Path, path: str, cookie: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(address))
        head = f"GET {path} HTTP/1.1\r\nHost: testserver\r\nCookie: {cookie}\r\n\r\n"
        self._socket.sendall(head.encode())
        self._came = threading.Event()
        self._status, self._text, self.at = 0, "", 0.0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with (
            self._socket,
            http.client.HTTPResponse(self._socket) as answer,
            suppress(http.client.HTTPException),
        ):
            answer.begin()
            self._text, self._status = answer.read().decode(), answer.status
            self.at = time.time()
            self._came.set()

    def is_answered(self, within: float = 0.0) -> bool:
        return self._came.wait(within)

    @property
    def status(self) -> int:
        assert self._came.wait(10), "no answer"
        return self._status

    @property
    def text(self) -> str:
        assert self.status
        return self._text

    def leave(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("web"))
    with web.short, web.process:
        yield web


@pytest.fixture
def tryon() -> TryOn:
    return make_tryon(make_guest(), "running")


def cookie(tryon: TryOn) -> str:
    signer = get_cookie_signer(salt="visitor" + "visitor")
    return f"visitor={signer.sign(str(tryon.owner.visitor))}"


def question(tryon: TryOn, ticket: str | None = None) -> str:
    progress = TryOnProgress(tryon.generations.order_by("number"), None)
    ticket = progress.ticket if ticket is None else ticket
    return f"/tryons/{tryon.pk}/status?seen={progress.marks}&ticket={ticket}"


def ended(tryon: TryOn) -> float:
    """Unix time of the commit."""
    changes = {"status": "refused", "reason": "no_picture", "ended_at": timezone.now(), "lease_until": None}
    tryon.generations.update(**changes)
    return time.time()


def test_a_page_is_told_within_a_second_of_the_change_with_what_changed(web: Web, tryon: TryOn):
    asked = web.ask(question(tryon), cookie(tryon))
    assert not asked.is_answered(A_MOMENT)
    at = ended(tryon)
    assert asked.status == 200
    assert asked.at - at < 1
    assert 'data-state="refused"' in asked.text
    assert 'data-state="finished"' in asked.text


def test_a_deletion_is_told_as_not_found(web: Web, tryon: TryOn):
    asked = web.ask(question(tryon), cookie(tryon))
    assert not asked.is_answered(A_MOMENT)
    deletion.delete_tryon(tryon, tryon.owner)
    assert asked.status == 404


def test_a_hundred_who_wait_leave_the_site_to_the_others_and_are_all_told(web: Web, tryon: TryOn):
    held = [web.ask(question(tryon), cookie(tryon)) for _ in range(100)]
    assert not held[-1].is_answered(A_MOMENT)
    begun = time.monotonic()
    assert [web.ask(path).status for path in ("/", "/healthz") * 3] == [200] * 6
    assert time.monotonic() - begun < 5
    assert not [one for one in held if one.is_answered()]
    ended(tryon)
    assert {one.status for one in held} == {200}


def test_a_server_that_stops_answers_all_at_once_so_that_they_ask_the_next_one(tmp_path: Path, tryon: TryOn):
    web = Web(tmp_path)
    held = [web.ask(question(tryon), cookie(tryon)) for _ in range(10)]
    assert not held[-1].is_answered(A_MOMENT)
    begun = time.monotonic()
    assert web.stop() == 0
    assert {one.status for one in held} == {204}
    assert time.monotonic() - begun < 10


def test_who_goes_away_takes_the_place_of_nobody(web: Web, tryon: TryOn):
    until(lambda: web.connections() == 0, what="the connections of other tests are closed")
    held = [web.ask(question(tryon), cookie(tryon)) for _ in range(5)]
    until(lambda: web.connections() == 5)
    for one in held:
        one.leave()
    until(lambda: web.connections() == 0, HELD / 3)


def test_what_a_ticket_does_not_allow_is_answered_at_once_to_who_may_see_it(web: Web, tryon: TryOn):
    other = make_tryon(make_guest(), "running")
    theirs = re.search("ticket=(.+)", question(other))[1]
    for ticket in ("", "forged", theirs):
        assert web.ask(question(tryon, ticket), cookie(tryon)).status == 200
    assert web.ask(question(tryon, theirs), cookie(other)).status == 404


def test_a_ticket_tells_a_stranger_nothing_but_that_something_changed(web: Web, tryon: TryOn):
    asked = web.ask(question(tryon), cookie(make_tryon(make_guest())))
    assert not asked.is_answered(A_MOMENT)
    ended(tryon)
    assert asked.status == 404


def test_a_page_that_waits_for_several_is_told_of_whichever_ends(web: Web, tryon: TryOn):
    other = make_tryon(tryon.owner, "running")
    news = News(tryon.owner)
    asked = [
        web.ask(f"/news?seen={news.seen}&ticket={news.tickets.replace(' ', '+')}", cookie(tryon))
        for _ in "12"
    ]
    assert not asked[1].is_answered(A_MOMENT)
    ended(tryon)
    assert {one.status for one in asked} == {200}
    assert f'data-ended="{tryon.pk}"' in asked[0].text
    again = web.ask(f"/news?ticket={News(tryon.owner).tickets}", cookie(tryon))
    assert not again.is_answered(A_MOMENT)
    ended(other)
    assert again.status == 200


@pytest.mark.parametrize("conf", ["nginx.conf", "systemd/nginx.conf"])
def test_the_proxies_wait_for_longer_than_an_answer_is_held(conf: str):
    patience = re.search(r"proxy_read_timeout (\d+)s", (ROOT / "docs" / "deploy" / conf).read_text())[1]
    assert int(patience) > 2 * HELD


# Tickets and the watcher by themselves ------------------------------------------------------------------
def ticket_of(tryon: TryOn) -> Ticket:
    ticket = read_ticket(TryOnProgress(tryon.generations.order_by("number"), None).ticket)
    assert ticket
    return ticket


class Release:
    """Notes what it is called with."""

    def __init__(self) -> None:
        self.said: list[bool] = []

    def __call__(self, is_news: bool) -> None:
        self.said.append(is_news)


def test_a_ticket_ends_after_an_hour(tryon: TryOn, time_machine):
    ticket = TryOnProgress(tryon.generations.all(), None).ticket
    assert read_ticket(ticket)
    time_machine.move_to(timezone.now() + dt.timedelta(seconds=3601))
    assert not read_ticket(ticket)


@pytest.mark.both_databases
def test_the_state_in_the_page_is_the_one_that_the_watcher_finds(tryon: TryOn):
    tryon.generations.update(not_before=timezone.now(), waiting_for="service", sent_at=timezone.now())
    release = Release()
    Watcher(held=0.3).add(ticket_of(tryon), release)
    until(lambda: release.said)
    assert release.said == [False], "nothing changed until the time was up"


def test_who_waits_for_a_turn_is_sent_to_look_for_the_place_after_a_while(tryon: TryOn):
    queued = make_tryon(make_guest())
    ticket = ticket_of(queued)
    assert 4 <= ticket.ask_at - time.time() <= 7
    release = Release()
    Watcher().add(ticket._replace(ask_at=int(time.time())), release)
    until(lambda: release.said)
    assert release.said == [True]


@pytest.mark.both_databases
def test_a_database_that_is_away_ends_no_watch(tryon: TryOn):
    release, table = Release(), Generation._meta.db_table
    ticket = ticket_of(tryon)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
        Watcher().add(ticket, release)
        time.sleep(A_MOMENT)
        cursor.execute(f"ALTER TABLE away RENAME TO {table}")
    assert not release.said
    ended(tryon)
    until(lambda: release.said, 5)
    assert release.said == [True]
