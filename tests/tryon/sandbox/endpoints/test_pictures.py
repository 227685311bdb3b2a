"""Pictures answered by address: where they are, for how long and what may go wrong there."""

import time
from pathlib import Path

import httpx
import pytest

from tests.tryon.sandbox.client import Client, client_of, opened, refused
from tryon.sandbox.server import Sandbox

HOUR = 3600


def address(client: Client, prompt: str = "a quiet room") -> str:
    answer = client.generate(model="recraft/recraft-v4", prompt=prompt, size="1:1", aspect_ratio=None)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"][0]["url"])


def test_the_picture_is_fetched_from_this_sandbox_without_a_key(sandbox: Sandbox, client: Client) -> None:
    url = address(client)
    assert url.startswith(f"{sandbox.url}/pictures/")
    answer = httpx.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert opened(answer.content).format == "PNG"
    assert client.calls("pictures")[0]["status"] == 200
    assert client.bill()["pictures"] == 1, "fetching costs nothing"


def test_the_address_has_the_name_by_which_the_client_called(sandbox: Sandbox, client: Client) -> None:
    client.headers["Host"] = "gateway.example:8090"
    assert address(client).startswith("http://gateway.example:8090/pictures/")


def test_addresses_cannot_be_guessed_from_one_another(client: Client) -> None:
    one, other = address(client), address(client)
    assert one != other
    assert len(one.rpartition("/")[2]) > 32


def test_a_picture_is_gone_after_an_hour_from_the_disk_too(sandbox: Sandbox, client: Client) -> None:
    url = address(client)
    client.move_clock(advance=HOUR - 60)
    assert client.get(url).status_code == 200
    client.move_clock(advance=120)
    refused(client.get(url), 404, "not_found")
    assert list(sandbox.state.store.answered.iterdir()) == []


def test_a_picture_is_gone_as_soon_as_its_hour_is_over(sandbox: Sandbox, client: Client) -> None:
    url = address(client)
    # The clock alone: nothing has swept the disk yet.
    sandbox.state.store.set_clock(time.time() + HOUR + 1)
    refused(client.get(url), 404, "not_found")


def test_nothing_but_pictures_can_be_had_there(client: Client) -> None:
    for name in ("", "nothing.png", "../sandbox.sqlite3", "%2e%2e/sandbox.sqlite3"):
        refused(client.get(f"/pictures/{name}"), 404, "not_found")
    refused(client.post("/pictures/a.png"), 405, "method_not_allowed")


def test_a_restart_keeps_the_pictures(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox, client_of(sandbox) as client:
        path = httpx.URL(address(client)).path
    with Sandbox(tmp_path) as sandbox, client_of(sandbox) as client:
        assert client.get(path).status_code == 200


def test_a_fetch_may_meet_an_error_a_page_or_a_redirect(client: Client) -> None:
    client.order_faults(
        {"on": "pictures", "fault": "status", "status": 503},
        {"on": "pictures", "fault": "html", "status": 502},
        {"on": "pictures", "fault": "redirect", "location": "http://127.0.0.1/"},
        {"on": "pictures", "fault": "not_a_picture"},
    )
    url = address(client)
    answers = [client.get(url) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [503, 502, 302, 200, 200]
    assert not answers[3].content.startswith(b"\x89PNG")
    assert opened(answers[4].content).format == "PNG"


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_fetch_may_break_off_and_work_the_next_time(client: Client, kind: str) -> None:
    url = address(client)
    client.order_faults({"on": "pictures", "fault": kind})
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(url)
    assert client.get(url).status_code == 200


def test_a_fetch_may_hang_or_be_slow(sandbox: Sandbox, client: Client) -> None:
    url = address(client)
    client.order_faults({"on": "pictures", "fault": "hang", "seconds": 1.2})
    with client_of(sandbox, timeout=0.9) as hasty, pytest.raises(httpx.ReadTimeout):
        hasty.get(url)
    client.post("/_sandbox/latency", json={"pictures": 1.2})
    with client_of(sandbox, timeout=0.9) as hasty, pytest.raises(httpx.ReadTimeout):
        hasty.get(url)


def test_a_fault_of_the_answer_reaches_what_is_fetched(client: Client) -> None:
    client.order_faults(
        {"on": "generations", "fault": "not_a_picture"},
        {"on": "generations", "fault": "jpeg"},
        {"on": "generations", "fault": "url", "url": "https://cdn.invalid/1.png"},
    )
    assert not client.get(address(client)).content.startswith((b"\x89PNG", b"\xff\xd8\xff"))
    assert opened(client.get(address(client)).content).format == "JPEG"
    assert address(client) == "https://cdn.invalid/1.png"
