"""What runs by itself, and what it tells the operator."""

from __future__ import annotations

import datetime as dt
import os
import time
import uuid
from pathlib import Path

import pytest
import time_machine
from django.core.checks import run_checks
from django.utils import timezone

from tests.tryon.making import accepted, only_generation, sent_and_died, spool_an_answer, swept
from tryon.accounts.models import User
from tryon.gateway import spool
from tryon.models import Budget, CircuitBreaker, Generation, Price
from tryon.models.states import PauseReason
from tryon.pipeline import model_catalogue, recovery, run
from tryon.pipeline.gateway_client import gateway_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


def said(settings) -> list[str]:
    return [f"{message.id} {message.msg}" for message in run_checks(tags=["tryon"])]


def test_a_whole_configuration_has_nothing_to_say(settings):
    settings.REDIS_URL = "redis://somewhere"
    assert said(settings) == []


@pytest.mark.parametrize("name", ["SECRET_KEY_GIVEN", "LLMTR_API_KEY", "REDIS_URL"])
def test_what_is_missing_is_named_with_what_to_set(settings, name):
    setattr(settings, name, "")
    [found] = run_checks(tags=["tryon"])
    assert found.msg.startswith(name.removesuffix("_GIVEN"))
    assert found.hint


def test_a_value_that_means_nothing_is_named(settings):
    settings.SIGNUP, settings.REVIEW, settings.PICTURES_PER_CALL = "maybe", "never", 9
    assert [line[:10] for line in said(settings)] == ["tryon.E004", "tryon.E005", "tryon.E006"]


def test_a_line_that_waits_for_the_operator_is_told_by_check_and_log(settings, caplog):
    CircuitBreaker.objects.pause(gateway_client().account, "", PauseReason.BALANCE, 600)
    assert said(settings) == [
        "tryon.W001 Try-ons are paused for every model: The gateway account has no balance"
    ]
    assert "The gateway account has no balance" in caplog.text
    CircuitBreaker.objects.pause(gateway_client().account, "", PauseReason.RATE_LIMITED, 600)
    assert said(settings) == [], "what ends by itself needs nobody"


def test_prices_are_learned_from_the_gateway_and_used(gateway, owner):
    model = "google/gemini-3.1-flash-image"
    model_catalogue.sync()
    rows = Price.objects.count()
    assert rows
    model_catalogue.sync()
    assert Price.objects.count() == rows, "a price that did not change is no news"
    Price.objects.learn(model, "512", 12_345)
    assert Price.objects.of_picture(model, "512") == 12_345
    assert only_generation(accepted(owner)).reserved_micros == 12_345


def test_without_an_answer_the_known_prices_stay():
    Price.objects.learn("m", "1K", 5)
    model_catalogue.sync()
    assert Price.objects.of_picture("m", "1K") == 5


def test_one_answer_that_cannot_be_kept_does_not_keep_the_others(gateway, owner):
    spoiled, good = accepted(owner), accepted(owner, key="two")
    first, second = sent_and_died(spoiled), sent_and_died(good)
    spool_an_answer(gateway, second)
    run.spooled(first).mkdir(parents=True)  # cannot be read as a file
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=6)):
        swept()
    assert only_generation(good).status == Generation.Status.DONE
    run.spooled(first).rmdir()


@pytest.mark.both_databases
def test_what_a_killed_run_left_is_settled_when_the_next_one_begins(gateway, owner):
    sent, whole, claimed = (accepted(owner, key=key) for key in ("sent", "whole", "claimed"))
    sent_and_died(sent)
    spool_an_answer(gateway, sent_and_died(whole))
    Generation.objects.claim(only_generation(claimed).pk)
    recovery.take_over()
    states = [only_generation(tryon).status for tryon in (sent, whole, claimed)]
    assert states == ["unknown", "done", "queued"]


def test_half_answers_of_dead_workers_are_removed_when_no_call_can_still_write_them(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    old, new = tmp_path / f"{uuid.uuid4()}.json.partial", tmp_path / f"{uuid.uuid4()}.json.partial"
    for half in (old, new):
        half.write_bytes(b'{"data": [')
    os.utime(old, (time.time() - 700,) * 2)
    recovery.sweep_spool()
    assert list(Path(tmp_path).iterdir()) == [new]


def test_an_answer_is_not_swept_away_while_a_worker_that_was_paused_still_writes_it(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    body = tmp_path / f"{uuid.uuid4()}.json"
    with spool.open_partial(body) as file:
        os.utime(spool.partial(body), (time.time() - 700,) * 2)
        recovery.sweep_spool()
        file.write(b"{}")
    spool.keep(body)
    assert body.read_bytes() == b"{}"


@pytest.mark.both_databases
def test_one_claim_that_cannot_be_settled_does_not_keep_the_others(gateway, owner, settings):
    first, second = accepted(owner, key="one"), accepted(owner, key="two")
    rows = [Generation.objects.claim(only_generation(tryon).pk) for tryon in (first, second)]
    for row in rows:
        assert row.intend(model="m", prompt="", prompt_version="")
    key = ["owner 0 day", f"{rows[0].created_at:%Y-%m-%d}"]  # a row that holds nothing of it
    Budget.objects.create(scope=key[0], period=key[1])
    Generation.objects.filter(tryon=first).update(budget_keys=[key])
    Generation.objects.end_leases()
    swept()
    assert only_generation(first).status == Generation.Status.RUNNING
    assert only_generation(second).status == Generation.Status.UNKNOWN
