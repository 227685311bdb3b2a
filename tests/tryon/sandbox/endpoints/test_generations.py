"""What a call for pictures gives and what it refuses; the catalogue."""

import base64
import json
import socket
from typing import Any

import pytest

from tests.tryon.sandbox.client import MODEL, Client, opened, picture, refused
from tryon.sandbox.painting.painter import pixels


@pytest.mark.parametrize(
    ("size", "ratio"),
    [
        ("512", "1:1"),
        ("512", "3:4"),
        ("512", "4:3"),
        ("512", "9:16"),
        ("512", "16:9"),
        ("1K", "3:4"),
        ("2K", "1:1"),
    ],
)
def test_a_picture_has_exactly_the_size_and_shape_asked_for(client: Client, size: str, ratio: str) -> None:
    (made,) = client.pictures(size=size, aspect_ratio=ratio)
    assert opened(made).format == "PNG"
    assert opened(made).size == pixels(size, ratio)


def test_an_answer_has_the_documented_members_and_no_other(client: Client) -> None:
    answer = client.generate(n=2, prompt='a "quiet"\nroom ✓').json()
    assert set(answer) == {"created", "data"}
    assert [set(entry) for entry in answer["data"]] == [{"b64_json", "revised_prompt"}] * 2
    assert answer["data"][0]["revised_prompt"] == 'a "quiet"\nroom ✓'


def test_pictures_of_one_call_and_of_the_same_call_again_differ(client: Client) -> None:
    once = client.pictures(n=4)
    one_by_one = [client.pictures(prompt="another")[0] for _ in range(4)]
    assert len(set(once)) == len(set(one_by_one)) == 4


def test_files_come_before_addresses_whatever_the_order_in_the_body(client: Client) -> None:
    tall, wide = client.uploaded(picture((90, 120))), picture((160, 90), "red")
    inline = "data:image/png;base64," + base64.b64encode(wide).decode()
    for order in ({"image_urls": [inline], "file_ids": [tall]}, {"image_url": inline, "file_id": tall}):
        (made,) = client.pictures(aspect_ratio=None, **order)
        assert opened(made).size == pixels("512", "3:4"), "the first reference gives the shape"


def test_the_same_reference_twice_counts_once(client: Client) -> None:
    names = [client.uploaded() for _ in range(8)]
    assert client.generate(file_id=names[0], file_ids=names + names).status_code == 200
    assert client.bill()["rows"][0]["file_ids"] == names


def test_more_references_than_the_model_takes_are_refused(client: Client) -> None:
    names = [client.uploaded() for _ in range(8)]
    address = ["https://shop.example/a.png"]
    refused(client.generate(file_ids=names, image_urls=address), 400, "invalid_request")
    small = "google/gemini-2.5-flash-image"
    refused(client.generate(model=small, file_ids=names[:4]), 400, "invalid_request")
    assert client.generate(model=small, file_ids=names[:3]).status_code == 200


def test_an_https_reference_is_painted_without_being_fetched(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        port = trap.getsockname()[1]
        assert len(client.pictures(image_urls=[f"https://127.0.0.1:{port}/a.png"])) == 1
        with pytest.raises(BlockingIOError):
            trap.accept()


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"prompt": None}, "invalid_request", "prompt"),
        ({"prompt": "  "}, "invalid_request", "prompt"),
        ({"prompt": ["a"]}, "invalid_request", "prompt"),
        ({"prompt": "\ud800"}, "invalid_request", "prompt"),
        ({"model": None}, "invalid_request", "model"),
        ({"size": "4K"}, "invalid_request", "size"),
        ({"size": 512}, "invalid_request", "size"),
        ({"aspect_ratio": "2:3"}, "invalid_request", "aspect_ratio"),
        ({"n": 0}, "invalid_request", "n"),
        ({"n": 5}, "invalid_request", "n"),
        ({"n": "1"}, "invalid_request", "n"),
        ({"n": True}, "invalid_request", "n"),
        ({"seed": 1}, "invalid_request_error", "seed"),
        ({"response_format": "url"}, "invalid_request_error", "response_format"),
        ({"file_ids": "file_a"}, "invalid_request", "file_ids"),
        ({"file_ids": [1]}, "invalid_request", "file_ids"),
        ({"file_ids": ["file_unknown"]}, "invalid_request", "file_ids"),
        ({"file_id": "../sandbox.sqlite3"}, "invalid_request", "file_ids"),
        ({"image_url": "http://shop.example/a.png"}, "invalid_request", "image_urls"),
        ({"image_url": "file:///etc/passwd"}, "invalid_request", "image_urls"),
        ({"image_url": "data:image/png,abc"}, "invalid_request", "image_urls"),
        ({"image_url": "data:image/png;base64,abc"}, "invalid_request", "image_urls"),
        ({"image_url": "data:image/png;base64,YWJj"}, "invalid_request", "image_urls"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused_and_costs_nothing(
    client: Client, fields: dict[str, Any], kind: str, param: str
) -> None:
    order = {"model": MODEL, "prompt": "a room"} | fields
    named = {name: value for name, value in order.items() if value is not None}
    # As ASCII JSON: half of a surrogate pair has no other way in.
    answer = client.post("/v1/images/generations", content=json.dumps(named))
    assert refused(answer, 400, kind)["param"] == param
    assert client.bill()["rows"] == []


def test_a_reference_that_only_begins_like_a_picture_is_refused(client: Client) -> None:
    name = client.uploaded(picture()[:60])
    refused(client.generate(file_id=name), 400, "invalid_request")
    assert client.bill()["rows"] == []


def test_models_that_are_unknown_or_retired_are_told_apart(client: Client) -> None:
    refused(client.generate(model="google/nothing"), 404, "model_not_found")
    details = refused(client.generate(model="google/gemini-2.5-flash-image-preview"), 410, "model_retired")
    assert details == {"replacement_model": "google/gemini-2.5-flash-image"}


def test_prices_come_in_three_shapes_that_a_client_cannot_choose(client: Client) -> None:
    seen = []
    for shape in ("list", "data", "models"):
        client.post("/_sandbox/catalogue", json={"shape": shape})
        data = client.get("/api/models?operation=IMAGES_GENERATIONS").json()["data"]
        seen.append(data if shape == "list" else data[shape])
    names = [set(rows[0]) & {"canonicalId", "id"} for rows in seen]
    assert names == [{"canonicalId"}, {"id"}, {"id"}]
    prices = [[row["primaryPricingRows"] for row in rows] for rows in seen]
    assert prices[0] == prices[1] == prices[2]
    assert [row["priceUsd"] for row in prices[0][0]] == ["0.045", "0.067", "0.101"]


def test_no_model_is_listed_for_another_operation(client: Client) -> None:
    assert client.get("/api/models?operation=CHAT_COMPLETIONS").json() == {"data": []}
