"""The numbers for Prometheus: true to the rows, behind their token, and all shown on the board."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import time

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.factories import make_image, make_reference, make_tryon, make_user
from tests.live import ROOT, until
from tryon.models import Attempt, Budget, CircuitBreaker, GatewayFile, Generation, Result
from tryon.models.money.budget import Amount, counted_in
from tryon.models.states import PauseReason
from tryon.operations import health

QUEUES = [f"queue={queue}" for queue in health.QUEUES]

TOKEN = "a token of the tests, long enough"
GEMINI = "google/gemini-3.1-flash-image"
BOARD = ROOT / "docs/deploy/grafana.json"


@pytest.fixture(autouse=True)
def token(settings, tmp_path):
    settings.METRICS_TOKEN = TOKEN
    settings.SPOOL_DIR = tmp_path


def scrape() -> dict[str, dict[str, float]]:
    """name -> {labels in order: value} of everything that is told."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    told: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        told.setdefault(family.name, {})
        for sample in family.samples:
            labels = " ".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            told.setdefault(sample.name, {})[labels] = sample.value
    return told


def attempt(generation: Generation, status: str, seconds: float | None = None, **fields) -> Attempt:
    now = timezone.now()
    sent = now - dt.timedelta(seconds=seconds or 0)
    answered = None if status == "sending" else now
    given = {"model": GEMINI, "prompt": "p", "prompt_version": "1"} | fields
    return generation.attempts.create(fence=1, status=status, sent_at=sent, answered_at=answered, **given)


# Who may read -------------------------------------------------------------------------------------
@pytest.mark.parametrize("header", ["", "Bearer guessed", f"Basic {TOKEN}", TOKEN, "Bearer "])
def test_nobody_reads_them_without_the_token(db, header):
    answer = Client().get("/metrics", headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert b"tryon_" not in answer.content


def test_without_a_token_set_there_is_no_such_page(db, settings):
    settings.METRICS_TOKEN = ""

    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


# What they say ------------------------------------------------------------------------------------
def test_an_empty_site_tells_every_number_as_nothing(db, settings):
    settings.REDIS_URL = "unix:///nobody/listens/here"
    told = scrape()

    assert told["tryon_generations"] == {"state=queued": 0, "state=running": 0}
    assert told["tryon_oldest_wait_seconds"] == {"": 0}
    assert told["tryon_money_micros"]["kind=spent period=day"] == 0
    assert told["tryon_broker_up"] == {"": 0}
    assert told["tryon_workers"] == dict.fromkeys(QUEUES, 0)
    assert told["tryon_build_info"] == {f"revision= sandbox=1 version={django_settings.VERSION}": 1}


def test_what_waits_is_told_with_its_reason_and_age(db):
    make_tryon(make_user(), "queued", count=2)
    make_tryon(make_user(), "queued", waiting_for="service")
    make_tryon(make_user(), "running")
    oldest = Generation.objects.order_by("created_at").first()
    Generation.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - dt.timedelta(minutes=5))
    told = scrape()

    assert told["tryon_generations"] == {"state=queued": 3, "state=running": 1}
    assert told["tryon_generations_waiting"]["reason=turn"] == 2
    assert told["tryon_generations_waiting"]["reason=service"] == 1
    assert 299 < told["tryon_oldest_wait_seconds"][""] < 320


def test_what_ended_is_told_for_an_hour(db):
    for status in ("done", "done", "refused", "unknown"):
        make_tryon(make_user(), status)
    long_ago = timezone.now() - dt.timedelta(hours=2)
    Generation.objects.filter(status="unknown").update(ended_at=long_ago)
    Generation.objects.filter(status="done").update(created_at=timezone.now() - dt.timedelta(seconds=20))
    told = scrape()

    ended = told["tryon_generations_ended_1h"]
    assert (ended["state=done"], ended["state=refused"], ended["state=unknown"]) == (2, 1, 0)
    assert all(19 < seconds < 30 for seconds in told["tryon_wait_seconds"].values())


def test_calls_are_told_by_model_and_outcome_with_how_long_they_took(db):
    rows = make_tryon(make_user(), "done", count=4).generations.order_by("number")
    for generation, seconds in zip(rows, (4, 4, 4, 40), strict=True):
        attempt(generation, "ok", seconds)
    attempt(rows[0], "unbilled", 1)
    attempt(rows[1], "ok", 9, model="openai/gpt-image")
    attempt(make_tryon(make_user(), "running").generations.get(), "sending")
    told = scrape()

    assert told["tryon_calls_in_flight"] == {"": 1}
    assert told["tryon_calls_1h"] == {
        f"model={GEMINI} outcome=ok": 4,
        f"model={GEMINI} outcome=unbilled": 1,
        "model=openai/gpt-image outcome=ok": 1,
    }
    took = told["tryon_call_seconds"]
    assert took[f"model={GEMINI} percentile=50"] == pytest.approx(4, abs=0.1)
    assert took[f"model={GEMINI} percentile=99"] == pytest.approx(40, abs=0.1)


def test_money_is_told_as_the_budgets_have_it(db, settings):
    settings.SPEND_PER_DAY, settings.SPEND_PER_MONTH = 5, None
    keys = counted_in(make_user(), timezone.now())
    Budget.objects.reserve(keys, Amount(3, 201_000))
    Budget.objects.move(
        keys, reserved=Amount(-2, -134_000), spent=Amount(1, 67_000), at_risk=Amount(1, 67_000)
    )
    Budget.objects.create(scope="site month", period="2020-01", spent=1_000_000)
    told = scrape()

    kinds = [
        told["tryon_money_micros"][f"kind={kind} period=day"] for kind in ("reserved", "spent", "at_risk")
    ]
    assert kinds == [67_000, 67_000, 67_000]
    assert told["tryon_money_cap_micros"] == {"period=day": 5_000_000}
    assert told["tryon_spent_micros_total"] == {"": 1_067_000}


def test_a_paused_line_is_told_with_its_reason(db):
    CircuitBreaker.objects.pause("account", GEMINI, PauseReason.RETIRED, 600)
    CircuitBreaker.objects.pause("account", "", PauseReason.BALANCE, 600)
    told = scrape()

    assert told["tryon_line_paused"] == {
        f"line={GEMINI} reason=retired": 1,
        "line=every model reason=balance": 1,
    }


def test_what_rests_here_and_at_the_gateway_is_counted(db, settings, tmp_path):
    owner = make_user()
    make_image(owner)
    make_image(owner, rendered_at=timezone.now())
    for hours in (1, 20, 100):  # inside the margin, on its last day, young
        row = GatewayFile.objects.begin(make_reference(owner, "garment"), "account")
        row.arrived("file", timezone.now() - dt.timedelta(hours=settings.FILE_LIFETIME_HOURS - hours))
    whole = tmp_path / "whole.json"
    whole.write_text("{}")
    os.utime(whole, (time.time() - 90,) * 2)
    (tmp_path / "half.json.partial").write_text("{")
    told = scrape()

    assert told["tryon_pictures_without_renditions"] == {"": 1}
    assert told["tryon_gateway_files"] == {"state=live": 2, "state=ending": 1}
    assert told["tryon_spool_files"] == {"": 1}
    assert 89 < told["tryon_spool_oldest_seconds"][""] < 110
    assert told["tryon_disk_free_bytes"][""] > 0


def test_workers_and_the_broker_are_told(worker):
    until(lambda: scrape()["tryon_workers"] == dict.fromkeys(QUEUES, 1))

    assert scrape()["tryon_broker_up"] == {"": 1}


def test_numbers_cost_the_same_queries_however_many_rows(db, django_assert_max_num_queries):
    for _ in range(5):
        make_tryon(make_user(), "done", count=4)
    with django_assert_max_num_queries(17):
        scrape()


def test_no_number_names_anybody(db):
    owner = make_user("penelope")
    tryon = make_tryon(owner, "done")
    attempt(tryon.generations.get(), "ok", 3)
    told = str(scrape())

    assert "penelope" not in told
    assert str(tryon.pk) not in told


# The board ----------------------------------------------------------------------------------------
def panels() -> list[dict]:
    board = json.loads(BOARD.read_text())
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_the_board_has_what_grafana_imports():
    board = json.loads(BOARD.read_text())

    assert board["id"] is None
    assert {"title", "uid", "schemaVersion", "time", "templating", "panels"} <= set(board)
    assert board["templating"]["list"][0]["type"] == "datasource"
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in panels():
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        refs = [target["refId"] for target in panel["targets"]]
        assert refs
        assert len(set(refs)) == len(refs)


def test_the_board_shows_every_number_and_asks_for_none_that_does_not_exist(db):
    asked = {
        name
        for panel in panels()
        for target in panel["targets"]
        for name in re.findall(r"tryon_\w+", target["expr"])
    }
    exist = {name for name in scrape() if not name.endswith("_created")}

    assert asked - exist <= {"tryon_sweep_age_seconds"}  # told once beat has run
    assert exist - asked - {"tryon_spent_micros"} == set()


def test_the_board_uses_only_labels_that_exist(db):
    make_tryon(make_user(), "done")
    attempt(Generation.objects.get(), "ok", 3)
    Result.objects.update(deviation="size")
    CircuitBreaker.objects.pause("account", "", PauseReason.BALANCE, 600)
    samples = [name for labels in scrape().values() for name in labels]
    labels = {label.partition("=")[0] for name in samples for label in name.split(" ")}
    for panel in panels():
        for target in panel["targets"]:
            for selector in re.findall(r"\{([^}]*)\}", target["expr"]):
                assert set(re.findall(r"(\w+)=", selector)) <= labels
            assert set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))) <= labels | {"instance"}


def test_every_number_is_explained_to_operators(db):
    explained = (ROOT / "docs/operations.md").read_text()

    assert [name for name in scrape() if name not in explained and f"{name}_total" not in explained] == []
