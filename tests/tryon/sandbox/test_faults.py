"""Each fault as a client sees it, and what it costs."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import until
from tests.tryon.sandbox.client import Client, client_of, opened, picture
from tryon.sandbox.faults.options import OPTIONS
from tryon.sandbox.server import Sandbox

DOCS = Path(__file__).parents[3] / "docs"


def on_generations(kind: str, **options: Any) -> dict[str, Any]:
    return {"on": "generations", "fault": kind, **options}


def order() -> dict[str, Any]:
    return {"model": "google/gemini-3.1-flash-image", "prompt": "a quiet room", "size": "512"}


def billed(client: Client) -> list[tuple[int, str]]:
    return [(row["pictures"], row["delivered"]) for row in client.bill()["rows"]]


# The queue ----------------------------------------------------------------------------------------


def test_faults_are_used_up_in_order_and_then_all_is_well(client: Client) -> None:
    client.order_faults(on_generations("status", status=429, times=2), on_generations("status", status=503))
    assert [client.generate().status_code for _ in range(4)] == [429, 429, 503, 200]
    assert client.get("/_sandbox/faults").json() == {"faults": []}
    assert [row["fault"] for row in client.calls("generations")] == ["status"] * 3 + [None]


def test_a_fault_waits_for_the_endpoint_and_the_prompt_that_it_names(client: Client) -> None:
    client.order_faults(
        on_generations("status", status=503, match="hat"), {"on": "files", "fault": "status", "status": 502}
    )
    assert client.generate(prompt="a coat").status_code == 200
    assert client.generate(prompt="a red hat").status_code == 503
    assert client.generate(prompt="a red hat").status_code == 200
    assert client.upload().status_code == 502
    assert client.upload().status_code == 200


def test_a_fault_waits_for_the_size_and_the_shape_that_it_names(client: Client) -> None:
    client.order_faults(on_generations("status", size="512", aspect_ratio="9:16"))
    assert client.generate(size="512", aspect_ratio="1:1").status_code == 200
    assert client.generate(size="1K", aspect_ratio="9:16").status_code == 200
    assert client.generate(size="512", aspect_ratio="9:16").status_code == 500


def test_a_fault_without_an_end_lasts_until_the_queue_is_emptied(client: Client) -> None:
    client.order_faults({"on": "models", "fault": "html", "status": 503, "times": None})
    assert [client.get("/api/models").status_code for _ in range(3)] == [503] * 3
    assert client.get("/_sandbox/faults").json()["faults"][0]["times"] is None
    assert client.delete("/_sandbox/faults").json() == {"faults": []}
    assert client.get("/v1/models").status_code == 200


def test_a_call_that_is_refused_anyway_uses_up_no_fault(client: Client) -> None:
    client.order_faults(on_generations("status", status=503))
    assert client.generate(n=9).status_code == 400
    assert len(client.get("/_sandbox/faults").json()["faults"]) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"on": "generations", "fault": "status"},
        [7],
        [{"on": "edits", "fault": "file_gone"}],
        [{"on": "generations", "fault": "unheard of"}],
        [{"on": "files", "fault": "jpeg"}],
        [{"on": "files", "fault": "status", "match": "hat"}],
        [on_generations("status", status="500")],
        [on_generations("status", status=99)],
        [on_generations("status", headers={"Retry-After": 3})],
        [on_generations("status", delay=3)],
        [on_generations("hang", seconds=-1)],
        [on_generations("drop_before", times=0)],
        [on_generations("file_gone", shape="round")],
        [on_generations("jpeg", size="4K")],
        [on_generations("jpeg", aspect_ratio=["1:1"])],
        [{"on": "edits", "fault": "jpeg", "size": "1K"}],
        [on_generations("resized", to_size="4K")],
        [on_generations("fewer_references", count=-1)],
        [on_generations("jpeg"), on_generations("truncate", billed=True)],
    ],
)
def test_a_wish_that_is_not_understood_is_refused_whole(client: Client, wish: Any) -> None:
    assert client.post("/_sandbox/faults", json=wish).status_code == 400
    assert client.get("/_sandbox/faults").json() == {"faults": []}


def test_every_kind_is_in_the_page_about_the_sandbox() -> None:
    page = (DOCS / "sandbox.md").read_text()
    for kind, options in OPTIONS.items():
        assert f"`{kind}`" in page
        assert all(f"`{name}`" in page for name in options)


# Answers that are no pictures -----------------------------------------------------------------------


def test_a_status_carries_what_the_test_says(client: Client) -> None:
    client.order_faults(
        on_generations(
            "status",
            status=429,
            type="slow_down",
            message="Not so fast",
            details={"scope": "account"},
            headers={"Retry-After": "7"},
        )
    )
    answer = client.generate()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json() == {
        "error": {"message": "Not so fast", "type": "slow_down", "details": {"scope": "account"}}
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "auth_error"), (402, "insufficient_balance"), (429, "rate_limit_exceeded"), (504, "timeout")],
)
def test_a_status_alone_has_its_documented_type(client: Client, status: int, kind: str) -> None:
    client.order_faults(on_generations("status", status=status))
    assert client.generate().json()["error"]["type"] == kind
    assert billed(client) == []


@pytest.mark.parametrize("kind", ["status", "html", "redirect", "empty", "no_picture"])
def test_what_looks_like_a_failure_may_have_been_billed(client: Client, kind: str) -> None:
    client.order_faults(on_generations(kind), on_generations(kind, billed=True))
    plain, paid = client.generate(n=2), client.generate(n=2)
    assert (plain.status_code, plain.headers["content-type"]) == (
        paid.status_code,
        paid.headers["content-type"],
    )
    assert billed(client) == [(2, "error")]


def test_a_proxy_answers_with_a_page(client: Client) -> None:
    client.order_faults(on_generations("html", status=504), on_generations("html", body="<p>mine"))
    page = client.generate()
    assert (page.status_code, page.headers["content-type"]) == (504, "text/html; charset=utf-8")
    assert page.text.startswith("<!doctype html>")
    assert client.generate().text == "<p>mine"


def test_a_redirect_leads_elsewhere(client: Client) -> None:
    client.order_faults(on_generations("redirect", location="https://trap.invalid/"))
    answer = client.generate()
    assert (answer.status_code, answer.headers["location"]) == (302, "https://trap.invalid/")


def test_an_answer_may_hold_no_picture_at_all(client: Client) -> None:
    client.order_faults(on_generations("empty"), on_generations("no_picture"))
    assert client.generate().json()["data"] == []
    (entry,) = client.generate().json()["data"]
    assert set(entry) == {"revised_prompt"}


# Lines that break -----------------------------------------------------------------------------------


def test_a_line_dropped_before_the_work_costs_nothing(client: Client) -> None:
    client.order_faults(on_generations("drop_before"))
    with pytest.raises(httpx.RemoteProtocolError):
        client.generate()
    assert billed(client) == []
    assert client.calls("generations")[0]["status"] is None


def test_a_line_dropped_after_the_work_is_paid(client: Client) -> None:
    client.order_faults(on_generations("drop_after"))
    with pytest.raises(httpx.RemoteProtocolError):
        client.generate(n=3)
    assert billed(client) == [(3, "cut")]


def test_a_truncated_answer_promises_more_than_it_sends(client: Client) -> None:
    client.order_faults(on_generations("truncate"))
    with client.stream("POST", "/v1/images/generations", json=order()) as answer:
        got: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_raw())
        assert sum(map(len, got)) == int(answer.headers["content-length"]) // 2
    assert billed(client) == [(1, "cut")]


def test_truncated_json_is_a_whole_answer_that_cannot_be_parsed(client: Client) -> None:
    client.order_faults(on_generations("truncate_json", at=0.9))
    answer = client.generate()
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert billed(client) == [(1, "cut")]


def test_a_dripping_answer_keeps_its_pace_and_is_whole(client: Client) -> None:
    whole = len(client.generate().content)
    client.order_faults(on_generations("drip", bytes_per_second=whole / 0.8))
    started = time.monotonic()
    assert len(client.generate().json()["data"]) == 1
    assert 0.6 < time.monotonic() - started < 10
    assert billed(client)[-1] == (1, "ok")


def test_a_hanging_call_is_paid_before_it_answers(sandbox: Sandbox, client: Client) -> None:
    client.order_faults(on_generations("hang", seconds=1.2))
    assert client.generate().status_code == 200
    client.order_faults(on_generations("hang", seconds=20))
    with client_of(sandbox, timeout=0.9) as hasty, pytest.raises(httpx.ReadTimeout):
        hasty.generate()
    until(lambda: client.bill()["pictures"] == 2, 10, "the second is paid while it hangs")


# Pictures that are not as expected --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "asked", "made"),
    [("fewer", {}, 3, 2), ("fewer", {}, 1, 0), ("more", {}, 4, 5), ("fewer", {"count": 1}, 4, 1)],
)
def test_another_number_of_pictures_is_billed_as_made(
    client: Client, kind: str, options: dict[str, Any], asked: int, made: int
) -> None:
    client.order_faults(on_generations(kind, **options))
    assert len(set(client.pictures(n=asked))) == made
    assert billed(client) == ([(made, "ok")] if made else [])


def test_references_may_be_left_out_without_a_word(client: Client) -> None:
    files = [client.uploaded(picture(colour=colour)) for colour in ("red", "blue")]
    client.order_faults(on_generations("fewer_references"), on_generations("fewer_references", count=0))
    alone, none, both = (client.pictures(file_ids=files, prompt="a flag")[0] for _ in range(3))
    # The second reference is set upon the first, at its lower right.
    seen = [opened(data).getpixel((400, 400)) for data in (alone, none, both)]
    assert [max(range(3), key=colours.__getitem__) for colours in (seen[0], seen[2])] == [0, 2]
    assert max(seen[1]) - min(seen[1]) < 100, "neither red nor blue"
    assert billed(client) == [(1, "ok")] * 3


def test_a_picture_may_have_another_size_and_shape(client: Client) -> None:
    client.order_faults(
        on_generations("resized", to_aspect_ratio="16:9"), on_generations("resized", to_size="512")
    )
    assert opened(client.pictures()[0]).size == (688, 384)
    assert opened(client.pictures(size="1K")[0]).size == (512, 512)
    assert [row["size"] for row in client.bill()["rows"]] == ["512", "1K"], "billed as asked for"


def test_a_picture_may_be_a_jpeg(client: Client) -> None:
    client.order_faults(on_generations("jpeg"))
    assert opened(client.pictures()[0]).format == "JPEG"


def test_base64_may_have_a_prefix_or_escapes_and_is_the_same_picture(client: Client) -> None:
    client.order_faults(on_generations("data_url"), on_generations("escaped"))
    prefixed, escaped = client.generate(), client.generate()
    head, _, text = prefixed.json()["data"][0]["b64_json"].partition(",")
    assert head == "data:image/png;base64"
    assert opened(base64.b64decode(text)).format == "PNG"
    assert rb"\/" in escaped.content
    assert opened(base64.b64decode(escaped.json()["data"][0]["b64_json"])).format == "PNG"


def test_a_picture_may_be_an_address_or_garbage(client: Client) -> None:
    client.order_faults(
        on_generations("url", url="https://cdn.invalid/1.png"), on_generations("not_a_picture")
    )
    (entry,) = client.generate().json()["data"]
    assert entry["url"] == "https://cdn.invalid/1.png"
    assert "b64_json" not in entry
    assert not client.pictures()[0].startswith((b"\x89PNG", b"\xff\xd8\xff"))
    assert billed(client) == [(1, "ok"), (1, "error")]


# Files ----------------------------------------------------------------------------------------------


def test_a_file_that_is_gone_is_told_in_three_ways(client: Client) -> None:
    name = client.uploaded()
    client.order_faults(*(on_generations("file_gone", shape=shape) for shape in ("param", "message", "id")))
    assert client.generate().status_code == 200, "a call without files cannot miss one"
    by_param, by_message, by_id = (client.generate(file_id=name).json()["error"] for _ in range(3))
    assert by_param["details"]["param"] == "file_ids"
    assert name not in str(by_param) + str(by_message)
    assert "file" in by_message["message"]
    assert name in by_id["message"]
    assert client.generate(file_id=name).status_code == 200, "it was only said to be gone"


def test_a_file_can_really_be_deleted(client: Client) -> None:
    names = [client.uploaded(), client.uploaded()]
    client.order_faults(on_generations("file_gone", status=404, delete=True))
    assert client.generate(file_ids=names).status_code == 404
    assert client.generate(file_ids=names).json()["error"]["details"]["file_id"] == names[0]
    assert client.generate(file_ids=names[1:]).status_code == 200


@pytest.mark.parametrize("kind", ["drop_after", "truncate"])
def test_an_upload_whose_answer_is_lost_is_kept_all_the_same(
    sandbox: Sandbox, client: Client, kind: str
) -> None:
    client.order_faults({"on": "files", "fault": kind})
    with pytest.raises(httpx.RemoteProtocolError):
        client.upload()
    assert len(list(sandbox.state.store.pictures.iterdir())) == 1
    assert len(client.calls("files")[0]["file_ids"]) == 1
