"""Keys, addresses, time and crowds, over a real socket."""

import http.client
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.stopwatch import Stopwatch
from tests.tryon.sandbox.client import MODEL, Client, client_of, picture, refused
from tryon.sandbox.server import Sandbox


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer llmtr-wrong", "Basic llmtr-sandbox"])
def test_without_a_valid_key_nothing_is_done(sandbox: Sandbox, header: str | None) -> None:
    with httpx.Client(base_url=sandbox.url, headers={"Authorization": header} if header else {}) as stranger:
        refused(
            stranger.post("/v1/files", files={"file": ("a.png", picture(), "image/png")}), 401, "auth_error"
        )
        refused(
            stranger.post("/v1/images/generations", json={"model": MODEL, "prompt": "x"}), 401, "auth_error"
        )
    assert list(sandbox.state.store.pictures.iterdir()) == []
    assert sandbox.state.bill.since(0)["rows"] == []


def test_the_lists_of_models_need_no_key(sandbox: Sandbox) -> None:
    listed = httpx.get(f"{sandbox.url}/v1/models").json()
    assert MODEL in [row["id"] for row in listed["data"]]
    assert httpx.get(f"{sandbox.url}/api/models").status_code == 200


def test_every_wrong_turn_ends_in_the_error_envelope_and_the_line_goes_on(client: Client) -> None:
    refused(client.get("/"), 404, "not_found")
    refused(client.post("/v1/chat/completions", content=b"x" * 100_000), 404, "not_found")
    assert client.get("/v1/files").headers["allow"] == "POST"
    refused(client.delete("/v1/images/generations"), 405, "method_not_allowed")
    refused(client.get("/_sandbox/nothing"), 404, "not_found")
    refused(client.delete("/_sandbox/bill"), 405, "method_not_allowed")
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        refused(client.post("/v1/images/generations", content=body), 400, "invalid_request_error")
    assert client.head("/v1/models").content == b""
    assert client.generate().status_code == 200


def test_bytes_that_are_not_http_get_the_envelope_too(sandbox: Sandbox) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"GET / HTTP/1.1 and more\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert b" 400 " in answer.splitlines()[0]
    assert b'{"error":{"message"' in answer


def test_a_call_takes_as_long_as_the_latency_says(client: Client) -> None:
    wish = {"generations": 0.4, "files": 0.2}
    assert client.post("/_sandbox/latency", json=wish).json() == wish | {"models": 0.0, "pictures": 0.0}
    client.generate(n=4)  # painted now, so that the next one only waits
    watch, started = Stopwatch(), time.monotonic()
    client.generate()
    assert time.monotonic() - started >= 0.4
    assert watch.seconds < 0.8, "the latency is not added to the work"
    watch, started = Stopwatch(), time.monotonic()
    client.upload()
    assert time.monotonic() - started >= 0.2
    assert watch.seconds < 0.4
    assert client.post("/_sandbox/latency", json={"edits": 1}).status_code == 400


def test_a_hundred_calls_are_served_at_once(tmp_path: Path) -> None:
    with Sandbox(tmp_path, latency=1.5) as sandbox, client_of(sandbox) as client:
        started = time.monotonic()
        with ThreadPoolExecutor(100) as crowd:
            answers = list(crowd.map(lambda number: client.generate(), range(100)))
        assert [answer.status_code for answer in answers] == [200] * 100
        assert time.monotonic() - started < 10, "one after the other would take 150 s"
        assert client.bill()["pictures"] == 100


def test_a_client_that_hangs_up_still_pays_and_disturbs_nobody(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(tmp_path, latency=0.5) as sandbox, client_of(sandbox) as client:
        with client_of(sandbox, timeout=0.2) as hasty, pytest.raises(httpx.ReadTimeout):
            hasty.generate()
        _wait_until_no_call_is_open(client)
        assert [row["delivered"] for row in client.bill()["rows"]] == ["cut"]
        assert client.calls("generations")[0]["status"] is None
        _reset_a_line(sandbox)
        assert client.generate().status_code == 200
    assert capfd.readouterr().err == ""


def _reset_a_line(sandbox: Sandbox) -> None:
    line = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=30)
    line.request("GET", "/v1/models")
    line.getresponse().read()
    # Closed with an error in place of an end: what a killed client leaves.
    line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def _wait_until_no_call_is_open(client: Client) -> None:
    end = time.monotonic() + 10
    while client.get("/_sandbox/calls").json()["open"]:
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def test_stopping_lets_the_call_in_hand_finish(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, latency=0.6).start()
    with client_of(sandbox) as client, ThreadPoolExecutor(1) as other:
        answer = other.submit(client.generate)
        _wait_for_a_call(sandbox)
        sandbox.stop(drain=10)
        assert answer.result().status_code == 200


def test_stopping_does_not_wait_for_a_call_that_hangs(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, latency=600).start()
    with client_of(sandbox) as client, ThreadPoolExecutor(1) as other:
        answer = other.submit(client.generate)
        _wait_for_a_call(sandbox)
        started = time.monotonic()
        sandbox.stop(drain=0.2)
        assert time.monotonic() - started < 3
        with pytest.raises(httpx.TransportError):
            answer.result()
    with Sandbox(tmp_path) as again:
        assert again.state.bill.since(0)["rows"] == []


def _wait_for_a_call(sandbox: Sandbox) -> None:
    end = time.monotonic() + 10
    while not sandbox.state.calls.since(0)["open"]:
        assert time.monotonic() < end
        threading.Event().wait(0.01)
