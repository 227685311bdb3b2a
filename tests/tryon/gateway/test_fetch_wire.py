"""Fetching a picture on a real line: slow and cut answers, names that lead home, TLS, an operator's proxy."""

import socket
import threading
import time

import pytest

from tests.stopwatch import Stopwatch
from tests.tryon.gateway import wire
from tryon import gateway
from tryon.gateway import Gateway, fetch
from tryon.gateway.ssrf_guard import system_resolver

KEY = "llmtr-a-secret-key"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
PUBLIC, ALSO_PUBLIC = "193.0.6.139", "2606:4700::1111"
SECONDS = 0.5


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _any_port(monkeypatch):
    """The servers of these tests listen where there is room; the allowed ports are in test_fetch.py."""
    monkeypatch.setattr(fetch, "HTTPS_PORTS", range(65536))


def client(server, **options) -> Gateway:
    return Gateway(f"http://127.0.0.1:{server.port}", KEY, **options)


def own(server) -> str:
    """An address at the gateway's own origin."""
    return f"http://127.0.0.1:{server.port}/results/a.png"


def strange(server) -> str:
    return f"https://pictures.example:{server.port}/a.png"


def leads_to(*addresses):
    """A resolver with one answer, and the names it was asked for."""
    asked = []

    def resolve(host, port):
        asked.append(host)
        return addresses

    return resolve, asked


def ends_in_time(work, error, seconds=SECONDS) -> None:
    """`work` raises exactly `error`, not much later than the `seconds` it was given."""
    watch = Stopwatch()
    with pytest.raises(gateway.GatewayError) as caught:
        work()
    assert type(caught.value) is error
    assert watch.seconds < seconds + 1


def drip(line, told, pause, stop) -> None:
    for byte in told:
        line.sendall(bytes([byte]))
        if stop.wait(pause):
            return


# The answer


def test_a_picture_at_the_gateways_own_origin_comes_over_http_and_without_the_key(tmp_path):
    def talk(line, server):
        server.received.append(wire.request_of(line))
        line.sendall(wire.answer(PICTURE))

    with wire.serving(talk) as server:
        client(server).fetch(own(server), tmp_path / "picture")
    assert (tmp_path / "picture").read_bytes() == PICTURE
    (asked,) = server.received
    assert asked.startswith(b"GET /results/a.png HTTP/1.1\r\n")
    assert b"authorization" not in asked.lower()
    assert KEY.encode() not in asked


@pytest.mark.parametrize("pause", [0.0005, 0.02, 0.3])
@pytest.mark.parametrize("part", ["head", "body"])
def test_a_picture_that_drips_at_any_speed_ends_in_time(tmp_path, pause, part):
    def talk(line, server):
        wire.request_of(line)
        if part == "body":
            line.sendall(wire.answer(b"", length=10_000_000))
        drip(line, b"HTTP/1.1 200 OK\r\nx-slow: " + b"x" * 90_000, pause, server.stop)

    with wire.serving(talk) as server:
        ours = client(server)
        ends_in_time(
            lambda: ours.fetch(own(server), tmp_path / "picture", seconds=SECONDS), gateway.Unreachable
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("location", ["http://127.0.0.1:{port}/elsewhere", "https://pictures.example/", ""])
def test_a_redirect_is_not_followed(tmp_path, location):
    def talk(line, server):
        wire.request_of(line)
        elsewhere = location.format(port=server.port)
        line.sendall(f"HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n".encode())

    with wire.serving(talk) as server:
        ends_in_time(lambda: client(server).fetch(own(server), tmp_path / "picture"), gateway.Unreachable)
    assert server.connections == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
    ],
    ids=["chunked", "until closed"],
)
def test_a_picture_without_end_is_given_up(tmp_path, monkeypatch, head):
    def talk(line, server):
        wire.request_of(line)
        line.sendall(head)
        while not server.stop.is_set():
            line.sendall(b"x" * 10_000)

    monkeypatch.setattr(fetch, "PICTURE_BYTES", 1_000_000)
    with wire.serving(talk) as server:
        ends_in_time(lambda: client(server).fetch(own(server), tmp_path / "picture"), gateway.Rejected, 5)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_says_it_is_too_large_is_not_waited_for(tmp_path):
    def talk(line, server):
        wire.request_of(line)
        line.sendall(wire.answer(b"", length=fetch.PICTURE_BYTES + 1))
        server.stop.wait(10)

    with wire.serving(talk) as server:
        ends_in_time(lambda: client(server).fetch(own(server), tmp_path / "picture"), gateway.Rejected, 2)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", gateway.Unreachable),
        (b"HTTP/1.1 200 OK\r\ncontent-le", gateway.Unreachable),
        (b"not HTTP at all\r\n\r\n", gateway.Unreachable),
        (wire.answer(PICTURE, length=len(PICTURE) + 1), gateway.Unreachable),
        (wire.answer(PICTURE).replace(b"102408", b"seven"), gateway.Unreachable),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n\x89PNG", gateway.Unreachable),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc", gateway.Rejected),
        (wire.answer(b"no", "404 Not Found", length=5000), gateway.Unreachable),
        (wire.answer(b"no", "429 Too Many Requests", length=5000), gateway.Unreachable),
    ],
    ids=["nothing", "head", "no HTTP", "short", "no length", "chunked", "packed", "cut 404", "cut 429"],
)
def test_an_answer_that_is_cut_or_odd_leaves_nothing_behind(tmp_path, answer, error):
    def talk(line, server):
        wire.request_of(line)
        line.sendall(answer)

    with wire.serving(talk) as server:
        ends_in_time(lambda: client(server).fetch(own(server), tmp_path / "picture"), error)
    assert server.connections == 1
    assert list(tmp_path.iterdir()) == []


def test_bytes_after_the_told_length_are_no_part_of_the_picture(tmp_path):
    def talk(line, server):
        wire.request_of(line)
        line.sendall(wire.answer(PICTURE + b"more", length=len(PICTURE)))

    with wire.serving(talk) as server:
        client(server).fetch(own(server), tmp_path / "picture")
    assert (tmp_path / "picture").read_bytes() == PICTURE


def test_nobody_at_the_address_may_be_tried_again(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nobody = Gateway(f"http://127.0.0.1:{port}", KEY)
    ends_in_time(
        lambda: nobody.fetch(f"http://127.0.0.1:{port}/a.png", tmp_path / "picture"), gateway.Unreachable
    )


# Where names lead


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("::1",), (PUBLIC, "127.0.0.1"), ("169.254.169.254",), ("::ffff:127.0.0.1",), ("odd",)],
)
def test_a_name_that_leads_anywhere_private_is_never_connected_to(tmp_path, addresses):
    resolve, asked = leads_to(*addresses)
    with wire.serving(lambda line, server: None) as server:
        ours = client(server, resolve=resolve)
        ends_in_time(lambda: ours.fetch(strange(server), tmp_path / "picture"), gateway.Rejected)
    assert asked == ["pictures.example"]
    assert server.connections == 0
    assert list(tmp_path.iterdir()) == []


def test_the_machines_own_look_up_is_judged_too(tmp_path, monkeypatch):
    there = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [there])
    with wire.serving(lambda line, server: None) as server:
        ends_in_time(lambda: client(server).fetch(strange(server), tmp_path / "picture"), gateway.Rejected)
    assert server.connections == 0


def test_the_machines_own_look_up_names_each_address_once():
    assert system_resolver("127.0.0.1", 443) == ["127.0.0.1"]
    assert set(system_resolver("localhost", 443)) <= {"127.0.0.1", "::1"}


def test_a_name_that_is_not_found_may_be_tried_again(tmp_path):
    def nowhere(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for resolve, words in ((nowhere, "the name was not found"), (leads_to()[0], "the name has no address")):
        far = Gateway("http://127.0.0.1:9", KEY, resolve=resolve)
        with pytest.raises(gateway.Unreachable, match=words):
            far.fetch("https://pictures.example/", tmp_path / "picture")


def test_a_name_that_no_resolver_takes_is_given_up(tmp_path):
    def too_long(host, port):
        return socket.getaddrinfo("a" * 64 + ".example", port)

    far = Gateway("http://127.0.0.1:9", KEY, resolve=too_long)
    with pytest.raises(gateway.Rejected, match="a host that is none"):
        far.fetch("https://pictures.example/", tmp_path / "picture")


def test_a_name_that_nobody_looks_up_ends_in_time(tmp_path):
    released = threading.Event()

    def stalled(host, port):
        released.wait(20)
        return ["127.0.0.1"]

    with wire.serving(lambda line, server: None) as server:
        ours = client(server, resolve=stalled)
        ends_in_time(
            lambda: ours.fetch(strange(server), tmp_path / "picture", seconds=SECONDS), gateway.Unreachable
        )
        released.set()
        for thread in threading.enumerate():
            if thread.name.startswith("connect pictures.example"):
                thread.join(10)
    assert server.connections == 0


def test_a_row_of_dead_addresses_is_left_behind_in_time(tmp_path, monkeypatch):
    tried = []

    def dead(address, timeout, **kwargs):
        tried.append(address[0])
        time.sleep(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", dead)
    far = Gateway("http://127.0.0.1:9", KEY, resolve=leads_to(*[f"193.0.6.{n}" for n in range(1, 100)])[0])
    for _ in range(3):  # a busy machine may take all of that time to begin
        ends_in_time(
            lambda: far.fetch("https://pictures.example/", tmp_path / "picture", seconds=SECONDS),
            gateway.Unreachable,
        )
        for thread in threading.enumerate():
            if thread.name.startswith("connect pictures.example"):
                thread.join(10)
        if tried:
            break
    assert 1 < len(tried) < 6


# TLS, and the connection that goes to the judged address


@pytest.fixture
def tls(tmp_path_factory, monkeypatch):
    """The server's side of TLS for pictures.example, whose certificate the client trusts."""
    certificate = wire.certificate(tmp_path_factory.mktemp("tls"), "DNS:pictures.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return wire.served_by(certificate)


@pytest.fixture
def connected(monkeypatch):
    """The addresses that were connected to: public ones end at 127.0.0.1, ALSO_PUBLIC refuses."""
    addresses, connect = [], socket.create_connection

    def here(address, *args, **kwargs):
        addresses.append(address[0])
        if address[0] == ALSO_PUBLIC:
            raise ConnectionRefusedError("refused")
        return connect(("127.0.0.1", address[1]), *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", here)
    return addresses


def shows_a_picture(tls):
    def talk(line, server):
        with tls.wrap_socket(line, server_side=True) as safe:
            server.received.append(wire.request_of(safe))
            safe.sendall(wire.answer(PICTURE))

    return talk


@pytest.mark.processes
def test_a_name_is_looked_up_once_and_the_judged_address_is_connected_to(tmp_path, tls, connected):
    resolve, asked = leads_to(PUBLIC)
    with wire.serving(shows_a_picture(tls)) as server:
        client(server, resolve=resolve).fetch(strange(server), tmp_path / "picture", seconds=10)

    assert (tmp_path / "picture").read_bytes() == PICTURE
    assert asked == ["pictures.example"]
    assert connected == [PUBLIC]
    assert f"\r\nHost: pictures.example:{server.port}\r\n".encode() in server.received[0]
    assert b"authorization" not in server.received[0].lower()


@pytest.mark.processes
def test_an_address_that_refuses_leaves_the_next_one_its_turn(tmp_path, tls, connected):
    with wire.serving(shows_a_picture(tls)) as server:
        ours = client(server, resolve=leads_to(ALSO_PUBLIC, PUBLIC)[0])
        ours.fetch(strange(server), tmp_path / "picture", seconds=10)
    assert connected == [ALSO_PUBLIC, PUBLIC]
    assert (tmp_path / "picture").read_bytes() == PICTURE


@pytest.mark.processes
def test_a_certificate_for_another_name_is_asked_for_nothing(tmp_path, tls, connected):
    with wire.serving(shows_a_picture(tls)) as server:
        ours = client(server, resolve=leads_to(PUBLIC)[0])
        other = f"https://other.example:{server.port}/a.png"
        ends_in_time(lambda: ours.fetch(other, tmp_path / "picture"), gateway.Unreachable, 3)
    assert server.received == []


@pytest.mark.processes
def test_an_operators_proxy_looks_names_up_and_never_sees_a_private_address(
    tmp_path, monkeypatch, tls, connected
):
    def talk(line, server):
        server.received.append(wire.request_of(line))
        line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with tls.wrap_socket(line, server_side=True) as safe:
            server.received.append(wire.request_of(safe))
            safe.sendall(wire.answer(PICTURE))

    resolve, asked = leads_to("127.0.0.1")
    with wire.serving(talk) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        far = Gateway("http://127.0.0.1:9", KEY, resolve=resolve)
        for private in ("https://10.0.0.1/", "https://2130706433/", "https://nas.local/", "https://nas/"):
            with pytest.raises(gateway.Rejected):
                far.fetch(private, tmp_path / "picture")
        assert server.connections == 0
        far.fetch("https://pictures.example/a.png", tmp_path / "picture", seconds=10)

    assert (tmp_path / "picture").read_bytes() == PICTURE
    assert asked == []
    assert server.received[0].startswith(b"CONNECT pictures.example:443 ")
    assert server.received[1].startswith(b"GET /a.png ")
    assert b"authorization" not in b"".join(server.received).lower()
