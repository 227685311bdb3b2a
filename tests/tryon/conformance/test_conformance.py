"""The table beside the sandbox, beside a sandbox with faults, and beside gateways that take everything."""

import base64
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.tryon.conformance.comparing import (
    ELSEWHERE,
    SECRET,
    compare,
    control,
    elsewhere,
    outcome,
    row,
    rows_of,
)
from tryon.conformance import report
from tryon.conformance.__main__ import main
from tryon.conformance.budget import Budget
from tryon.conformance.rows.models import ALL, GEMINI, MADE_UP
from tryon.conformance.sample_pictures import data_url, kind, pixels, png, sample
from tryon.conformance.table import TABLE
from tryon.gateway import CatalogueModel
from tryon.sandbox.server import KEY, Sandbox

DOCS = Path(__file__).resolve().parents[3] / "docs" / "gateway.md"


class Careless:
    """Takes whatever is sent, makes as many pictures as are asked for, and counts them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.micros = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/files":
            return httpx.Response(200, json={"id": f"file_{len(self.calls)}"})
        if request.method == "GET":
            return httpx.Response(200, json={"data": []})
        body = json.loads(request.read())
        self.calls.append((request.url.path, body))
        wanted = max(1, int(body.get("n", 1)))
        self.micros += wanted * 250_000
        picture = base64.b64encode(png(0)).decode()
        return httpx.Response(200, json={"created": 1, "data": [{"b64_json": picture}] * wanted})


def test_the_sandbox_keeps_every_row_of_the_table(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    options = ("--spend", "20", "--address", "https://shop.example/a.png", "--json", str(file))
    assert compare(sandbox, *options) == 0
    told = json.loads(file.read_text())
    assert [(row["name"], row["result"], row["came"]) for row in told["rows"] if row["result"] != "ok"] == []
    assert [row["name"] for row in told["rows"]] == [row.name for row in TABLE]
    assert {assumption["verdict"] for assumption in told["assumptions"]} == {"confirmed"}
    bill = control(sandbox, "bill")
    assert told["pictures"] == bill["pictures"] > 30
    assert bill["micros"] <= told["spent_micros_usd"] <= told["bound_micros_usd"]


@pytest.mark.parametrize("shape", ["list", "data", "models"])
def test_the_catalogue_is_read_in_each_of_its_shapes(sandbox: Sandbox, shape: str) -> None:
    control(sandbox, "catalogue", {"shape": shape})
    assert compare(sandbox, "--family", "catalogue") == 0


def test_a_catalogue_in_a_fourth_shape_differs() -> None:
    def answering(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"models": {"everything": []}})

    outcomes, _, _ = elsewhere(answering, rows_of("catalogue"))
    assert [outcome.mark for outcome in outcomes] == ["differs", "differs"]


@pytest.mark.parametrize(
    ("name", "fault", "came"),
    [
        ("gemini.words", {"fault": "status", "status": 500}, "500 internal_error"),
        ("gemini.words", {"fault": "html"}, "502 without an error envelope"),
        ("gemini.words", {"fault": "redirect"}, "302"),
        ("gemini.words", {"fault": "empty"}, "200 without a picture"),
        ("gemini.words", {"fault": "no_picture"}, "no b64_json"),
        ("gemini.words", {"fault": "url"}, "an entry with url, revised_prompt and no b64_json"),
        ("gemini.words", {"fault": "not_a_picture"}, "are no PNG, JPEG or WebP"),
        ("gemini.words", {"fault": "truncate"}, "no whole answer"),
        ("gemini.words", {"fault": "drop_after"}, "no whole answer"),
        ("recraft.recraft-v4", {"fault": "url", "url": "http://127.0.0.2/a.png"}, "cannot be fetched"),
        ("recraft.recraft-v4", {"fault": "data_url"}, "no url"),
        ("files.png", {"on": "files", "fault": "status", "status": 400}, "400 invalid_request"),
        ("catalogue.prices", {"on": "models", "fault": "html"}, "502 without an error envelope"),
    ],
)
def test_what_differs_from_the_documents_is_found_and_said(
    sandbox: Sandbox, name: str, fault: dict[str, Any], came: str
) -> None:
    name = next(row.name for row in TABLE if row.name.startswith(name))
    control(sandbox, "faults", [{"on": "generations"} | fault])
    found, _ = outcome(sandbox, name)
    assert (found.mark, found.documented) == ("differs", True)
    assert came in found.came
    line = report.line(found, 0)
    assert line.startswith(f"differs  {name}")
    assert "expected 200" in line
    assert came in line


def test_a_difference_is_printed_and_is_the_exit_code(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    control(
        sandbox, "faults", [{"on": "files", "fault": "status", "status": 400, "message": "not\x1b[2J today"}]
    )
    assert compare(sandbox, "--family", "files") == 1
    said = capsys.readouterr().out
    assert re.search(
        r"^differs  files\.png .*expected 200 .*came 400 invalid_request: not \[2J today$", said, re.M
    )
    assert "1 differ from the documents" in said
    assert said.count("files.png") == 2, "once in its place, once at the end"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("gemini.n.5", httpx.Response(400, json={"error": {"message": "no", "type": "auth_error"}})),
        ("gemini.n.5", httpx.Response(422, json={"error": {"message": "no", "type": "invalid_request"}})),
        ("gemini.n.5", httpx.Response(400, json={"error": {"type": "invalid_request"}})),
        ("gemini.n.5", httpx.Response(400, text="<h1>Bad Request</h1>")),
        (
            "gemini.edits",
            httpx.Response(
                400,
                json={"error": {"message": "no", "type": "unsupported_operation", "details": {"hint": "a"}}},
            ),
        ),
    ],
)
def test_a_refusal_in_another_form_differs(name: str, answer: httpx.Response) -> None:
    (found,), budget, _ = elsewhere(lambda request: answer, [row(name)], bound=5_000_000)
    assert (found.mark, found.documented) == ("differs", True)
    assert budget.spent == 0, "a 4xx is not billed"


def test_an_assumption_that_fails_is_refuted_and_no_difference(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    control(sandbox, "faults", [{"on": "generations", "fault": "fewer", "match": "white sheet"}])
    found, _ = outcome(sandbox, "gemini.n.4")
    assert (found.mark, found.documented) == ("differs", False)
    told = report.assumptions([found.row], [found])
    assert [(each["verdict"], each["came"]) for each in told] == [
        ("refuted", {"gemini.n.4": "200 with 3 pictures"})
    ]


def test_a_gateway_that_takes_everything_is_never_asked_for_more_than_the_bound() -> None:
    careless = Careless()
    generating = [row for row in TABLE if row.pictures]
    outcomes, budget, _ = elsewhere(careless, generating, bound=1_300_000)
    assert 0 < careless.micros <= budget.spent <= 1_300_000
    assert {outcome.mark for outcome in outcomes} == {"differs", "skipped"}
    skipped = [outcome.came for outcome in outcomes if outcome.mark == "skipped"]
    assert "may cost 0.250 USD, and 0.050 USD of 1.300 USD are left" in skipped


def test_a_bound_of_nothing_sends_nothing_that_could_make_a_picture(sandbox: Sandbox) -> None:
    assert compare(sandbox, "--spend", "0") == 0
    endpoints = {call["endpoint"] for call in control(sandbox, "calls")["rows"] if call["status"] != 400}
    assert "generations" not in endpoints
    assert control(sandbox, "bill")["pictures"] == 0


def test_a_call_without_an_answer_counts_as_paid_in_full(sandbox: Sandbox) -> None:
    control(sandbox, "faults", [{"on": "generations", "fault": "drop_after"}])
    found, budget = outcome(sandbox, "gemini.n.4")
    assert found.micros == budget.spent == 4 * 250_000


def test_the_price_of_the_catalogue_is_believed_by_size_and_else_the_highest() -> None:
    prices = {"512": 45_000, "1K": 67_000, "2K": 101_000}
    budget = Budget(1, (CatalogueModel(GEMINI, frozenset(), prices),))
    asked = ("gemini.words", "gemini.1K", "gemini.plain", "gemini.edits", "imagen.n")
    assert [budget.price(row(name)) for name in asked] == [45_000, 67_000, 101_000, 250_000, 250_000]
    assert budget.most(row("gemini.n.4")) == 4 * 45_000


def test_calls_for_which_accounts_were_suspended_stay_at_home() -> None:
    careless = Careless()
    outcomes, _, _ = elsewhere(careless, list(TABLE), bound=1_000_000_000)
    bodies = [body for _, body in careless.calls]
    assert len(bodies) > 60
    assert all(body.get("prompt") and body.get("model") in ALL for body in bodies)
    kept = [outcome for outcome in outcomes if outcome.row.rude]
    assert all("--rude only" in outcome.came for outcome in kept)
    assert any(outcome.row.model == MADE_UP for outcome in kept)


def test_a_model_that_the_catalogue_does_not_list_is_not_asked_for() -> None:
    careless = Careless()
    listed = (CatalogueModel(GEMINI, frozenset(), {"": 1}),)
    elsewhere(careless, [row for row in TABLE if row.pictures], bound=1_000_000_000, models=listed)
    assert {body["model"] for _, body in careless.calls} == {GEMINI}


@pytest.mark.parametrize("status", [401, 402, 429])
def test_a_closed_door_ends_the_run(status: int) -> None:
    asked: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json={"error": {"message": "no", "type": "closed"}})

    outcomes, _, run = elsewhere(answering, rows_of("gemini"))
    assert len(asked) == 1
    assert run.stopped == f"{status} closed: no"
    assert {outcome.mark for outcome in outcomes} == {"skipped"}


def test_an_interrupted_call_counts_as_paid_and_is_the_last_one() -> None:
    asked: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise KeyboardInterrupt

    outcomes, budget, run = elsewhere(answering, [row("gemini.words"), row("gemini.1K")])
    assert (len(asked), run.stopped, budget.spent) == (1, "interrupted", 250_000)
    assert [outcome.mark for outcome in outcomes] == ["skipped", "skipped"]


def test_a_run_that_was_stopped_is_no_success(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--base-url", sandbox.url, "--key", "llmtr-wrong", "--family", "gemini"]) == 1
    assert "Stopped early: 401 auth_error" in capsys.readouterr().out
    sandbox.stop()
    assert compare(sandbox) == 1
    assert "cannot be reached" in capsys.readouterr().out


def test_the_key_is_never_said() -> None:
    def answering(request: httpx.Request) -> httpx.Response:
        words = f"{request.headers['authorization']} is not known"
        return httpx.Response(400, json={"error": {"message": words, "type": "odd"}})

    rows = rows_of("xai")
    outcomes, budget, run = elsewhere(answering, rows, bound=5_000_000)
    told = json.dumps(report.as_json(ELSEWHERE, rows, outcomes, budget, run.stopped))
    lines = [report.line(outcome, 0) for outcome in outcomes]
    assert any("Bearer [key] is not known" in line for line in lines)
    assert SECRET not in "".join(lines) + told


def test_the_key_may_come_from_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMTR_API_KEY", KEY)
    monkeypatch.setenv("LLMTR_BASE_URL", f"{sandbox.url}/v1")
    assert main(["--family", "gemini-2.5"]) == 0
    assert control(sandbox, "bill")["pictures"] == 1


@pytest.mark.parametrize(
    "options", [[], ["--base-url", "ftp://a", "--key", "k"], ["--spend", "much"], ["--spend=-1"]]
)
def test_a_call_that_cannot_work_says_how_to_make_it(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LLMTR_API_KEY", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_somebody_elses_gateway_gets_time_between_calls() -> None:
    careless = Careless()
    began = time.monotonic()
    elsewhere(careless, rows_of("xai")[:4], bound=100_000_000, pause=0.05)
    # Two uploads beside the four calls, and no wait before the first.
    assert time.monotonic() - began >= 5 * 0.05


def test_the_pictures_sent_are_what_they_say() -> None:
    assert [kind(sample(name)) for name in ("png", "jpg", "webp")] == ["PNG", "JPEG", "WebP"]
    assert sample("heic")[4:12] == b"ftypheic"
    assert pixels(sample("png")) == pixels(sample("jpg")) == (256, 256)
    assert len({data_url(number) for number in range(16)}) == 16


def test_every_row_has_a_name_of_its_own_and_the_page_names_those_that_test_an_assumption() -> None:
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)
    page = DOCS.read_text()
    for each in report.assumptions(TABLE, ()):
        assert any(f"`{name}`" in page for name in each["rows"]), each["says"]
