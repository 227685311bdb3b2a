"""From the accepted try-on to its picture: real gateway on a socket, real workers, real broker."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from django.db import connection
from django.urls import reverse

from gallery.models import Image
from tests.asking import signed_in
from tests.live import WITH_KEY, Broker, Worker, until
from tests.stopwatch import Stopwatch
from tests.tryon.making import accepted, only_generation, wishes
from tryon.accounts.models import User
from tryon.models import Generation, TryOn
from tryon.pipeline import enqueue, recovery, submission, tasks

Status = Generation.Status


@pytest.fixture
def owner(transactional_db) -> User:
    return User.objects.create_user("ana")


def ended(tryon: TryOn) -> list[Generation]:
    rows = list(tryon.generations.order_by("number"))
    return rows if all(row.is_ended for row in rows) else []


@pytest.mark.both_databases
def test_an_accepted_try_on_becomes_pictures_with_renditions(worker, owner):
    tryon = accepted(owner, wanted=4)
    assert {row.status for row in until(lambda: ended(tryon))} == {Status.DONE}
    images = Image.objects.filter(owner=owner)
    until(lambda: images.exclude(rendered_at=None).count() == 4)
    for image in images:
        for file in (image.small, image.large):
            assert Path(file.path).read_bytes()[8:12] == b"WEBP"
        assert image.preview.size < 600_000


def test_renditions_that_are_lost_are_made_again(worker, owner):
    tryon = accepted(owner)
    until(lambda: ended(tryon))
    image = until(lambda: Image.objects.exclude(rendered_at=None).first())
    for file in (image.small, image.large, image.preview):
        file.storage.delete(file.name)
    Image.objects.forget_renditions(image.pk)  # what a page does that misses one
    enqueue.enqueue(recovery.sweep())

    def are_there() -> bool:
        image.refresh_from_db()
        return all(file.storage.exists(file.name) for file in (image.small, image.large, image.preview))

    until(are_there)


def test_work_accepted_while_the_broker_is_away_is_done_when_it_is_back(broker, gateway, owner):
    # A worker that loses its broker amid acknowledgements may end (kombu); its supervisor starts it again.
    broker.empty()
    with Worker(broker, gateway.url) as worker:
        broker.stop()
        try:
            watch = Stopwatch()
            tryon = accepted(owner)
            assert watch.seconds < 1.5, "the user waits for pictures, not for the broker"
            with Broker(broker.socket.parent):  # at the same address, empty
                enqueue.enqueue(recovery.sweep())
                assert until(lambda: ended(tryon), 60)[0].status == Status.DONE
                worker.stop()
        finally:
            broker.start()


def test_a_broker_that_hangs_does_not_hold_the_visitor(broker, gateway, owner):
    wanted = wishes(owner)
    os.kill(broker.child.pid, signal.SIGSTOP)
    try:
        watch = Stopwatch()
        submission.accept(owner, wanted)
        assert watch.seconds < 1
    finally:
        os.kill(broker.child.pid, signal.SIGCONT)


def test_a_killed_worker_leaves_its_call_unknown_and_no_other_lost(broker, gateway, owner):
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"generations": 60})
    leases = {"CLAIM_LEASE_SECONDS": "2", "INTENT_LEASE_SECONDS": "2"}
    with Worker(broker, gateway.url, **leases) as worker:
        sent = accepted(owner)
        until(lambda: only_generation(sent).attempts.exists())
        worker.kill()
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"generations": 0})
    waiting = accepted(owner, key="two")
    with Worker(broker, gateway.url, **leases):
        assert until(lambda: ended(waiting))[0].status == Status.DONE
    until(lambda: [recovery.sweep()] and ended(sent))
    assert only_generation(sent).status == Status.UNKNOWN


def test_a_worker_asked_to_stop_finishes_the_call_in_hand(broker, gateway, owner):
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"generations": 2})
    with Worker(broker, gateway.url) as worker:
        tryon = accepted(owner)
        until(lambda: only_generation(tryon).attempts.exists())
        worker.stop()
    assert only_generation(tryon).status == Status.DONE


def started(gateway) -> list[float]:
    """When each paid call came to the gateway."""
    rows = httpx.get(f"{gateway.url}/_sandbox/calls", headers=WITH_KEY).json()["rows"]
    return [row["started"] for row in rows if "generations" in row["endpoint"]]


def bill(gateway) -> int:
    return httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()["pictures"]


def switch(stop: bool) -> None:
    """As staff press it."""
    staff, _ = User.objects.get_or_create(username="staff", is_staff=True, is_superuser=True)
    answer = signed_in(staff).post(reverse("admin:tryon_circuitbreaker_switch"), {"stop": str(int(stop))})
    assert answer.status_code == 302


@pytest.mark.processes(15)
def test_the_stop_switch_stops_new_calls_within_five_seconds_and_loses_none(worker, gateway, owner):
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"generations": 2})
    tryons = [accepted(owner, wanted=4, key=str(n)) for n in range(4)]  # twice what the worker has threads
    until(lambda: len(started(gateway)) >= 8)
    switch(stop=True)
    stopped = time.time()
    tryons.append(accepted(owner, wanted=4, key="later"))
    until(lambda: time.time() > stopped + 7)
    assert max(started(gateway)) < stopped + 5
    assert bill(gateway) == len(started(gateway)) < 20, "what was sent is answered, the rest waits"
    switch(stop=False)
    assert {row.status for tryon in tryons for row in until(lambda each=tryon: ended(each), 60)} == {
        Status.DONE
    }
    assert bill(gateway) == len(started(gateway)) == 20


of_the_server = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="with SQLite, workers and database have one clock"
)


@pytest.mark.both_databases
@of_the_server
def test_calls_of_a_worker_whose_clock_is_an_hour_behind_are_not_taken_from_it(broker, gateway, owner):
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"generations": 3})
    broker.empty()
    with Worker(broker, gateway.url, TEST_CLOCK_HOURS="-1"):
        tryon = accepted(owner, wanted=4)
        assert {row.status for row in until(lambda: swept() and ended(tryon), 60)} == {Status.DONE}
    assert bill(gateway) == len(started(gateway)) == 4


@pytest.mark.both_databases
@of_the_server
def test_a_sweep_whose_clock_is_an_hour_ahead_takes_nothing_from_a_living_worker(broker, gateway, owner):
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"generations": 3})
    broker.empty()
    wrong = Worker(broker, gateway.url, "renditions,upkeep", TEST_CLOCK_HOURS="1")
    with Worker(broker, gateway.url, "calls"), wrong:
        tryon = accepted(owner, wanted=4)
        done = until(lambda: [tasks.sweep.apply_async()] and ended(tryon), 60)
        assert {row.status for row in done} == {Status.DONE}
    assert bill(gateway) == len(started(gateway)) == 4


@pytest.mark.both_databases
@of_the_server
def test_what_a_dead_worker_held_whose_clock_is_an_hour_ahead_is_settled_in_time(broker, gateway, owner):
    httpx.post(f"{gateway.url}/_sandbox/latency", json={"generations": 60})
    broker.empty()
    with Worker(broker, gateway.url, TEST_CLOCK_HOURS="1", INTENT_LEASE_SECONDS="2") as worker:
        tryon = accepted(owner)
        until(lambda: only_generation(tryon).attempts.exists())
        worker.kill()
    assert until(lambda: swept() and ended(tryon), 20)[0].status == Status.UNKNOWN


def swept() -> bool:
    enqueue.enqueue(recovery.sweep())
    return True
