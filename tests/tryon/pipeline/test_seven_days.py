"""The life of a picture at the gateway: used while it may be, renewed in time, missed at once when lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import httpx
import pytest
import time_machine
from django.conf import settings as django_settings
from django.utils import timezone

from gallery.models import Image
from tests.asking import body, signed_in
from tests.live import WITH_KEY, Worker, raced, until
from tests.tryon.making import accepted, garment, only_generation, person
from tryon.accounts.models import User
from tryon.models import GatewayFile, Generation, Reference, TryOn, clock
from tryon.pipeline import recovery, run, tasks
from tryon.pipeline.gateway_client import gateway_client
from tryon.sandbox.server import KEY, Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

DAY = dt.timedelta(days=1)
EDGE = 7 * DAY - dt.timedelta(hours=12)  # the last moment at which a copy is used
BRIEF = dt.timedelta(seconds=1)
Travel = Callable[[dt.timedelta], None]


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


@pytest.fixture
def after(gateway: Sandbox) -> Iterator[Travel]:
    """Go to so long after the beginning; the gateway's clock goes along."""
    begun = timezone.now()
    with time_machine.travel(begun, tick=False) as traveller:

        def go(since: dt.timedelta) -> None:
            traveller.move_to(begun + since)
            httpx.post(
                f"{gateway.url}/_sandbox/clock", json={"set": (begun + since).timestamp()}
            ).raise_for_status()

        go(dt.timedelta(0))
        yield go


def done(owner: User, key: str, **changes) -> TryOn:
    """A try-on that was run to its picture, in as many turns as it needs."""
    tryon = accepted(owner, key=key, **changes)
    while not only_generation(tryon).is_ended:
        run.run_generation(only_generation(tryon).pk)
    assert only_generation(tryon).status == Generation.Status.DONE
    return tryon


def sent_ids(tryon: TryOn) -> list[str]:
    """The files that its last call named."""
    return only_generation(tryon).attempts.order_by("fence").last().file_ids


def calls(gateway: Sandbox, endpoint: str) -> list[dict]:
    rows = httpx.get(f"{gateway.url}/_sandbox/calls", headers=WITH_KEY).json()["rows"]
    return [row for row in rows if row["endpoint"] == endpoint]


def uploads(gateway: Sandbox) -> int:
    return len(calls(gateway, "files"))


def slow(gateway: Sandbox, **seconds: float) -> None:
    httpx.post(f"{gateway.url}/_sandbox/latency", json=seconds).raise_for_status()


# As long as it may be used --------------------------------------------------------------------------
@pytest.mark.both_databases
def test_a_second_before_the_margin_a_copy_is_used(gateway, owner, after):
    first = done(owner, "first")
    after(EDGE - BRIEF)
    assert sent_ids(done(owner, "second")) == sent_ids(first)
    assert uploads(gateway) == 2


@pytest.mark.parametrize("since", [EDGE + BRIEF, 7 * DAY - BRIEF, 8 * DAY])
def test_from_the_margin_on_it_is_uploaded_again_and_its_old_id_not_sent(gateway, owner, after, since):
    first = done(owner, "first")
    after(since)
    second = done(owner, "second")
    assert not set(sent_ids(first)) & set(sent_ids(second))
    assert uploads(gateway) == 4
    assert [row["status"] for row in calls(gateway, "generations")] == [200, 200], "no call had to fail first"


# Renewed in time ------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_what_people_use_is_renewed_before_its_end_and_the_rest_when_it_is_needed(gateway, owner, after):
    shelf, me = garment(None), person(owner)
    first = done(owner, "first", person=me, garments=((shelf, "top"),))
    rare = done(owner, "rare", person=person(owner, "pink"), garments=((garment(owner, "red"), "top"),))
    after(5 * DAY)
    done(owner, "used", person=me, garments=((shelf, "top"),))
    tasks.renew()
    assert uploads(gateway) == 4, "not yet: they live long enough"
    after(6 * DAY)
    tasks.renew()
    tasks.renew()
    assert uploads(gateway) == 6
    after(EDGE + BRIEF)
    again = done(owner, "again", person=me, garments=((shelf, "top"),))
    assert uploads(gateway) == 6
    assert not set(sent_ids(again)) & set(sent_ids(first))
    late = done(owner, "late", person=person(owner, "pink"), garments=((garment(owner, "red"), "top"),))
    assert uploads(gateway) == 8
    assert not set(sent_ids(late)) & set(sent_ids(rare))


def test_beat_looks_often_enough_to_renew_in_time():
    every = django_settings.CELERY_BEAT_SCHEDULE["renew"]
    assert every["task"] == tasks.renew.name
    assert every["schedule"] <= django_settings.RENEW_HOURS * 3600 / 4


def test_a_copy_that_cannot_be_renewed_serves_until_its_end(gateway, owner, after, fault):
    first = done(owner, "first")
    after(4 * DAY)
    done(owner, "used")
    after(6 * DAY)
    fault("status", on="files", status=503)
    tasks.renew()
    assert sent_ids(done(owner, "same")) == sent_ids(first)
    tasks.renew()
    after(EDGE + BRIEF)
    assert not set(sent_ids(done(owner, "late"))) & set(sent_ids(first))
    assert uploads(gateway) == 5, "one was refused, two renewed"


@pytest.mark.processes(20)
@pytest.mark.both_databases
def test_many_processes_that_renew_at_once_upload_each_copy_once(gateway, owner, settings):
    settings.FILE_LIFETIME_HOURS = 30  # so that it is due from the beginning
    done(owner, "first")
    GatewayFile.objects.update(lease_until=clock.now())  # of the uploads, which are over
    slow(gateway, files=0.3)
    raced([{"step": "renew"}] * 6, LLMTR_BASE_URL=gateway.url)
    assert uploads(gateway) == 4
    assert GatewayFile.objects.filter(state="live", expires_at__gt=clock.now() + 6 * DAY).count() == 2


# Lost before its time -------------------------------------------------------------------------------
def test_a_gateway_that_forgets_after_two_days_costs_one_call_that_is_not_paid(
    gateway, owner, after, fault, bill
):
    first = done(owner, "first")
    after(2 * DAY)
    fault("file_gone", delete=True)
    second = done(owner, "second")
    assert not set(sent_ids(first)) & set(sent_ids(second))
    assert [row.status for row in only_generation(second).attempts.order_by("fence")] == ["unbilled", "ok"]
    assert (uploads(gateway), bill()["pictures"]) == (4, 2)
    done(owner, "third")
    assert uploads(gateway) == 4, "the new copies are used from now on"


@pytest.fixture
def two_accounts(tmp_path, settings) -> Iterator[Sandbox]:
    """A gateway that knows two keys; what one of them uploads is nothing to the other."""
    with Sandbox(tmp_path / "sandbox", keys=(KEY, "another-key")) as sandbox:
        settings.LLMTR_BASE_URL = sandbox.url
        yield sandbox
        for settings.LLMTR_API_KEY in (KEY, "another-key"):
            gateway_client().close()


def test_with_another_key_pictures_are_uploaded_anew_and_the_old_ids_never_sent(
    two_accounts, owner, settings
):
    first = done(owner, "first")
    settings.LLMTR_API_KEY = "another-key"
    second = done(owner, "second")
    assert not set(sent_ids(first)) & set(sent_ids(second))
    assert [row["status"] for row in calls(two_accounts, "generations")] == [200, 200]
    assert uploads(two_accounts) == 4
    settings.LLMTR_API_KEY = KEY
    assert sent_ids(done(owner, "third")) == sent_ids(first), "with the old key its copies are good again"
    assert uploads(two_accounts) == 4


def test_what_waited_while_the_account_changed_is_sent_with_files_of_the_new_one(
    gateway, owner, tmp_path, settings, bill
):
    first = done(owner, "first")
    waiting = accepted(owner, key="waiting")
    gateway_client().close()
    with Sandbox(tmp_path / "elsewhere") as elsewhere:
        settings.LLMTR_BASE_URL = elsewhere.url
        run.run_generation(only_generation(waiting).pk)
        assert only_generation(waiting).status == Generation.Status.DONE
        assert not set(sent_ids(first)) & set(sent_ids(waiting))
        assert (uploads(elsewhere), len(calls(elsewhere, "generations"))) == (2, 1)
    assert bill()["pictures"] == 1


def test_from_the_sandbox_to_a_real_key_what_the_sandbox_made_keeps_its_label(two_accounts, owner, settings):
    made = [done(owner, "sandbox")]
    settings.LLMTR_API_KEY, settings.SANDBOX = "another-key", False
    made.append(done(owner, "real"))
    images = [Image.objects.get(pk=only_generation(tryon).results.get().image_id) for tryon in made]
    assert [image.sandbox for image in images] == [True, False]
    labels = [b"sandbox" in body(signed_in(owner).get(f"/gallery/{image.pk}/")) for image in images]
    assert labels == [True, False]
    assert uploads(two_accounts) == 4


# Uploaded once --------------------------------------------------------------------------------------
@pytest.mark.processes
def test_a_view_and_workers_in_processes_of_their_own_upload_each_picture_once(gateway, owner):
    slow(gateway, files=0.5)
    inputs = [str(person(owner).pk), str(garment(owner).pk)]
    orders = [{"step": step, "inputs": inputs} for step in ("push", "ready", "ready", "push", "ready")]
    told = raced(orders, LLMTR_BASE_URL=gateway.url)
    assert uploads(gateway) == 2
    assert {told[n] for n in (1, 2, 4)} == {
        " ".join(sorted(GatewayFile.objects.filter(state="live").values_list("file_id", flat=True)))
    }


def test_twenty_that_share_three_pictures_upload_them_once_on_two_workers(broker, gateway, owner):
    slow(gateway, files=1)
    me, shirt, dress = person(owner), garment(owner), garment(None, "red")
    broker.empty()
    with Worker(broker, gateway.url), Worker(broker, gateway.url):
        for n in range(20):
            slot = (shirt, "top") if n % 2 else (dress, "dress")
            accepted(owner, person=me, garments=(slot,), key=str(n))
        until(lambda: recovery.sweep() is not None and not Generation.objects.unfinished().exists(), 60)
    assert set(Generation.objects.values_list("status", flat=True)) == {"done"}
    assert Reference.objects.count() == uploads(gateway) == 3
    assert httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()["pictures"] == 20
