"""The proxy of docker-compose.yml as a real nginx: what it holds back, lets through, bounds and tells."""

from __future__ import annotations

import re
import socket
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address

import httpx
import pytest

from tests import nginx
from tests.live import until
from tests.nginx import Nginx, connected

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not nginx.found(), reason="there is no nginx, and none can be installed"),
]


class Web(ThreadingHTTPServer):
    """Stands in for gunicorn: notes what arrives, and answers once `open` is set."""

    daemon_threads = True
    request_queue_size = 300

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.connections = 0
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.open = threading.Event()
        self.open.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self) -> tuple[socket.socket, object]:
        self.connections += 1
        return super().get_request()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Answer(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.path, dict(self.headers)))
        self.server.open.wait(30)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.shutdown()
    web.server_close()


@pytest.fixture(scope="module")
def proxy(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "media").mkdir()
    (folder / "media/secret.png").write_bytes(b"picture")
    with Nginx(folder, web.port, web.port) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def _fresh(web: Web) -> None:
    web.connections, web.seen = 0, []
    web.open.set()


def asked(proxy: Nginx, path: str, of: str = "203.0.113.9", **kwargs: object) -> httpx.Response:
    """The answer to somebody at this address, as the TLS proxy in front names it."""
    headers = {"X-Forwarded-For": of}
    return httpx.request(kwargs.pop("method", "GET"), proxy.address + path, headers=headers, **kwargs)


def head(method: str, path: str, of: str, length: int = 0) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: a.example", f"X-Forwarded-For: {of}"]
    lines += (
        [f"Content-Length: {length}", "Content-Type: application/x-www-form-urlencoded"] if length else []
    )
    return "\r\n".join([*lines, "", ""]).encode()


def statuses(connections: list[socket.socket]) -> list[int]:
    """Of those that have an answer by now."""
    answers = []
    for connection in connections:
        connection.setblocking(False)
        try:
            answers.append(int(connection.recv(4096).split()[1]))
        except BlockingIOError:
            continue
    return answers


# Bodies -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/references/", "/accounts/login/"])
def test_a_body_that_trickles_in_reaches_no_thread_of_the_application(proxy: Nginx, web: Web, path: str):
    with connected(proxy.port, 4, head("POST", path, "198.51.100.1", 1000) + b"a=") as slow:
        for connection in slow:
            connection.sendall(b"b")
        assert asked(proxy, "/").status_code == 204, "somebody else is served meanwhile"
        assert [path for path, _ in web.seen] == ["/"]
        for connection in slow:
            connection.sendall(b"c" * 997)
        until(lambda: len(web.seen) == 5, what="whole bodies are passed on")


def test_of_one_address_only_so_many_bodies_are_on_their_way(proxy: Nginx, web: Web):
    with connected(proxy.port, 30, head("POST", "/", "198.51.100.2", 1000)) as slow:
        refused: list[int] = []
        until(lambda: refused.extend(statuses(slow)) or len(refused) == 24, what="24 are refused")
        assert set(refused) == {429}
        assert asked(proxy, "/", method="POST", content=b"a=b").status_code == 204
        assert asked(proxy, "/", "198.51.100.2").status_code == 204, "pages are for him, too"
    assert len(web.seen) == 2


def test_a_shop_may_send_twenty_photos_at_once(proxy: Nginx):
    with connected(proxy.port, 25, head("POST", "/references/", "198.51.100.3", 1000)) as slow:
        until(lambda: statuses(slow), what="those above twenty are refused")

    def sent_again() -> bool:
        return asked(proxy, "/references/", "198.51.100.3", method="POST", content=b"a=b").status_code == 204

    until(sent_again, what="nginx has seen that they were closed, and the next one is taken")


@pytest.mark.parametrize(
    ("path", "megabytes", "status"),
    [
        ("/accounts/login/", 3, 413),
        ("/references/", 21, 204),
        ("/references/", 23, 413),
        ("/", 100, 204),
        ("/", 190, 413),
        ("/admin/tryon/housegarment/add/", 100, 204),
    ],
)
def test_only_where_files_belong_a_body_may_be_large(proxy: Nginx, path: str, megabytes: int, status: int):
    with connected(proxy.port, 1, head("POST", path, "198.51.100.4", megabytes * 1024 * 1024)) as sending:
        if status == 413:
            answer = sending[0].recv(4096)
            assert b" 413 " in answer.splitlines()[0]
            return
        body = b"x" * 1024 * 1024
        for _ in range(megabytes):
            sending[0].sendall(body)
        sending[0].settimeout(30)
        assert b" 204 " in sending[0].recv(4096).splitlines()[0]


# Connections --------------------------------------------------------------------------------------
def test_one_address_holds_sixty_requests_and_no_more(proxy: Nginx, web: Web):
    web.open.clear()
    with connected(proxy.port, 80, head("GET", "/gallery/", "198.51.100.5")) as held:
        until(lambda: len(web.seen) == 60, what="sixty are with the application")
        refused: list[int] = []
        until(lambda: refused.extend(statuses(held)) or len(refused) == 20, what="the others are refused")
        assert set(refused) == {429}
        with ThreadPoolExecutor(2) as others:
            other = others.submit(asked, proxy, "/", "198.51.100.6", timeout=20)
            probe = others.submit(asked, proxy, "/healthz", "198.51.100.5", timeout=20)
            until(lambda: len(web.seen) == 62, what="another's page and the probe come through")
            web.open.set()
            assert [other.result().status_code, probe.result().status_code] == [204, 204]


def test_pages_that_wait_count_apart(proxy: Nginx, web: Web):
    web.open.clear()
    status = "/tryons/7f4b1c1e-0000-4000-8000-000000000000/status"
    with connected(proxy.port, 100, head("GET", status, "198.51.100.7")):
        until(lambda: len(web.seen) == 100, what="all wait")
        with ThreadPoolExecutor(1) as same:
            page = same.submit(asked, proxy, "/gallery/", "198.51.100.7", timeout=20)
            until(lambda: len(web.seen) == 101, what="and go on to look at pages")
            web.open.set()
            assert page.result().status_code == 204


@pytest.mark.parametrize(
    ("addresses", "of_one"),
    [
        (["2001:db8:1:2::{}", "2001:db8:1:2:3:4:5:{}"], True),
        (["2001:db8::{}", "2001:db8::4:3:2:{}"], True),
        (["2001:db8:1:{}::1"], False),
    ],
)
def test_of_ipv6_a_household_counts_as_one(proxy: Nginx, web: Web, addresses: list[str], of_one: bool):
    web.open.clear()
    heads = [head("GET", "/", addresses[n % len(addresses)].format(n + 1)) for n in range(70)]
    opened = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in heads]
    try:
        for connection, begin in zip(opened, heads, strict=True):
            connection.sendall(begin)
        until(lambda: len(web.seen) == (60 if of_one else 70))
    finally:
        web.open.set()
        for connection in opened:
            connection.close()


# What it passes on, and tells -----------------------------------------------------------------------
def test_a_visitor_cannot_write_what_the_application_believes(proxy: Nginx, web: Web):
    forged = {
        "X-Real-IP": "192.0.2.1",
        "X-Forwarded-For": "192.0.2.1, 203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Request-ID": "mine",
        "Forwarded": "for=192.0.2.1",
    }
    httpx.get(proxy.address + "/gallery/", headers=forged)
    given = web.seen[0][1]
    assert given["X-Real-IP"] == given["X-Forwarded-For"] == "203.0.113.9", (
        "what the proxy in front wrote last"
    )
    assert "192.0.2.1" not in str(given)
    assert "evil" not in str(given)
    assert re.fullmatch("[0-9a-f]{32}", given["X-Request-ID"])


def test_pictures_are_not_there_for_who_asks_the_proxy_itself(proxy: Nginx, web: Web):
    assert asked(proxy, "/protected/secret.png").status_code == 404
    assert not web.seen


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/s/aB3_-secret", "/s/[token]"),
        ("/s/aB3_-secret/preview.jpg?a=1", "/s/[token]/preview.jpg"),
        ("/S/aB3_-secret.", "/s/[token]"),
        (f"/S/{'aB3_-' * 9}).", "/S/[token])."),
        (f"/s/{'aB3_-' * 8}abc/preview.jpg?a=1", "/s/[token]/preview.jpg"),
        (f"/x/%20{'aB3_-' * 8}", "/x/%[token]"),
        (f"/x/{'aB3_-' * 8}/y/{'aB3_-' * 8}/z", "/x/[token]"),
        ("/accounts/password/reset/key/4-secret/", "/accounts/password/reset/key/[key]"),
        ("/accounts/confirm-email/secret/", "/accounts/confirm-email/[key]"),
        ("/tryons/1/?token=secret", "/tryons/1/"),
        ("/gallery/", "/gallery/"),
    ],
)
def test_no_log_line_holds_a_token(proxy: Nginx, path: str, told: str):
    of = str(IPv4Address(zlib.crc32(path.encode())))  # one that no other test asks from
    with connected(proxy.port, 1, head("GET", path, of)) as asking:
        asking[0].recv(4096)
    assert until(lambda: proxy.logged(of)) == [told]
