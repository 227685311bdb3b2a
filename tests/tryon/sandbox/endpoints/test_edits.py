"""One picture and words at `/v1/images/edits`: who can, what is sent and what it costs."""

import base64
from typing import Any

import httpx
import pytest

from tests.tryon.sandbox.client import Client, opened, picture, refused

EDITOR = "xai/grok-imagine-image"
INLINE = "data:image/png;base64," + base64.b64encode(picture((160, 90))).decode()


def edited(client: Client, **fields: Any) -> httpx.Response:
    order = {"model": EDITOR, "prompt": "an evening light", "image": INLINE} | fields
    return client.post("/v1/images/edits", json={name: value for name, value in order.items() if value})


def test_an_edit_answers_one_picture_in_the_shape_of_the_one_sent_and_is_billed(client: Client) -> None:
    answer = edited(client)
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["data"]
    made = opened(base64.b64decode(entry["b64_json"]))
    assert made.width / made.height == pytest.approx(16 / 9, rel=0.02)
    (row,) = client.bill()["rows"]
    assert (row["model"], row["endpoint"], row["pictures"], row["price_micros_usd"], row["delivered"]) == (
        EDITOR,
        "edits",
        1,
        40_000,
        "ok",
    )
    assert client.calls("edits")[0]["status"] == 200


def test_an_edit_takes_an_https_address_too(client: Client) -> None:
    assert edited(client, image="https://shop.example/a.png").status_code == 200


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"image": None}, "invalid_request", "image"),
        ({"image": [INLINE]}, "invalid_request", "image"),
        ({"image": "http://shop.example/a.png"}, "invalid_request", "image"),
        ({"image": "file_a"}, "invalid_request", "image"),
        ({"image": "data:image/png;base64,YWJj"}, "invalid_request", "image"),
        ({"image": INLINE[:-40]}, "invalid_request", "image"),
        ({"prompt": None}, "invalid_request", "prompt"),
        ({"n": 1}, "invalid_request_error", "n"),
        ({"size": "1K"}, "invalid_request_error", "size"),
        ({"file_ids": ["file_a"]}, "invalid_request_error", "file_ids"),
        ({"image_url": INLINE}, "invalid_request_error", "image_url"),
    ],
)
def test_an_edit_with_anything_else_is_refused_and_costs_nothing(
    client: Client, fields: dict[str, Any], kind: str, param: str
) -> None:
    assert refused(edited(client, **fields), 400, kind)["param"] == param
    assert client.bill()["rows"] == []


@pytest.mark.parametrize(
    "model", ["google/gemini-3.1-flash-image", "google/imagen-4", "openai/gpt-image-2", "recraft/recraft-v4"]
)
def test_other_models_cannot_edit_and_say_the_way_to_go_instead(client: Client, model: str) -> None:
    details = refused(edited(client, model=model), 400, "unsupported_operation")
    assert set(details) == {
        "attempted_endpoint",
        "supported_endpoints",
        "suggested_endpoint",
        "hint",
        "docs_url",
    }
    assert details["suggested_endpoint"] == "/v1/images/generations"


def test_an_edit_with_an_unknown_or_retired_model_says_so(client: Client) -> None:
    refused(edited(client, model="xai/nothing"), 404, "model_not_found")
    refused(edited(client, model="google/imagen-3"), 410, "model_retired")


def test_an_edit_needs_a_key(client: Client) -> None:
    client.headers["Authorization"] = "Bearer llmtr-wrong"
    refused(edited(client), 401, "auth_error")


def test_faults_of_edits_leave_generations_alone(client: Client) -> None:
    client.order_faults({"on": "edits", "fault": "status", "status": 429, "match": "evening"})
    assert client.generate(prompt="an evening light").status_code == 200
    assert edited(client).status_code == 429
    assert edited(client).status_code == 200
