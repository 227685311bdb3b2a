"""Everything that happens between visitors, workers, beat, staff and time, in any order."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Model, QuerySet
from django.test import override_settings
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.factories import make_reference, make_user
from tests.tryon.machine import hands
from tests.tryon.machine.hands import Order, Worker
from tests.tryon.machine.outside import LOST, PICTURES, REFUSED_LINES, SURE, Client, Outside
from tests.tryon.machine.truths import Truths
from tryon import account, deletion, generation, ledger, submission, tasks, upkeep
from tryon.models import Budget, Entry, Generation, Line, Price, Reference, TryOn
from tryon.models.money import MICROS, CapReached
from tryon.submission import Chosen, Refused, Wishes
from tryon.wake import Wake

M = TypeVar("M", bound=Model)

MODEL, SIZE = "google/gemini-3.1-flash-image", "512"
BEGIN = dt.datetime(2031, 1, 30, 22, tzinfo=dt.UTC)  # near the end of a day and of a month
HOUR, DAY = 3600, 24 * 3600
CHANGES = {
    "PICTURES_PER_CALL": 2,
    "LINE_RETRY_SECONDS": 60.0,
    "SPEND_PER_DAY": None,
    "SPEND_PER_MONTH": None,
    "PICTURES_PER_DAY_ACCOUNT": None,
}
MOST_ROUNDS = 60  # of five minutes: by then a quiet world has ended everything

PICK = st.integers(0, 11)
ORDERS = st.builds(
    Order,
    answer=st.sampled_from([*PICTURES * 3, *LOST * 2, *SURE * 2, *REFUSED_LINES]),
    upload=st.sampled_from(["ok"] * 12 + ["rejected", "key", "unavailable", "unreachable", "page", "busy"]),
    stop=st.sampled_from([""] * 7 + [*hands.POINTS, "send", "billed"]),
)
FORWARD = st.sampled_from([1, 20, 35, 70, 100, 250, 301, 900, HOUR, 3 * HOUR, DAY + 1, 6 * DAY, 7 * DAY + 1])


class World(RuleBasedStateMachine):
    """The real product on a real database; the gateway, the broker and the clock are ours.

    The broker is a list of generations: messages come late, often, never. A worker is a thread that may
    stop at any point outside a transaction; it goes on later, or never, which is what a kill is.
    """

    seen: Counter[str] = Counter()  # over all examples, for whoever asks whether much happened at all

    def __init__(self) -> None:
        super().__init__()
        _empty()
        self.folder = Path(tempfile.mkdtemp(prefix="machine-", dir=settings.DATA_DIR))
        self.changed = override_settings(**CHANGES, SPOOL_DIR=self.folder, LLMTR_MODEL=MODEL)
        self.changed.enable()
        self.clock = time_machine.travel(BEGIN, tick=True)
        self.time = self.clock.start()
        self.outside = Outside()
        self.truths = Truths(self.outside)
        self.messages: list[uuid.UUID] = []
        self.held: list[Worker] = []
        self.dead: list[Worker] = []
        self.stamped: set[Path] = set()
        self.forms = 0
        client = Client(self.outside)
        self.replaced = (account._client, tasks.wake_behind)
        account._client = lambda url, key: client  # type: ignore[assignment]
        tasks.wake_behind = self.send  # type: ignore[assignment]
        self.owner, self.staff = make_user("ana"), make_user("eva", is_staff=True)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.come_to_rest()
                self.check()
                self.truths.when_quiet()
                self.count()
        finally:
            for worker in [*self.held, *self.dead]:
                worker.end()
            account._client, tasks.wake_behind = self.replaced
            self.clock.stop()
            self.changed.disable()
            shutil.rmtree(self.folder, ignore_errors=True)
            connection.close()

    # Visitors -----------------------------------------------------------------------------------------
    @initialize(pictures=st.integers(1, 3))
    def begin(self, pictures: int) -> None:
        self.submit(pictures, 0, 1)

    @rule(pictures=st.integers(1, 3), pick=PICK, times=st.integers(1, 2))
    def submit(self, pictures: int, pick: int, times: int) -> None:
        self.forms += 1
        wishes = self.wishes(pictures, self.photo(pick), f"form {self.forms}")
        first = self.accept(wishes)
        count = Generation.objects.count()
        if first and times == 2:
            assert self.accept(wishes) == first
            assert Generation.objects.count() == count

    @rule(pick=PICK)
    def submit_other_choices_under_an_old_key(self, pick: int) -> None:
        before = set(TryOn.objects.values_list("pk", flat=True))
        key, self.forms = f"form {1 + pick % self.forms}", self.forms + 1
        made = self.accept(self.wishes(1, self.photo(pick), key, note=f"words {self.forms}"))
        assert made is None or made.pk not in before

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        if row := _one(Generation.objects.filter(status="queued"), pick):
            assert row.cancel()

    @rule(pick=PICK, twice=st.booleans())
    def run_again(self, pick: int, twice: bool) -> None:
        ended = Generation.objects.filter(status__in=["refused", "failed", "unknown", "cancelled"])
        if (row := _one(ended, pick)) is None:
            return
        known = Generation.objects.count()
        try:
            made = submission.again(row)
        except (Refused, CapReached):
            return
        if Generation.objects.count() > known:
            _assert_within_cap()
        assert not twice or submission.again(row) == made

    @rule(pick=PICK, whole=st.booleans())
    def delete(self, pick: int, whole: bool) -> None:
        """A whole try-on, or one photo."""
        if whole and (tryon := _one(TryOn.objects.filter(deleted_at=None), pick)):
            deletion.delete_tryon(tryon, self.owner)
        elif not whole and (photo := _one(Reference.objects.present(), pick)):
            deletion.delete_reference(photo, self.owner)

    # Workers ------------------------------------------------------------------------------------------
    @precondition(lambda self: self.messages)
    @rule(pick=PICK, order=ORDERS, stays=st.booleans())
    def deliver(self, pick: int, order: Order, stays: bool) -> None:
        """One message, to a worker of this fate; one that stays is delivered once more some day."""
        pk = self.messages[pick % len(self.messages)]
        if not stays:
            self.messages.remove(pk)
        self.work(pk, order)

    @precondition(lambda self: self.messages)
    @rule(order=ORDERS)
    def deliver_the_next(self, order: Order) -> None:
        self.work(self.messages.pop(0), order)

    @rule(order=ORDERS)
    def look_again(self, order: Order) -> None:
        """Beat finds what is due, and a worker takes the first of it."""
        self.sweep()
        if self.messages:
            self.work(self.messages.pop(0), order)

    @precondition(lambda self: self.held)
    @rule(pick=PICK)
    def go_on(self, pick: int) -> None:
        worker = self.held.pop(pick % len(self.held))
        self.seen[f"paused at {worker.stands}"] += 1
        worker.go_on()
        self.look_at(worker)

    @precondition(lambda self: self.held)
    @rule(pick=PICK)
    def die(self, pick: int) -> None:
        self.dead.append(self.held.pop(pick % len(self.held)))

    @rule()
    def lose_all_messages(self) -> None:
        self.messages.clear()

    # Beat, staff, the gateway, time -------------------------------------------------------------------
    @rule()
    def sweep(self) -> None:
        self.send(upkeep.sweep())

    @rule()
    def purge_and_renew(self) -> None:
        upkeep.purge()
        upkeep.renew()

    @precondition(lambda self: self.held)
    @rule()
    def start_again_after_a_stop(self) -> None:
        """What `up` does when it takes over: the workers of the last run are gone."""
        self.dead += self.held
        self.held = []
        upkeep.take_over()

    @rule(pick=PICK, made=st.booleans())
    def settle(self, pick: int, made: bool) -> None:
        if row := _one(Generation.objects.filter(status="unknown", settled=""), pick):
            assert ledger.settle(row, made, self.staff)

    @rule(stop=st.sampled_from([True, False, False, False]))
    def stop_everything_or_open_it(self, stop: bool) -> None:
        if stop:
            Line.objects.stop_everything(self.staff)
        else:
            self.open_all_lines()

    @rule(
        micros=st.sampled_from([45_000, 30_000, 90_000]),
        usd=st.sampled_from([None, 0.2, 0.5]),
        pictures=st.sampled_from([None, 3, 8]),
    )
    def change_price_and_caps(self, micros: int, usd: float | None, pictures: int | None) -> None:
        Price.objects.learn(MODEL, SIZE, micros)
        settings.SPEND_PER_DAY, settings.PICTURES_PER_DAY_ACCOUNT = usd, pictures

    @rule()
    def lose_the_files_at_the_gateway(self) -> None:
        self.outside.lose_files()

    @rule(seconds=FORWARD)
    def wait(self, seconds: int) -> None:
        self.time.shift(seconds)

    @invariant()
    def check(self) -> None:
        self.stamp()
        self.truths.after_a_step()

    # How the rules do it ------------------------------------------------------------------------------
    def send(self, wakes: Sequence[Wake]) -> None:
        self.messages += [wake.id for wake in wakes if wake.task == "generate"]

    def wishes(self, pictures: int, photo: Reference, key: str, note: str = "at night") -> Wishes:
        inputs = (Chosen(photo, "picture"),)
        return Wishes("remix", MODEL, inputs, pictures, SIZE, "auto", note, key)

    def photo(self, pick: int) -> Reference:
        """One of two, so that generations share uploads; another in place of one that was deleted."""
        known = Reference.objects.present().order_by("created_at")
        return (_one(known, pick) if known.count() > 1 else None) or make_reference(self.owner)

    def accept(self, wishes: Wishes) -> TryOn | None:
        before = TryOn.objects.count()
        try:
            tryon = submission.accept(self.owner, wishes)
        except (Refused, CapReached):
            assert TryOn.objects.count() == before
            return None
        if TryOn.objects.count() > before:
            _assert_within_cap()
        return tryon

    def work(self, pk: uuid.UUID, order: Order) -> None:
        worker = Worker(pk, order, lambda: generation.run(pk))
        worker.start()
        self.look_at(worker)

    def look_at(self, worker: Worker) -> None:
        """Over, or standing: then its call may be lost for ever."""
        if not worker.stands:
            self.send(worker.wakes)
            return
        self.held.append(worker)
        if worker.stands in hands.AFTER_INTENT:
            self.outside.ambiguous.add(worker.generation)

    def open_all_lines(self) -> None:
        for line in Line.objects.paused():
            self.send(upkeep.open_line(line, self.staff))

    def stamp(self) -> None:
        """Files of the spool are as old as they would be: their times are the machine's, not the system's."""
        found = {file for file in self.folder.iterdir() if file.is_file()}
        for file in found - self.stamped:
            os.utime(file, (timezone.now().timestamp(),) * 2)
        self.stamped = found

    def count(self) -> None:
        self.seen.update(Generation.objects.values_list("status", flat=True))
        self.seen.update(f"booked as {kind}" for kind in Entry.objects.values_list("kind", flat=True))
        self.seen["killed"] += len(self.dead)
        self.seen["examples"] += 1

    def come_to_rest(self) -> None:
        """The gateway is well again, staff open what is closed, and time passes."""
        for worker in self.held:
            worker.go_on()
        self.held = []
        for _ in range(MOST_ROUNDS):
            self.time.shift(301)
            self.open_all_lines()
            self.messages.clear()
            self.send(upkeep.sweep())
            for pk in self.messages:
                self.work(pk, Order())
            if not Generation.objects.unfinished().exists():
                break
        self.time.shift(HOUR)
        upkeep.sweep()
        upkeep.purge()


def _one(rows: QuerySet[M], pick: int) -> M | None:
    """The same one in every replay, by age and not by random ids; None where there is none."""
    ordered = list(rows.order_by("created_at", *(["number"] if rows.model is Generation else [])))
    return ordered[pick % len(ordered)] if ordered else None


def _assert_within_cap() -> None:
    if settings.SPEND_PER_DAY is not None:
        row = Budget.objects.get(scope="site day", period=f"{timezone.now():%Y-%m-%d}")
        assert row.taken <= settings.SPEND_PER_DAY * MICROS


def _empty() -> None:
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
