"""Paused lines: a gateway that refuses, is away or is silent gets no more calls, and no work is lost."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from tests.tryon.interleaving import meanwhile
from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, Generation
from tryon.models.circuit_breaker import EVERYTHING
from tryon.models.states import PauseReason
from tryon.pipeline import recovery, run
from tryon.pipeline.gateway_client import gateway_client

pytestmark = pytest.mark.django_db(transaction=True)

Status = Generation.Status


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


def ran(tryon) -> Generation:
    run.run_generation(only_generation(tryon).pk)
    return only_generation(tryon)


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (401, "auth_error", "key"),
        (402, "insufficient_balance", "balance"),
        (403, "forbidden", "forbidden"),
        (410, "model_retired", "retired"),
    ],
)
def test_a_refused_account_or_model_pauses_the_line_and_the_work_waits(
    gateway, owner, fault, status, kind, reason
):
    fault("status", status=status, type=kind, times=1)
    first, second = accepted(owner), accepted(owner, key="two")
    row = ran(first)
    waits_for = "model" if status == 410 else "line"
    assert (row.status, row.waiting_for, row.sends) == ("queued", waits_for, 0)
    [line] = CircuitBreaker.objects.for_operator()
    assert line.reason == reason
    waiting = ran(second)
    assert (waiting.status, waiting.waiting_for, waiting.attempts.count()) == ("queued", waits_for, 0)
    recovery.resume(line, owner)
    assert (ran(first).status, ran(second).status) == ("done", "done")


def test_a_paused_line_opens_by_itself_when_one_job_gets_through(gateway, owner, fault):
    fault("status", status=402, type="insufficient_balance")
    first, second = accepted(owner), accepted(owner, key="two")
    ran(first)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=True):
        wakes = run.run_generation(only_generation(second).pk)
        assert only_generation(second).status == Status.DONE
        assert only_generation(first).pk in {wake.id for wake in wakes}
        assert not CircuitBreaker.objects.paused().exists()
        assert ran(first).status == Status.DONE


def test_a_dead_gateway_counts_no_send_and_is_tried_by_one_job_at_a_time(owner, settings):
    first, second = accepted(owner), accepted(owner, key="two")
    row = ran(first)
    assert (row.status, row.waiting_for, row.sends) == ("queued", "service", 0)
    assert CircuitBreaker.objects.get().reason == PauseReason.UNREACHABLE
    ran(second)
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=61), tick=True):
        assert CircuitBreaker.objects.wait_for(gateway_client().account, first.model) is None
        assert CircuitBreaker.objects.wait_for(gateway_client().account, first.model) is not None


def test_the_stop_switch_stops_new_sends(gateway, owner, bill):
    tryon = accepted(owner)
    line = CircuitBreaker.objects.stop_everything(owner)
    assert (line.account, ran(tryon).status) == (EVERYTHING, "queued")
    assert bill()["pictures"] == 0
    recovery.resume(line, owner)
    assert ran(tryon).status == Status.DONE


def test_the_stop_switch_holds_a_call_that_a_worker_has_begun_to_prepare(gateway, owner, bill):
    tryon = accepted(owner)

    def stop() -> None:
        CircuitBreaker.objects.stop_everything(owner)

    with meanwhile(stop, before='SELECT "tryon_tryoninput"'):  # it has found the connection open before
        row = ran(tryon)
    assert (row.status, row.waiting_for, row.attempts.count()) == ("queued", "line", 0)
    assert bill()["pictures"] == 0


def test_a_silent_gateway_gets_no_more_calls_until_a_picture_comes(gateway, owner, fault, bill):
    tryons = [accepted(owner, key=str(n)) for n in range(7)]
    fault("drop_after", times=5)
    assert [ran(tryon).status for tryon in tryons[:5]] == [Status.UNKNOWN] * 5
    [line] = CircuitBreaker.objects.for_operator()
    assert line.reason == PauseReason.SILENT
    assert (ran(tryons[5]).status, bill()["pictures"]) == (Status.QUEUED, 5), "no call risks money now"
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=True):
        assert ran(tryons[5]).status == Status.DONE, "one goes ahead to try"
        assert ran(tryons[6]).status == Status.DONE


def test_one_picture_that_cannot_be_made_does_not_stop_the_others(gateway, owner, fault):
    tryons = [accepted(owner, key=str(n)) for n in range(6)]
    fault("status", status=502, type="provider_error", times=6)
    assert [ran(tryon).status for tryon in tryons] == [Status.UNKNOWN] * 6
    fault("drop_after", times=5)
    several = accepted(owner, key="several", wanted=4).generations.all()
    for each in several:
        run.run_generation(each.pk)
    assert {ran(accepted(owner, key="last")).status, *(each.status for each in several.all())} == {
        Status.UNKNOWN
    }
    assert not CircuitBreaker.objects.paused().exists()


def test_a_refused_request_tells_that_the_gateway_is_there_again(gateway, owner, fault, settings):
    first, second = accepted(owner, key="one"), accepted(owner, key="two")
    CircuitBreaker.objects.pause(
        gateway_client().account, "", PauseReason.UNREACHABLE, settings.BREAKER_SECONDS
    )
    assert ran(second).waiting_for == "line"
    fault("status", status=400, type="invalid_request")
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=31), tick=True):
        wakes = run.run_generation(only_generation(first).pk)
        assert only_generation(first).status == Status.FAILED
        assert [wake.id for wake in wakes] == [only_generation(second).pk]
        assert ran(second).status == Status.DONE
