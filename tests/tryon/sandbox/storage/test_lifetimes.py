"""Models that come and go by the sandbox's clock."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.tryon.sandbox.client import MODEL, Client, client_of, refused
from tryon.sandbox.server import Sandbox

DAY = 24 * 3600
NANO = "google/gemini-nano-banana-2.1"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC).timestamp()


def set_lifetime(client: Client, **fields: Any) -> dict[str, Any]:
    answer = client.post("/_sandbox/lifetimes", json=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["lifetimes"])


def listed(client: Client, address: str = "/api/models") -> dict[str, dict[str, Any]]:
    rows = client.get(address).json()["data"]
    return {row.get("canonicalId") or row["id"]: row for row in rows}


def in_both_lists(client: Client, model: str) -> bool:
    (both,) = {model in listed(client, address) for address in ("/v1/models", "/api/models")}
    return both


def ask(client: Client, model: str, **fields: Any) -> int:
    """The status of a call that would paint nothing: it is refused for its count, where not for its model."""
    return client.generate(model=model, n=9, **fields).status_code


def test_a_model_comes_and_goes_by_the_clock(client: Client) -> None:
    client.move_clock(set=NOON)
    set_lifetime(client, model=NANO, offered_from=NOON + DAY, retires_at=NOON + 40 * DAY, replacement=MODEL)
    assert not in_both_lists(client, NANO)
    refused(client.generate(model=NANO), 404, "model_not_found")
    client.move_clock(advance=DAY + 60)
    assert in_both_lists(client, NANO)
    assert ask(client, NANO) == 400
    client.move_clock(set=NOON + 40 * DAY)
    assert not in_both_lists(client, NANO)
    assert refused(client.generate(model=NANO), 410, "model_retired") == {"replacement_model": MODEL}
    assert client.bill()["rows"] == []
    client.delete("/_sandbox/lifetimes")
    assert in_both_lists(client, NANO)
    assert ask(client, NANO) == 400


def test_a_model_may_go_without_a_word_of_what_takes_its_place(client: Client) -> None:
    set_lifetime(client, model=MODEL, retires_at="2020-01-01")
    assert not in_both_lists(client, MODEL)
    assert refused(client.generate(), 410, "model_retired") == {}


def test_what_can_edit_comes_and_goes_too(client: Client) -> None:
    grok = "xai/grok-imagine-image"
    set_lifetime(client, model=grok, retires_at="2020-01-01", replacement=f"{grok}-quality")
    edit = {"model": grok, "prompt": "green", "image": "https://shop.example/a.png"}
    assert refused(client.post("/v1/images/edits", json=edit), 410, "model_retired")
    assert grok not in client.get("/api/models?operation=IMAGES_EDITS").text.replace(f"{grok}-quality", "")


@pytest.mark.parametrize("shape", ["list", "data", "models"])
@pytest.mark.parametrize(
    ("spelling", "said"),
    [
        ("deprecationDate", "2030-03-01"),
        ("retirement_date", "2030-03-01"),
        ("deprecated_at", "2030-03-01T00:00:00Z"),
        ("sunset_at", "2030-03-01T00:00:00Z"),
    ],
)
def test_an_announced_end_is_told_in_both_lists(client: Client, shape: str, spelling: str, said: str) -> None:
    client.post("/_sandbox/catalogue", json={"date": spelling, "shape": shape})
    client.move_clock(set=NOON)
    set_lifetime(client, model=MODEL, retires_at="2030-03-01", replacement=NANO)
    data = client.get("/api/models").json()["data"]
    rows = data if shape == "list" else data[shape]
    told = {row.get("canonicalId") or row["id"]: row for row in rows}
    assert (told[MODEL][spelling], told[MODEL]["isActive"], told[MODEL]["isRetired"]) == (said, True, False)
    assert NANO in (told[MODEL].get("replacementModel"), told[MODEL].get("replacement_model"))
    assert spelling not in told[NANO]
    assert listed(client, "/v1/models")[MODEL][spelling] == said
    assert ask(client, MODEL) == 400, "an announced model is served until it goes"


def test_a_lifetime_is_set_at_the_start_and_kept_over_restarts(tmp_path: Path) -> None:
    lifetime = {"model": MODEL, "offered_from": "2020-01-01T12:00:00+02:00", "retires_at": NOON}
    with Sandbox(tmp_path, lifetimes=[lifetime]) as sandbox, client_of(sandbox) as client:
        assert client.get("/_sandbox/lifetimes").json()["lifetimes"] == {
            MODEL: {"offered_from": 1_577_872_800.0, "retires_at": NOON, "replacement": ""}
        }
        client.move_clock(set=NOON + 1)
    with Sandbox(tmp_path) as sandbox, client_of(sandbox) as client:
        assert ask(client, MODEL) == 410


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"model": "google/nothing", "retires_at": 0}, 404),
        ({"retires_at": 0}, 400),
        ({"model": MODEL, "until": 0}, 400),
        ({"model": MODEL, "replacement": None}, 400),
        ({"model": MODEL, "retires_at": "soon"}, 400),
        ({"model": MODEL, "retires_at": True}, 400),
        ({"model": MODEL, "retires_at": -1}, 400),
        ({"model": MODEL, "offered_from": [1]}, 400),
        ({"model": MODEL, "offered_from": 1e300}, 400),
    ],
)
def test_a_lifetime_that_makes_no_sense_is_refused(client: Client, wish: dict[str, Any], status: int) -> None:
    assert client.post("/_sandbox/lifetimes", json=wish).status_code == status
    assert client.get("/_sandbox/lifetimes").json() == {"lifetimes": {}}


def test_what_a_model_takes_is_told_when_asked_for(client: Client) -> None:
    assert "maxImages" not in listed(client)[NANO]
    told = client.post("/_sandbox/catalogue", json={"limits": True}).json()
    assert told == {"shape": "list", "date": "deprecationDate", "limits": True}
    nano, imagen = (listed(client)[name] for name in (NANO, "google/imagen-4"))
    ratios = ["1:1", "3:4", "4:3", "9:16", "16:9"]
    assert (nano["supportedSizes"], nano["supportedAspectRatios"]) == (["1K", "2K"], ratios)
    assert (nano["maxReferenceImages"], nano["maxImages"]) == (8, 4)
    assert (imagen["supportedSizes"], imagen["maxReferenceImages"], imagen["maxImages"]) == ([], 0, 1)


@pytest.mark.parametrize(
    "wish", [{}, {"shape": "round"}, {"date": "endsAt"}, {"date": []}, {"limits": 1}, {"list": True}]
)
def test_a_listing_that_makes_no_sense_is_refused(client: Client, wish: dict[str, Any]) -> None:
    before = client.get("/_sandbox/catalogue").json()
    assert client.post("/_sandbox/catalogue", json=wish).status_code == 400
    assert client.get("/_sandbox/catalogue").json() == before


def test_nano_banana_makes_no_512(client: Client) -> None:
    answer = client.generate(model=NANO, size="512")
    assert refused(answer, 400, "invalid_request") == {"param": "size"}
    assert client.generate(model=NANO, size="1K").status_code == 200
    assert (client.bill()["pictures"], client.bill()["micros"]) == (1, 34_000)
