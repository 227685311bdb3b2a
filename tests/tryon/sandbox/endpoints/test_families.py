"""Each family of models: what it takes, what it refuses, how it answers and what it costs."""

from typing import Any

import httpx
import pytest

from tests.tryon.sandbox.client import Client, opened, refused

RATIOS = ["1:1", "3:4", "4:3", "9:16", "16:9"]
TEXT_ONLY = [
    "google/imagen-4",
    "google/imagen-4-fast",
    "google/imagen-4-ultra",
    "openai/gpt-image-2",
    "xai/grok-imagine-image",
    "xai/grok-imagine-image-quality",
    "recraft/recraft-v4",
    "recraft/recraft-v4-pro",
    "recraft/recraft-v3",
]
BY_ADDRESS = [name for name in TEXT_ONLY if name.startswith("recraft/")]


def asked(client: Client, model: str, **fields: Any) -> httpx.Response:
    """A call with nothing but what is named."""
    return client.generate(**({"model": model, "size": None, "aspect_ratio": None} | fields))


@pytest.mark.parametrize("model", TEXT_ONLY)
def test_words_alone_are_enough_for_one_picture(client: Client, model: str) -> None:
    answer = asked(client, model)
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["data"]
    assert set(entry) == {"url" if model in BY_ADDRESS else "b64_json", "revised_prompt"}
    (row,) = client.bill()["rows"]
    assert (row["model"], row["size"], row["n"], row["pictures"]) == (model, "", 1, 1)


@pytest.mark.parametrize("model", TEXT_ONLY)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("file_id", "file_a"),
        ("file_ids", ["file_a"]),
        ("image_url", "https://shop.example/a.png"),
        ("image_urls", ["https://shop.example/a.png"]),
    ],
)
def test_a_model_of_words_refuses_every_reference_by_the_name_of_its_field(
    client: Client, model: str, field: str, value: Any
) -> None:
    answer = asked(client, model, **{field: value})
    assert refused(answer, 400, "invalid_request") == {"param": field}
    assert "text only" in answer.json()["error"]["message"]
    assert client.bill()["rows"] == []


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        ("google/imagen-4", "size", "1K"),
        ("google/imagen-4", "aspect_ratio", "1:1"),
        ("google/imagen-4", "n", 1),
        ("openai/gpt-image-2", "size", "1024x1024"),
        ("openai/gpt-image-2", "aspect_ratio", "1:1"),
        ("xai/grok-imagine-image", "n", 1),
        ("xai/grok-imagine-image", "aspect_ratio", "1:1"),
        ("xai/grok-imagine-image", "image", "https://shop.example/a.png"),
        ("recraft/recraft-v4", "aspect_ratio", "1:1"),
    ],
)
def test_a_field_that_a_family_does_not_list_is_refused(
    client: Client, model: str, field: str, value: Any
) -> None:
    answer = asked(client, model, **{field: value})
    assert refused(answer, 400, "invalid_request_error") == {"param": field}


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        ("openai/gpt-image-2", "n", 5),
        ("openai/gpt-image-2", "n", 0),
        ("recraft/recraft-v4", "n", 2),
        ("recraft/recraft-v4", "size", "1K"),
        ("recraft/recraft-v4", "size", "2:3"),
    ],
)
def test_a_value_that_a_family_does_not_know_is_refused(
    client: Client, model: str, field: str, value: Any
) -> None:
    assert refused(asked(client, model, **{field: value}), 400, "invalid_request") == {"param": field}


def test_several_pictures_of_one_call_are_for_the_families_that_count(client: Client) -> None:
    entries = asked(client, "openai/gpt-image-2", n=3).json()["data"]
    assert len({entry["b64_json"] for entry in entries}) == 3
    assert client.bill()["micros"] == 3 * 53_000


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_size_of_a_recraft_picture_is_its_shape(client: Client, ratio: str) -> None:
    (entry,) = asked(client, "recraft/recraft-v3", size=ratio).json()["data"]
    made = opened(client.get(entry["url"]).content)
    across, down = (int(part) for part in ratio.split(":"))
    assert made.width / made.height == pytest.approx(across / down, rel=0.02)


# The list of prices -------------------------------------------------------------------------------


def listed(client: Client, operation: str = "IMAGES_GENERATIONS") -> dict[str, Any]:
    rows = client.get(f"/api/models?operation={operation}").json()["data"]
    return {row["canonicalId"]: row for row in rows}


def test_every_model_is_listed_with_its_price(client: Client) -> None:
    rows = listed(client)
    assert set(TEXT_ONLY) < set(rows)
    (price,) = rows["google/imagen-4"]["primaryPricingRows"]
    assert price == {
        "operation": "IMAGES_GENERATIONS",
        "metric": "OUTPUT_IMAGE",
        "unit": "image",
        "priceUsd": "0.040",
    }


def test_only_the_models_that_edit_are_listed_for_edits(client: Client) -> None:
    rows = listed(client, "IMAGES_EDITS")
    assert set(rows) == {"xai/grok-imagine-image", "xai/grok-imagine-image-quality"}
    row = rows["xai/grok-imagine-image"]
    assert row["supportedOperations"] == ["IMAGES_GENERATIONS", "IMAGES_EDITS"]
    assert [price["operation"] for price in row["primaryPricingRows"]] == ["IMAGES_GENERATIONS"]


@pytest.mark.parametrize(
    ("shape", "name"),
    [("list", "replacementModel"), ("data", "replacement_model"), ("models", "replacementModel")],
)
def test_what_is_retired_is_listed_as_gone_and_with_its_replacement(
    client: Client, shape: str, name: str
) -> None:
    client.post("/_sandbox/catalogue", json={"shape": shape})
    data = client.get("/api/models").json()["data"]
    rows = data if shape == "list" else data[shape]
    by_id = {row.get("canonicalId") or row["id"]: row for row in rows}
    gone, offered = by_id["google/imagen-3"], by_id["google/imagen-4"]
    assert (gone["isRetired"], gone["isActive"], gone[name]) == (True, False, "google/imagen-4")
    assert (offered["isRetired"], offered["isActive"], name in offered) == (False, True, False)
    assert "google/imagen-3" not in client.get("/v1/models").text


def test_a_model_retires_while_the_sandbox_runs_and_can_be_brought_back(client: Client) -> None:
    wish = {"model": "recraft/recraft-v3", "replacement": "recraft/recraft-v4"}
    assert asked(client, wish["model"]).status_code == 200
    told = client.post("/_sandbox/retired", json=wish).json()["retired"]
    assert told[wish["model"]] == wish["replacement"]
    details = refused(asked(client, wish["model"]), 410, "model_retired")
    assert details == {"replacement_model": wish["replacement"]}
    assert listed(client)[wish["model"]]["isRetired"] is True
    assert wish["model"] not in client.get("/v1/models").text
    client.delete("/_sandbox/retired")
    assert asked(client, wish["model"]).status_code == 200
    assert asked(client, "google/imagen-3").status_code == 410


def test_a_model_may_retire_without_a_replacement(client: Client) -> None:
    client.post("/_sandbox/retired", json={"model": "google/imagen-4"})
    assert refused(asked(client, "google/imagen-4"), 410, "model_retired") == {}
    assert "replacementModel" not in listed(client)["google/imagen-4"]


def test_a_price_that_is_set_is_listed_and_billed(client: Client) -> None:
    model = "google/gemini-3.1-flash-image"
    client.post("/_sandbox/prices", json={"model": model, "size": "1K", "usd": "0.123"})
    prices = [row["priceUsd"] for row in listed(client)[model]["primaryPricingRows"]]
    assert prices == ["0.045", "0.123", "0.101"]
    client.generate(size="1K", n=4)
    assert client.bill()["micros"] == 492_000
    told = client.post("/_sandbox/prices", json={"model": model, "usd": 0.0125}).json()["micros"]
    assert told[model] == {"512": 12_500, "1K": 12_500, "2K": 12_500}
    assert listed(client)[model]["primaryPricingRows"][0]["priceUsd"] == "0.012500"
    assert client.delete("/_sandbox/prices").json()["micros"][model]["1K"] == 67_000


@pytest.mark.parametrize(
    ("control", "wish", "status"),
    [
        ("retired", {"model": "google/nothing"}, 404),
        ("retired", {"replacement": "google/imagen-4"}, 400),
        ("retired", {"model": "google/imagen-4", "since": 1}, 400),
        ("prices", {"model": "google/nothing", "usd": "1"}, 404),
        ("prices", {"model": "google/imagen-4"}, 400),
        ("prices", {"model": "google/imagen-4", "usd": "free"}, 400),
        ("prices", {"model": "google/imagen-4", "usd": "NaN"}, 400),
        ("prices", {"model": "google/imagen-4", "usd": -1}, 400),
        ("prices", {"model": "google/imagen-4", "usd": "0.0000001"}, 400),
        ("prices", {"model": "google/imagen-4", "usd": "1", "size": "1K"}, 400),
    ],
)
def test_a_turn_of_the_catalogue_that_makes_no_sense_is_refused(
    client: Client, control: str, wish: dict[str, Any], status: int
) -> None:
    before = client.get(f"/_sandbox/{control}").json()
    assert client.post(f"/_sandbox/{control}", json=wish).status_code == status
    assert client.get(f"/_sandbox/{control}").json() == before
