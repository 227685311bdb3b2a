"""The gateway's client on a real line: the clock over a whole exchange, cut lines, dead addresses."""

import base64
import socket
import struct
import sys
import threading

import httpcore
import httpx
import pytest

from tests.stopwatch import Stopwatch
from tests.tryon.gateway import wire
from tryon import gateway
from tryon.gateway import Gateway, GenerationRequest
from tryon.gateway.tls import ssl_context
from tryon.gateway.transport import DeadlineTransport

ONE = GenerationRequest("google/gemini-3.1-flash-image", "Try it on", "1K", "3:4", 1)
WHOLE = b'{"created": 1, "data": [{"b64_json": "' + b"AAAA" * 50_000 + b'"}]}'
SLOW_HEAD = b"HTTP/1.1 200 OK\r\nx-slow: " + b"x" * 90_000
SECONDS = 0.5


def client(server) -> Gateway:
    return Gateway(f"http://127.0.0.1:{server.port}", "llmtr-key")


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


@pytest.mark.parametrize("pause", [0.0005, 0.02, 0.3])
@pytest.mark.parametrize("part", ["head", "body", "error"])
def test_an_answer_that_drips_at_any_speed_ends_in_time(tmp_path, pause, part):
    def talk(line, server):
        wire.request_of(line)
        if part == "body":
            line.sendall(wire.answer(b"", length=10_000_000))
            drip(line, b" " * 100_000, pause, server.stop)
        elif part == "error":
            line.sendall(wire.answer(b"", "400 Bad Request", length=10_000))
            drip(line, b" " * 10_000, pause, server.stop)
        else:
            drip(line, SLOW_HEAD, pause, server.stop)

    expected = gateway.Rejected if part == "error" else gateway.OutcomeUnknown
    with wire.serving(talk) as server:
        ends_in_time(lambda: client(server).generate(ONE, tmp_path / "body", seconds=SECONDS), expected)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_falls_silent_ends_in_time(tmp_path):
    def talk(line, server):
        wire.request_of(line)
        line.sendall(wire.answer(WHOLE[:1000], length=len(WHOLE)))
        drip(line, WHOLE[1000:1020], 0.1, server.stop)
        server.stop.wait(10)

    with wire.serving(talk) as server:
        # The silence begins after 2 of 2.5 seconds: a limit on the one read alone would end after 4.5.
        ends_in_time(
            lambda: client(server).generate(ONE, tmp_path / "body", seconds=2.5), gateway.OutcomeUnknown, 2.5
        )


def test_no_answer_at_all_ends_in_time(tmp_path):
    def talk(line, server):
        wire.request_of(line)
        server.stop.wait(10)

    with wire.serving(talk) as server:
        ends_in_time(
            lambda: client(server).generate(ONE, tmp_path / "body", seconds=SECONDS), gateway.OutcomeUnknown
        )


def test_a_gateway_that_reads_slowly_ends_an_upload_in_time():
    def talk(line, server):
        # Fast enough that no single write waits for long, slow enough that all of them together do.
        while line.recv(50_000) and not server.stop.wait(0.01):
            pass

    with wire.serving(talk) as server:
        ends_in_time(
            lambda: client(server).upload(
                b"x" * 40_000_000, filename="a.jpg", content_type="image/jpeg", seconds=SECONDS
            ),
            gateway.OutcomeUnknown,
        )


def test_a_second_upload_on_the_same_line_has_its_own_clock():
    def talk(line, server):
        wire.request_of(line)
        line.sendall(wire.answer(b'{"id": "file_1"}'))
        wire.request_of(line)
        drip(line, SLOW_HEAD, 0.02, server.stop)

    with wire.serving(talk) as server:
        files = client(server)
        assert files.upload(b"x", filename="a.jpg", content_type="image/jpeg", seconds=5) == "file_1"
        ends_in_time(
            lambda: files.upload(b"x", filename="b.jpg", content_type="image/jpeg", seconds=SECONDS),
            gateway.OutcomeUnknown,
        )
        files.close()
    assert server.connections == 1


def test_each_paid_call_has_a_line_of_its_own(tmp_path):
    def talk(line, server):
        while wire.request_of(line).strip():
            line.sendall(wire.answer(WHOLE))

    with wire.serving(talk) as server:
        pictures = client(server)
        for name in "ab":
            pictures.generate(ONE, tmp_path / name)
    assert server.connections == 2
    assert (tmp_path / "b").read_bytes() == WHOLE


def test_a_hundred_and_fifty_calls_at_once_do_not_wait_for_each_other(tmp_path):
    together = threading.Barrier(150, timeout=20)

    def talk(line, server):
        wire.request_of(line)
        together.wait()
        line.sendall(wire.answer(b"{}"))

    with wire.serving(talk) as server:
        pictures = client(server)
        threads = [
            threading.Thread(target=pictures.generate, args=(ONE, tmp_path / str(number)))
            for number in range(150)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(list(tmp_path.iterdir())) == 150


@pytest.mark.parametrize(
    "ending",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        wire.answer(WHOLE[:5000], length=len(WHOLE)),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1388\r\n" + WHOLE[:5000] + b"\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + WHOLE[:-2],
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + WHOLE,
        b"not HTTP at all\r\n\r\n",
    ],
    ids=["nothing", "head", "length", "chunked", "until closed", "no gzip", "no HTTP"],
)
@pytest.mark.parametrize("abruptly", [False, True])
def test_a_line_cut_anywhere_after_the_request_is_an_unknown_outcome(tmp_path, ending, abruptly):
    def talk(line, server):
        wire.request_of(line)
        line.sendall(ending)
        if abruptly:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with wire.serving(talk) as server:
        ends_in_time(
            lambda: client(server).generate(ONE, tmp_path / "body", seconds=10), gateway.OutcomeUnknown
        )
    assert server.connections == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", ["401 Unauthorized", "429 Too Many Requests"])
def test_a_refusal_counts_by_its_status_even_when_its_words_are_cut_off(tmp_path, status):
    def talk(line, server):
        wire.request_of(line)
        line.sendall(wire.answer(b'{"error": {"mess', status, length=500))

    expected = gateway.AccessRefused if "401" in status else gateway.RateLimited
    with wire.serving(talk) as server:
        ends_in_time(lambda: client(server).generate(ONE, tmp_path / "body", seconds=10), expected)


def test_a_redirect_is_not_followed(tmp_path):
    def talk(line, server):
        wire.request_of(line)
        elsewhere = f"http://127.0.0.1:{server.port}/elsewhere".encode()
        line.sendall(b"HTTP/1.1 302 Found\r\nlocation: " + elsewhere + b"\r\ncontent-length: 0\r\n\r\n")

    with wire.serving(talk) as server:
        ends_in_time(
            lambda: client(server).generate(ONE, tmp_path / "body", seconds=5), gateway.OutcomeUnknown
        )
    assert server.connections == 1


def test_nobody_at_the_address_means_that_nothing_was_sent(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nobody = Gateway(f"http://127.0.0.1:{port}", "llmtr-key")
    ends_in_time(lambda: nobody.generate(ONE, tmp_path / "body"), gateway.Unreachable)


@pytest.mark.skipif(
    sys.platform != "linux", reason="a full queue of connections stalls in its own way elsewhere"
)
def test_a_connect_that_stalls_ends_in_time_and_sent_nothing(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(address)
        stalled = Gateway(f"http://127.0.0.1:{address[1]}", "llmtr-key")
        ends_in_time(lambda: stalled.generate(ONE, tmp_path / "body", seconds=SECONDS), gateway.Unreachable)
        for one in crowd:
            one.close()


def test_a_name_that_nobody_looks_up_ends_in_time_and_sent_nothing(tmp_path, monkeypatch):
    released, look_up = threading.Event(), socket.getaddrinfo

    def stalled(*args, **kwargs):
        released.wait(20)
        return look_up("127.0.0.1", *args[1:], **kwargs)

    with wire.serving(lambda line, server: server.received.append(line.recv(100))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", stalled)
        far = Gateway(f"http://gateway.example:{server.port}", "llmtr-key")
        ends_in_time(lambda: far.generate(ONE, tmp_path / "body", seconds=SECONDS), gateway.Unreachable)
        released.set()
        for thread in threading.enumerate():
            if thread.name.startswith("connect "):
                thread.join(10)
    assert [said for said in server.received if said] == []


def test_a_gateway_without_tls_behind_an_https_address_was_sent_nothing(tmp_path):
    heard = []

    def talk(line, server):
        heard.append(line.recv(65536))
        line.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    with wire.serving(talk) as server:
        plain = Gateway(f"https://127.0.0.1:{server.port}", "llmtr-key")
        ends_in_time(lambda: plain.generate(ONE, tmp_path / "body", seconds=5), gateway.Unreachable)
    assert b"llmtr-key" not in b"".join(heard)


def test_a_tls_greeting_that_stalls_ends_in_time(tmp_path):
    with wire.serving(lambda line, server: server.stop.wait(10)) as server:
        mute = Gateway(f"https://127.0.0.1:{server.port}", "llmtr-key")
        ends_in_time(lambda: mute.generate(ONE, tmp_path / "body", seconds=SECONDS), gateway.Unreachable)


@pytest.fixture
def certificate(tmp_path_factory):
    return wire.certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@pytest.mark.processes
def test_the_trusted_certificates_are_read_once_for_all_and_again_for_other_ones(monkeypatch, certificate):
    usual = ssl_context()
    with monkeypatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        ours = ssl_context()
        assert ssl_context() is ours
    assert ours.cert_store_stats()["x509"] == 1
    assert ssl_context() is usual is not ours


@pytest.mark.processes
@pytest.mark.parametrize("trusted", [True, False])
def test_behind_tls_the_clock_holds_too_and_a_stranger_is_sent_nothing(
    tmp_path, monkeypatch, certificate, trusted
):
    context = wire.served_by(certificate)

    def talk(line, server):
        with context.wrap_socket(line, server_side=True) as safe:
            server.received.append(wire.request_of(safe))
            if server.connections == 1:
                safe.sendall(wire.answer(WHOLE))
            else:
                drip(safe, SLOW_HEAD, 0.02, server.stop)

    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with wire.serving(talk) as server:
        safe = Gateway(f"https://127.0.0.1:{server.port}", "llmtr-key")
        if trusted:
            safe.generate(ONE, tmp_path / "body")
            assert (tmp_path / "body").read_bytes() == WHOLE
        expected = gateway.OutcomeUnknown if trusted else gateway.Unreachable
        ends_in_time(lambda: safe.generate(ONE, tmp_path / "late", seconds=SECONDS), expected)
    assert len(server.received) == (2 if trusted else 0)


def test_an_operators_proxy_is_used_and_kept_to_the_clock(tmp_path, monkeypatch):
    def talk(line, server):
        server.received.append(wire.request_of(line))
        drip(line, SLOW_HEAD, 0.02, server.stop)

    with wire.serving(talk) as server:
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        far = Gateway("http://gateway.example", "llmtr-key")
        ends_in_time(lambda: far.generate(ONE, tmp_path / "body", seconds=SECONDS), gateway.OutcomeUnknown)
    assert server.received[0].startswith(b"POST http://gateway.example/v1/images/generations")


def test_an_operators_proxy_is_told_its_password(tmp_path, monkeypatch):
    def talk(line, server):
        server.received.append(wire.request_of(line))
        line.sendall(wire.answer(WHOLE))

    with wire.serving(talk) as server:
        monkeypatch.setenv("http_proxy", f"http://shop:s3cret@127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        Gateway("http://gateway.example", "llmtr-key").generate(ONE, tmp_path / "body")
    head = server.received[0].lower()
    assert b"\r\nproxy-authorization: basic " + base64.b64encode(b"shop:s3cret").lower() in head
    assert b"\r\nauthorization: bearer llmtr-key\r\n" in head
    assert b"s3cret" not in head


@pytest.mark.parametrize(
    "proxy", ["ftp://s3cret@127.0.0.1:9", "socks://h:9", "http://h:port", "http://a..b:9"]
)
def test_a_proxy_that_cannot_be_used_is_refused_at_once_and_not_quoted(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ValueError, match=r"the proxy in the environment") as refused:
        Gateway("http://gateway.example", "llmtr-key")
    assert "s3cret" not in str(refused.value)
    assert refused.value.__suppress_context__


def socks(wanted: list[bytes], reply: bytes, *, user: bytes = b"", password: bytes = b""):
    """A SOCKS5 server that answers in the place of whatever it is asked to connect to."""

    def talk(line, server):
        line.recv(3)  # version, one method, which
        line.sendall(b"\x05\x02" if user else b"\x05\x00")
        if user:
            given = line.recv(512)
            known = b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password
            line.sendall(b"\x01\x00" if given == known else b"\x01\x01")
        wanted.append(line.recv(512))
        line.sendall(reply)
        if reply[1:2] == b"\x00":
            server.received.append(wire.request_of(line))
            line.sendall(wire.answer(WHOLE))

    return talk


CONNECTED = b"\x05\x00\x00\x01" + bytes(6)
FAR = b"\x05\x01\x00\x03\x0fgateway.example\x00\x50"  # the proxy looks the name up, on port 80


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("login", [b"", b"shop:s3cret@"])
def test_a_socks_proxy_is_used(tmp_path, monkeypatch, scheme, login):
    wanted: list[bytes] = []
    user, _, password = login.strip(b"@").partition(b":")
    with wire.serving(socks(wanted, CONNECTED, user=user, password=password)) as server:
        monkeypatch.setenv("all_proxy", f"{scheme}://{login.decode()}127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        Gateway("http://gateway.example", "llmtr-key").generate(ONE, tmp_path / "body")
    assert wanted == [FAR]
    assert server.received[0].startswith(b"POST /v1/images/generations HTTP/1.1\r\n")
    assert b"s3cret" not in server.received[0]
    assert (tmp_path / "body").read_bytes() == WHOLE


@pytest.mark.parametrize(
    "reply", [b"\x05\x04\x00\x01" + bytes(6), b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05"]
)
def test_a_socks_proxy_that_does_not_connect_was_sent_nothing(tmp_path, monkeypatch, reply):
    with wire.serving(socks([], reply)) as server:
        monkeypatch.setenv("all_proxy", f"socks5://127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        far = Gateway("http://gateway.example", "llmtr-key")
        ends_in_time(lambda: far.generate(ONE, tmp_path / "body", seconds=SECONDS), gateway.Unreachable)
    assert server.received == []


class Failing(httpcore.NetworkBackend):
    """Nothing can be connected to, for this reason."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def connect_tcp(self, *args, **kwargs):
        raise self.fault


FAULTS = [
    kind
    for kind in map(httpcore.__dict__.get, httpcore.__all__)
    if isinstance(kind, type) and issubclass(kind, Exception) and kind is not httpcore.ConnectionNotAvailable
]


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_failure_on_the_line_reaches_the_client_by_its_own_name(kind):
    url = httpx.URL("http://gateway.example/v1/files")
    line = DeadlineTransport(url, backend=Failing(kind("as it is")))
    with line, pytest.raises(httpx.HTTPError, match="as it is") as caught:
        line.handle_request(httpx.Request("POST", url))
    assert type(caught.value) is getattr(httpx, kind.__name__)


def test_an_answer_through_any_number_of_packets_is_kept_whole(tmp_path):
    def talk(line, server):
        wire.request_of(line)
        told = wire.answer(WHOLE)
        for at in range(0, len(told), 1733):
            line.sendall(told[at : at + 1733])

    with wire.serving(talk) as server:
        client(server).generate(ONE, tmp_path / "body")
    assert (tmp_path / "body").read_bytes() == WHOLE
