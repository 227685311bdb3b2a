"""Every size in every shape, and the weight of a second reference, of any model."""

import base64
import re
from typing import Any

import httpx
import pytest

from tests.rings import matrix
from tests.tryon.conformance.comparing import compare, control, elsewhere, outcome, outcomes, row, rows_of
from tryon.conformance.budget import Budget
from tryon.conformance.rows.grid import grid_rows
from tryon.conformance.rows.models import GEMINI
from tryon.conformance.sample_pictures import RED, png
from tryon.gateway import CatalogueModel
from tryon.rules.model_families import RATIOS, SIZES
from tryon.sandbox.server import Sandbox

NANO, RECRAFT = "google/gemini-nano-banana-2.1", "recraft/recraft-v4"
CELLS = [(size, ratio) for size in ("512", "1K", "2K") for ratio in RATIOS]


def plant(sandbox: Sandbox, fault: str, **options: Any) -> None:
    """Until the end of the test."""
    control(sandbox, "faults", [{"on": "generations", "fault": fault, "times": None} | options])


def refuse_size(sandbox: Sandbox, size: str, **options: Any) -> None:
    said = {"status": 400, "details": {"param": "size"}, "message": "size must be one of 1K, 2K"}
    plant(sandbox, "status", size=size, **said | options)


def other(ratio: str) -> str:
    return next(each for each in RATIOS if each != ratio)


def test_every_size_is_asked_for_in_every_shape_and_each_picture_is_paid_once() -> None:
    bodies = [row.body for row in grid_rows(GEMINI) if row.body]
    with_one = [(body["size"], body["aspect_ratio"]) for body in bodies if "file_id" in body]
    assert sorted(with_one) == sorted((size, ratio) for size in SIZES for ratio in RATIOS)
    assert [body["aspect_ratio"] for body in bodies if "file_ids" in body] == list(RATIOS)
    assert len(bodies) == 20


@pytest.mark.parametrize("ratio", matrix(reversed(RATIOS), first=2))
def test_a_gateway_that_drops_a_reference_at_one_shape_is_found(sandbox: Sandbox, ratio: str) -> None:
    plant(sandbox, "fewer_references", aspect_ratio=ratio)
    names = [f"grid.two.{each.replace(':', 'x')}" for each in (ratio, other(ratio))]
    (found, well), _ = outcomes(sandbox, map(row, names))
    assert (found.mark, found.documented, well.mark) == ("differs", True, "ok")
    assert "blue 0%" in found.came


def test_a_gateway_that_drops_all_references_is_found(sandbox: Sandbox) -> None:
    plant(sandbox, "fewer_references", count=0)
    for name in ("grid.two.1x1", "grid.512.3x4"):
        found, _ = outcome(sandbox, name)
        assert (found.mark, found.documented) == ("differs", True)
        assert "red 0%" in found.came


@pytest.mark.parametrize("cell", matrix(CELLS, first=2))
@pytest.mark.parametrize("wrong", ["shape", "size"])
def test_a_picture_of_another_size_or_shape_is_found_in_each_cell(
    sandbox: Sandbox, cell: tuple[str, str], wrong: str
) -> None:
    size, ratio = cell
    to = (
        {"to_aspect_ratio": other(ratio)}
        if wrong == "shape"
        else {"to_size": "1K" if size != "1K" else "512"}
    )
    plant(sandbox, "resized", size=size, aspect_ratio=ratio, **to)
    name = ratio.replace(":", "x")
    found, _ = outcome(sandbox, f"grid.{size}.{name}")
    assert (found.mark, found.documented) == ("differs", True)
    assert re.fullmatch(rf"another {wrong}: \d+ x \d+ pixels", found.came)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"details": {}, "message": "size '512' is not supported"},
        {"details": {}, "message": "This model makes no pictures of 512px."},
        {"details": {"param": "generationConfig.imageConfig.imageSize"}, "type": "provider_error"},
        {"type": "invalid_request_error"},
    ],
)
def test_a_model_that_refuses_a_size_is_told_as_not_offering_it(
    sandbox: Sandbox, told: dict[str, Any]
) -> None:
    refuse_size(sandbox, "512", **told)
    found, budget = outcomes(sandbox, [row for row in rows_of("grid") if row.size == "512"])
    assert [each.mark for each in found] == ["skipped"] * 5
    assert all(each.came.startswith("not offered at 512 (400 ") for each in found)
    assert budget.spent == control(sandbox, "bill")["micros"] == 0


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ("512", {"details": {"param": "prompt"}}),
        ("512", {"details": {}, "message": "this prompt cannot be used"}),
        ("512", {"status": 500}),
        ("1K", {}),
    ],
)
def test_any_other_refusal_is_a_difference(sandbox: Sandbox, size: str, told: dict[str, Any]) -> None:
    refuse_size(sandbox, size, **told)
    found, _ = outcome(sandbox, f"grid.{size}.1x1")
    assert (found.mark, found.documented) == ("differs", True)


def test_a_size_that_is_made_in_one_shape_and_refused_in_another_is_a_difference(sandbox: Sandbox) -> None:
    refuse_size(sandbox, "512", aspect_ratio="9:16")
    found, _ = outcomes(sandbox, [row for row in rows_of("grid") if row.size == "512"])
    assert [each.mark for each in found] == ["ok", "ok", "ok", "differs", "ok"]
    assert found[3].documented


def test_a_size_that_is_refused_in_one_shape_and_made_in_another_is_a_difference(sandbox: Sandbox) -> None:
    refuse_size(sandbox, "2K", aspect_ratio="1:1")
    refused, made = (row(f"grid.2K.{shape}") for shape in ("1x1", "3x4"))
    found, budget = outcomes(sandbox, [refused, made])
    assert [(each.mark, each.documented) for each in found] == [("skipped", False), ("differs", True)]
    assert found[1].came == "200 with 1 picture, and in another shape a refusal"
    assert budget.spent == found[1].micros == 250_000


def test_a_model_without_a_size_is_not_asked_for_it(sandbox: Sandbox) -> None:
    rows = grid_rows(NANO)
    small = [row for row in rows if row.size == "512"]
    found, budget = outcomes(sandbox, [*small, rows[0]])
    assert [each.came for each in found[:5]] == ["not offered at 512"] * 5
    assert (found[5].mark, budget.pictures, control(sandbox, "bill")["micros"]) == ("ok", 1, 34_000)


def test_a_model_whose_size_is_a_shape_is_asked_for_each(sandbox: Sandbox) -> None:
    found, _ = outcomes(sandbox, grid_rows(RECRAFT))
    assert [each.mark for each in found] == ["skipped"] * 5 + ["ok"] * 5
    assert [each.row.body["size"] for each in found[5:] if each.row.body] == list(RATIOS)


@pytest.mark.parametrize(
    "model", ["openai/gpt-image-2", "google/imagen-4", "xai/grok-imagine-image", "nobody/knows-this"]
)
def test_a_model_of_words_is_not_asked_at_all(sandbox: Sandbox, model: str) -> None:
    found, _ = outcomes(sandbox, grid_rows(model))
    assert {each.mark for each in found} == {"skipped"}
    assert all(each.came for each in found)
    assert control(sandbox, "calls")["rows"] == []


def test_a_picture_that_cannot_be_opened_fits_nothing() -> None:
    def answering(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/files":
            return httpx.Response(200, json={"id": "file_a"})
        cut = base64.b64encode(png(RED)[:200]).decode()
        return httpx.Response(200, json={"created": 1, "data": [{"b64_json": cut}]})

    (found,), _, _ = elsewhere(answering, [row("grid.512.1x1")])
    assert (found.mark, found.came) == ("differs", "a picture that cannot be opened (broken)")


def test_what_rows_can_cost_is_said_before_anything_is_sent(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(sandbox, "--family", "grid", "--costs") == 0
    said = capsys.readouterr().out.splitlines()
    assert re.match(r"\s*0\.067 USD  grid\.two\.9x16 +1K, 9:16, 2 references$", said[3])
    assert said[-2] == "20 of 20 rows could be charged, 1.400 USD in all, were every call taken."
    assert said[-1] == "No more than 0.500 USD is spent."
    assert {call["endpoint"] for call in control(sandbox, "calls")["rows"]} == {"models"}
    assert compare(sandbox, "--family", "grid", "--model", NANO, "--spend", "0") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "15 of 20 rows could be charged, 0.595 USD in all, were every call taken."
    assert control(sandbox, "bill")["pictures"] == 0


def test_the_sum_is_that_of_the_catalogues_prices() -> None:
    budget = Budget(1_000_000, [CatalogueModel(GEMINI, frozenset(), {"512": 1, "1K": 10, "2K": 100})])
    assert sum(map(budget.most, grid_rows(GEMINI))) == 5 * (1 + 10 + 10 + 100)


def test_the_model_of_the_grid_is_the_configured_one(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLMTR_MODEL", NANO)
    assert compare(sandbox, "--family", "grid", "--costs") == 0
    assert "0.595 USD in all" in capsys.readouterr().out
