"""The worker that holds answers, with an application of three lines behind it."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.live import Forked, until
from tests.tryon.embedded.holding_app import PAUSE

pytestmark = pytest.mark.processes(5)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("held")
    worker = ["-k", "tryon.embedded.holding.HoldingWorker", "--threads", "2", "--no-control-socket"]
    bind = ["--bind", f"unix:{folder / 'web'}", "tests.tryon.embedded.holding_app"]
    with Forked(["-m", "gunicorn", *worker, *bind], folder / "web.log"):
        until((folder / "web").exists, what="it listens")
        yield folder / "web"


class Line(HTTPConnection):
    """One connection, which is not opened anew."""

    auto_open = 0

    def __init__(self, address: Path) -> None:
        super().__init__("localhost", timeout=10)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(address))

    def answer(self, path: str) -> HTTPResponse:
        self.request("GET", path)
        with self.getresponse() as answer:
            answer.text = answer.read()  # type: ignore[attr-defined]
        return answer


@pytest.fixture
def line(address: Path) -> Iterator[Line]:
    line = Line(address)
    yield line
    line.close()


def test_on_news_the_application_answers_anew(line: Line):
    begun = time.monotonic()
    answer = line.answer("/news")
    assert (answer.status, answer.text) == (200, b"news")
    assert time.monotonic() - begun >= PAUSE


def test_without_news_comes_what_it_answered_at_first_and_the_connection_is_kept(line: Line):
    for path in ("/nothing", "/nothing", "/news", "/", "/nothing"):
        answer = line.answer(path)
        assert answer.status == (204 if path == "/nothing" else 200)
        assert answer.headers["X-Kept"] == ("/nothing" if path == "/nothing" else None)


def test_what_is_released_before_it_is_held_is_answered_all_the_same(line: Line):
    assert [line.answer("/at-once").text for _ in range(20)] == [b"news"] * 20


def test_more_are_held_than_there_are_threads(address: Path):
    lines = [Line(address) for _ in range(30)]
    begun = time.monotonic()
    for line in lines:
        line.request("GET", "/news")
    answers = [line.getresponse() for line in lines]
    assert [answer.read() for answer in answers] == [b"news"] * 30
    assert time.monotonic() - begun < 30 * PAUSE / 2, "two threads would take a turn each"
    for line in lines:
        line.close()


def test_a_request_that_is_sent_before_the_answer_waits_its_turn(line: Line):
    for path in ("/nothing", "/"):
        line.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    came = b""
    while not came.endswith(b"news"):
        came += line.sock.recv(4096) or pytest.fail(f"closed after {came!r}")
    assert re.findall(rb"HTTP/1.1 (\d+)", came) == [b"204", b"200"]
