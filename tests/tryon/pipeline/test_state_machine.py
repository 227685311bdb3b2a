"""Whatever happens to a shop, in whatever order: what is promised of jobs, money and pictures holds.

Hypothesis chooses what happens and, where a promise breaks, shortens it to the fewest steps. All of it is the
product's own code on a real database; only the gateway's end of the line and the clock are made up.
TRYON_EXAMPLES and TRYON_STEPS make it longer; `make proof` takes five times as many examples.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
import logging
import os
import random
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from gallery import pictures
from tests.tryon.pipeline.machine import lives, promises
from tests.tryon.pipeline.machine.answers import ANSWERS, PICTURES, UPLOADS, Answer
from tests.tryon.pipeline.machine.lives import Life, Mishap
from tests.tryon.pipeline.machine.shop import KEYS, Shop
from tryon.accounts.models import User
from tryon.models import Generation, TryOn
from tryon.pipeline import enqueue, gateway_client, references
from tryon.pipeline.submission import TryOnRequest

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
EXAMPLES = int(os.environ.get("TRYON_EXAMPLES", "12"))
STEPS = int(os.environ.get("TRYON_STEPS", "30"))
NO_PICTURE = ("refused", "failed", "unknown", "cancelled")
MOMENTS = ("before the send", "after the charge", "amid the answer", "after the spool", "decoding")

newest_first = st.integers(0, 5)
owner = st.integers(0, 1)
answers = st.just(PICTURES) | st.sampled_from(ANSWERS) | st.sampled_from(UPLOADS)
ways = st.sampled_from(["pause", "die"])
moments = st.builds(Mishap, ways, st.sampled_from(MOMENTS))
statements = st.builds(Mishap, ways, st.integers(1, 45))
early = st.builds(Mishap, st.just("pause"), st.integers(1, 13))
late = st.builds(Mishap, st.just("pause"), st.sampled_from(MOMENTS))
stops = moments | moments | statements | st.just(Mishap("die", "in upload"))
mishaps = st.none() | stops
maybe = st.none() | st.none() | st.builds(Mishap, st.just("die"), st.integers(1, 30))


class ShopUnderFire(RuleBasedStateMachine):
    """One shop from its opening to the day when all has come to rest."""

    folders: itertools.count[int]
    folder: Path
    shop: Shop

    @initialize(capped=st.booleans(), per_call=st.sampled_from([1, 4]), retry=st.booleans())
    def open_the_shop(self, capped: bool, per_call: int, retry: bool) -> None:
        folder = self.folder / str(next(self.folders))
        self.shop = Shop(folder, capped=capped, per_call=per_call, retry_unavailable=retry)
        gateway_client._client = (
            self.shop.gateway
        )  # the door through which all of the product gets its client
        self.memory = promises.Memory()
        self.forms: list[tuple[User, TryOnRequest]] = []
        self.accepted: dict[tuple[int, str, str], uuid.UUID] = {}
        for life in (self._submit(0, 0, 2), self._submit(1, 0, 1)):
            assert life.result

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        try:
            if sys.exc_info()[0] is None:  # else it has been found already
                assert not self.shop.come_to_rest()
                self.promises_hold()
                assert not promises.broken_at_rest(self.shop.wire)
        finally:
            self.shop.close()

    @invariant()
    def promises_hold(self) -> None:
        if hasattr(self, "shop"):
            assert not promises.broken(promises.Books.now(), self.shop.wire, self.memory)

    # Owners ---------------------------------------------------------------------------------------------
    def _submit(self, who: int, photos: int, wanted: int, mishap: Mishap | None = None) -> Life[TryOn]:
        owner = self.shop.owners[who]
        wishes = self.shop.wishes(owner, photos, wanted)
        self.forms.append((owner, wishes))
        return self._sent(owner, wishes, mishap)

    def _sent(self, owner: User, wishes: TryOnRequest, mishap: Mishap | None) -> Life[TryOn]:
        """The same form gives the same try-on."""
        life = self._asked(lambda: self.shop.submit(owner, wishes, mishap))
        if life.result:
            form = owner.pk, wishes.key, wishes.digest
            assert self.accepted.setdefault(form, life.result.pk) == life.result.pk
        return life

    def _asked(self, ask: Callable[[], Life[T]]) -> Life[T]:
        """Something that may bring new generations: within the caps, or refused without a trace."""
        before = Generation.objects.count()
        life = ask()
        if Generation.objects.count() > before:
            assert life.error is None, "refused, and yet there are rows"
            assert not promises.over_a_cap(self._generation(0))
        return life

    @rule(who=owner, wanted=st.integers(1, 2), answer=answers, mishap=mishaps)
    def submit_and_deliver(self, who: int, wanted: int, answer: Answer, mishap: Mishap | None) -> None:
        life = self._submit(who, 0, wanted)
        if life.result:
            for row in life.result.generations.order_by("number"):
                self.shop.deliver(row, answer, mishap)

    @rule(who=owner, photos=st.integers(0, 1), wanted=st.integers(1, 4), mishap=maybe)
    def submit(self, who: int, photos: int, wanted: int, mishap: Mishap | None) -> None:
        self._submit(who, photos, wanted, mishap)

    @rule(which=newest_first, note=st.sampled_from(["", "in red", "in blue"]), mishap=maybe)
    def submit_the_same_form_again(self, which: int, note: str, mishap: Mishap | None) -> None:
        """With the same body, or with other words."""
        owner, wishes = self.forms[-1 - which % len(self.forms)]
        wishes = dataclasses.replace(wishes, note=note)
        self._sent(owner, wishes, mishap)

    @precondition(lambda self: Generation.objects.filter(status__in=NO_PICTURE).exists())
    @rule(which=newest_first, mishap=maybe)
    def run_again(self, which: int, mishap: Mishap | None) -> None:
        rows = Generation.objects.filter(status__in=NO_PICTURE).order_by("-created_at", "-number")
        self._asked(lambda: self.shop.again(rows[which % rows.count()], mishap))

    @rule(which=newest_first, what=st.sampled_from(["cancel", "delete", "a photo", "log in"]), mishap=maybe)
    def an_owner_thinks_again(self, which: int, what: str, mishap: Mishap | None) -> None:
        row = self._generation(which)
        if what == "cancel":
            self.shop.cancel(row, mishap)
        elif what == "delete":
            self.shop.delete(row.tryon, mishap)
        elif what == "a photo":
            self.shop.delete_reference(row.tryon.ordered_inputs()[which % 2].reference, mishap)
        else:
            self.shop.guest_logs_in(mishap)
            self.accepted.clear()  # they are the account's now

    # Workers --------------------------------------------------------------------------------------------
    def _generation(self, which: int) -> Generation:
        rows = Generation.objects.order_by("-created_at", "-number").select_related("tryon__owner")
        return rows[which % rows.count()]

    def _delivered(self, which: int) -> Generation:
        """What is due comes first; but any wake-up may come at any time, and once more."""
        newest = Generation.objects.order_by("-created_at", "-number")
        due = Generation.objects.due().values("pk")
        rows = [*newest.filter(pk__in=due), *newest]
        return rows[which % len(rows)]

    @rule(which=newest_first, answer=answers, mishap=mishaps)
    def deliver(self, which: int, answer: Answer, mishap: Mishap | None) -> None:
        self.shop.deliver(self._delivered(which), answer, mishap)

    @rule(which=newest_first, answer=answers, mishap=stops)
    def deliver_to_a_worker_that_stops(self, which: int, answer: Answer, mishap: Mishap) -> None:
        self.shop.deliver(self._delivered(which), answer, mishap)

    @rule(which=newest_first, early=early, late=late)
    def a_worker_sleeps_before_its_call(self, which: int, early: Mishap, late: Mishap) -> None:
        """For longer than its lease: it wakes when the next one is amid the same work."""
        row = self._delivered(which)
        first = self.shop.deliver(row, mishap=early)
        self.sweep(250, None)
        self.shop.deliver(row, mishap=late)
        if not first.is_over:
            self.shop.go_on(first, dies=False)

    @rule(which=newest_first, late=late, meanwhile=st.sampled_from(["nothing", "settle", "delete"]))
    def a_worker_sleeps_amid_its_call(self, which: int, late: Mishap, meanwhile: str) -> None:
        """For longer than its lease: it wakes when everybody has given it up."""
        row = self._delivered(which)
        first = self.shop.deliver(row, mishap=late)
        self.sweep(250, None)
        if meanwhile == "delete":
            self.shop.delete(row.tryon, None)
        elif meanwhile == "settle" and row.attempts.exists():
            self.shop.settle(row, None)
        if not first.is_over:
            self.shop.go_on(first, dies=False)

    @precondition(lambda self: self.shop.paused)
    @rule(which=newest_first, dies=st.booleans())
    def somebody_who_paused_goes_on(self, which: int, dies: bool) -> None:
        paused = self.shop.paused
        self.shop.go_on(paused[which % len(paused)], dies=dies)

    # Time, beat, staff ----------------------------------------------------------------------------------
    @rule(seconds=st.sampled_from([3, 31, 250, 700, 3600, 86_400, 8 * 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.shop.clock.shift(dt.timedelta(seconds=seconds))

    @rule(seconds=st.sampled_from([0, 100, 250]), mishap=st.none() | st.none() | stops)
    def sweep(self, seconds: int, mishap: Mishap | None) -> None:
        """At once, or when the leases of claims, or of calls too, are over."""
        self.shop.clock.shift(dt.timedelta(seconds=seconds))
        self.shop.sweep(mishap)

    @rule(is_purge=st.booleans(), answer=st.sampled_from(UPLOADS), mishap=maybe)
    def purge_or_renew(self, is_purge: bool, answer: Answer, mishap: Mishap | None) -> None:
        if is_purge:
            self.shop.purge(mishap)
        else:
            self.shop.renew(answer, mishap)

    @rule(key=st.sampled_from(KEYS))
    def everything_is_killed_and_starts_anew(self, key: str) -> None:
        self.shop.start_anew(key)

    @precondition(lambda self: Generation.objects.filter(status="unknown").exists())
    @rule(which=newest_first, mishap=maybe)
    def staff_settle(self, which: int, mishap: Mishap | None) -> None:
        rows = Generation.objects.filter(status="unknown").order_by("-created_at", "-number")
        self.shop.settle(rows[which % rows.count()], mishap)

    @rule(what=st.sampled_from(["open", "stop", "price"]), micros=st.sampled_from([45_000, 20_000, 90_000]))
    def staff_act(self, what: str, micros: int) -> None:
        if what == "open":
            self.shop.open_lines()
        elif what == "stop":
            self.shop.stop()
        else:
            self.shop.price(micros)


@pytest.fixture
def repeatable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same steps end alike, else nothing could be shortened: chance has no part in ids and messages.

    A message that is sent never comes, as with a broker that is emptied; the steps deliver others.
    """
    monkeypatch.setattr(os, "urandom", random.randbytes)  # which Hypothesis sets back before each example
    monkeypatch.setattr(references, "_uploads", ThreadPoolExecutor(1))
    monkeypatch.setattr(references, "PATIENCE_SECONDS", 0.02)
    monkeypatch.setattr(enqueue, "enqueue_after_response", lambda messages: None)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes are decoded once; a worker may stop right before."""
    decode = pictures.inspect
    known: dict[str, pictures.Inspected] = {}

    def inspect(path: Path, widths: dict[str, int]) -> pictures.Inspected:
        lives.reached("decoding")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest not in known:
            known[digest] = decode(path, widths)
        return known[digest]

    monkeypatch.setattr(pictures, "inspect", inspect)


def test_whatever_happens_nothing_is_lost_and_nothing_paid_twice(repeatable, decoding, monkeypatch, tmp_path):
    monkeypatch.setattr(gateway_client, "_client", gateway_client._client)  # put back when this is over
    ShopUnderFire.folder, ShopUnderFire.folders = tmp_path, itertools.count()
    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.reuse, Phase.generate, Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_machine(ShopUnderFire, settings=settings)
