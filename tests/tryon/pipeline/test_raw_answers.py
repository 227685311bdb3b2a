"""A paid answer that cannot be opened, or says something else, is never thrown away and never paid twice."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone

from gallery.models import AuditEntry, Image
from tests.tryon.making import accepted, only_generation, photo, sent_and_died, spool_an_answer, swept
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.models import Attempt, Budget, CircuitBreaker, Generation
from tryon.models.states import PauseReason
from tryon.pipeline import recovery, run
from tryon.pipeline.privacy import deletion

pytestmark = pytest.mark.django_db(transaction=True)

Status, Reason = Generation.Status, Generation.FailureReason


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


def ran(tryon) -> Generation:
    run.run_generation(only_generation(tryon).pk)
    return only_generation(tryon)


def site_day() -> tuple[int, int, int]:
    row = Budget.objects.get(scope="site day")
    return row.reserved, row.at_risk, row.spent


def kept(attempt: Attempt) -> bool:
    """Whether its raw answer rests in the storage."""
    return default_storage.exists(f"answers/{attempt.pk.hex[:2]}/{attempt.pk.hex}.json")


@pytest.fixture
def unreadable(gateway, owner, fault) -> Generation:
    fault("not_a_picture")
    return ran(accepted(owner))


def test_a_picture_that_cannot_be_opened_stays_and_its_money_is_at_risk(unreadable, bill):
    attempt = unreadable.attempts.get()

    assert (unreadable.status, unreadable.reason) == (Status.UNKNOWN, Reason.UNREADABLE)
    assert (attempt.status, attempt.http_status, attempt.error_type) == ("unknown", 200, "unreadable")
    with attempt.raw_answer.open() as raw:
        assert b"b64_json" in raw.read()
    assert site_day() == (0, 45_000, 0)
    assert bill()["pictures"] == 1
    assert reconcile.disagreements() == []
    assert not list(Path(run.spooled(attempt)).parent.glob(f"{attempt.pk}*"))


def test_five_that_cannot_be_opened_pause_nothing(gateway, owner, fault):
    fault("not_a_picture", times=5)
    for number in range(5):
        assert ran(accepted(owner, key=str(number))).reason == Reason.UNREADABLE

    assert not CircuitBreaker.objects.paused().exists()


def test_staff_open_it_later_and_it_is_paid_once(unreadable, bill):
    attempt = unreadable.attempts.get()
    told = json.dumps({"data": [{"b64_json": base64.b64encode(photo("teal")).decode()}]})
    name = str(attempt.raw_answer)
    assert recovery.reopen(attempt) is None, "nothing has changed"
    assert kept(attempt)

    Path(default_storage.path(name)).write_text(told)  # as after an update of ours that opens it
    messages = recovery.reopen(attempt)

    unreadable.refresh_from_db()
    assert (unreadable.status, unreadable.reason) == (Status.DONE, "")
    assert [message.task for message in messages] == ["render"]
    assert Image.objects.count() == 1
    assert not kept(attempt)
    assert site_day() == (0, 0, 45_000)
    assert bill()["pictures"] == 1
    assert reconcile.disagreements() == []


def test_it_goes_with_its_try_on(unreadable, owner):
    deletion.delete_tryon(unreadable.tryon, owner)

    attempt = unreadable.attempts.get()
    assert not kept(attempt)
    assert recovery.reopen(attempt) is None


def test_it_is_kept_for_thirty_days_and_no_longer(unreadable):
    attempt = unreadable.attempts.get()
    with time_machine.travel(timezone.now() + timezone.timedelta(days=29)):
        recovery.purge()
        assert kept(attempt)
    with time_machine.travel(timezone.now() + timezone.timedelta(days=31)):
        recovery.purge()
        assert not kept(attempt)
    assert only_generation(unreadable.tryon).status == Status.UNKNOWN, (
        "its money is still for staff to settle"
    )


def test_after_a_deletion_during_the_call_nothing_of_it_stays(gateway, owner, fault):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    fault("not_a_picture")
    spool_an_answer(gateway, attempt)
    deletion.delete_tryon(tryon, owner)
    with time_machine.travel(timezone.now() + timezone.timedelta(hours=1)):
        swept()

    assert not kept(attempt)
    assert site_day() == (0, 0, 45_000)


def test_of_two_pictures_one_opens_and_the_answer_stays_for_the_other(owner, gateway):
    attempt = sent_and_died(accepted(owner))
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    good, bad = (base64.b64encode(content).decode() for content in (photo("teal"), b"no picture at all"))
    body.write_text(json.dumps({"data": [{"b64_json": good}, {"b64_json": bad}]}))
    run.finish(attempt, only_generation(attempt.generation.tryon), body)

    attempt.refresh_from_db()
    assert attempt.generation.results.count() == 1
    assert (attempt.status, attempt.pictures) == ("ok", 2)
    assert kept(attempt)


def test_of_a_picture_that_came_twice_one_is_shown_and_both_are_paid(owner, gateway):
    attempt = sent_and_died(accepted(owner))
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    first, other = (base64.b64encode(photo(colour)).decode() for colour in ("teal", "crimson"))
    body.write_text(json.dumps({"data": [{"b64_json": each} for each in (first, other, first)]}))
    run.finish(attempt, only_generation(attempt.generation.tryon), body)

    attempt.refresh_from_db()
    names = [result.image.original.name[-6:] for result in attempt.generation.results.order_by("position")]
    assert names == ["-1.jpg", "-2.jpg"]
    assert (attempt.pictures, site_day()) == (3, (0, 0, 135_000))
    third = f"originals/{attempt.pk.hex[:2]}/{attempt.pk.hex}-3.jpg"
    assert not default_storage.exists(third)
    assert not kept(attempt)


# Something else in the place of a picture ---------------------------------------------------------------
TYPES = {
    "auth_error": ("answered_error", PauseReason.KEY),
    "insufficient_balance": ("answered_error", PauseReason.BALANCE),
    "forbidden": ("answered_error", PauseReason.FORBIDDEN),
    "model_not_found": ("answered_error", PauseReason.UNKNOWN_MODEL),
    "model_retired": ("answered_error", PauseReason.RETIRED),
    "rate_limit_exceeded": ("answered_error", PauseReason.RATE_LIMITED),
    "invalid_request_error": ("rejected", None),
    "provider_error": ("answered_error", None),
    "internal_error": ("answered_error", None),
    "a word of its own": ("answered_error", None),
}


@pytest.mark.parametrize("kind", TYPES)
def test_an_error_under_200_is_never_sent_again_by_itself(gateway, owner, fault, bill, kind):
    reason, pauses = TYPES[kind]
    fault("status", status=200, type=kind, message="something is wrong", billed=True)
    row = ran(accepted(owner))
    with time_machine.travel(timezone.now() + timezone.timedelta(hours=1)):
        swept()
        run.run_generation(row.pk)

    row.refresh_from_db()
    attempt = row.attempts.get()
    assert (row.status, row.reason) == (Status.UNKNOWN, reason)
    assert (attempt.http_status, attempt.error_type) == (200, kind)
    assert "something is wrong" in attempt.words
    assert [line.reason for line in CircuitBreaker.objects.all()] == ([pauses] if pauses else [])
    assert bill()["pictures"] == 1
    assert site_day() == (0, 45_000, 0)


def test_what_an_error_says_of_a_deleted_try_on_is_not_kept(gateway, owner):
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    deletion.delete_tryon(tryon, owner)
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    body.write_text(json.dumps({"error": {"type": "provider_error", "message": "her words"}}))
    run.finish(attempt, only_generation(tryon), body)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.words) == ("unknown", "")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"data": []}, "no_picture"),
        ({"data": [], "promptFeedback": {"blockReason": "IMAGE_SAFETY"}}, "safety"),
        ({"data": [{"revised_prompt": "This request violates our usage policies."}]}, "safety"),
        ({"data": [{"finish_reason": "NO_IMAGE"}]}, "no_picture"),
        ({"data": [{"text": "Which of the two garments shall I use?"}]}, "words"),
    ],
)
def test_what_the_model_says_in_place_of_a_picture_is_told_apart_and_kept(owner, gateway, told, reason):
    attempt = sent_and_died(accepted(owner))
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    body.write_text(json.dumps(told))
    run.finish(attempt, only_generation(attempt.generation.tryon), body)

    row = only_generation(attempt.generation.tryon)
    assert (row.status, row.reason) == (Status.REFUSED, reason)
    noted = AuditEntry.objects.of(row.tryon).filter(action="refused_by_rules")
    assert noted.exists() is (reason == "safety")
    said = json.dumps(told)
    assert all(line.partition(": ")[2] in said for line in row.attempts.get().words.splitlines())
    deletion.delete_tryon(row.tryon, owner)
    assert row.attempts.get().words == ""


@pytest.mark.parametrize("status", [200, 400])
def test_what_the_rules_of_the_model_refuse_is_noted_for_staff_without_anybodys_words(
    gateway, owner, fault, status
):
    fault("status", status=status, type="content_policy_violation", message="her words are not allowed")
    row = ran(accepted(owner, note="her words"))
    noted = AuditEntry.objects.get(action="refused_by_rules")

    assert (noted.kind, noted.subject, noted.actor) == ("tryon", str(row.tryon_id), None)
    assert noted.detail == {"model": row.tryon.model}
