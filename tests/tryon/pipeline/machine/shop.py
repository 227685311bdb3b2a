"""A shop of its own clock, folder and gateway: what owners, workers, beat and staff do in it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import time_machine
from django.test import override_settings
from django.utils import timezone

from tests import emptying
from tests.factories import make_guest, make_reference, make_user
from tests.tryon.making import swept
from tests.tryon.pipeline.machine.answers import PICTURES, Answer
from tests.tryon.pipeline.machine.lives import Life, Mishap
from tests.tryon.pipeline.machine.wire import WatchedGateway, Wire, touch
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.models import CircuitBreaker, GatewayFile, Generation, Price, Reference, TryOn
from tryon.models.money.budget import CapReached
from tryon.pipeline import recovery, run, submission
from tryon.pipeline.guest_merge import merge_guest_into_account
from tryon.pipeline.privacy import deletion
from tryon.pipeline.submission import ChosenReference, SubmissionRefused, TryOnRequest

T = TypeVar("T")
MODEL = "google/gemini-3.1-flash-image"
BEGINNING = dt.datetime(2024, 5, 31, 20, tzinfo=dt.UTC)  # near the end of a day and of a month
CAPS = {
    "SPEND_PER_DAY": 0.4,
    "SPEND_PER_MONTH": 0.7,
    "PICTURES_PER_DAY_ACCOUNT": 6,
    "PICTURES_PER_HOUR_ADDRESS": 2,
    "PICTURES_PER_DAY_ADDRESS": 4,
}
NOBODY_MEETS = {"PICTURES_PER_HOUR_ADDRESS": 999, "PICTURES_PER_DAY_ADDRESS": 999}  # and yet they are counted
ADDRESS = "private 3f"  # of whoever is a guest
KEYS = ("llmtr-sandbox", "llmtr-another")


class Shop:
    """`paused` are workers and others that stand still amid their work and may go on much later."""

    def __init__(self, folder: Path, *, capped: bool, per_call: int, retry_unavailable: bool) -> None:
        self.folder = folder
        caps = dict.fromkeys(CAPS) | {"PICTURES_PER_DAY_GUEST": None} | NOBODY_MEETS
        self._settings = override_settings(
            MEDIA_ROOT=folder / "media",
            SPOOL_DIR=folder / "spool",
            DELETIONS_LOG=folder / "deletions.log",
            PICTURES_PER_CALL=per_call,
            RETRY_UNAVAILABLE=retry_unavailable,
            **(caps | (CAPS | {"PICTURES_PER_DAY_GUEST": 3} if capped else {})),
        )
        self._settings.enable()
        emptying.empty()
        self._travel = time_machine.travel(BEGINNING, tick=False)
        self.clock = self._travel.start()
        self.wire = Wire()
        self._gateways = {key: WatchedGateway("http://gateway.test", key, self.wire) for key in KEYS}
        self.key = KEYS[0]
        self.paused: list[Life[Any]] = []
        self.staff = make_user(is_staff=True)
        self.owners = [make_user(), make_guest()]
        self._pictures: dict[tuple[int, int], tuple[Reference, Reference]] = {}

    def close(self) -> None:
        for life in self.paused:
            life.kill()
        for gateway in self._gateways.values():
            gateway.close()
        self._travel.stop()
        self._settings.disable()

    def gateway(self, *_: str) -> WatchedGateway:
        return self._gateways[self.key]

    # Work that may stop ---------------------------------------------------------------------------------
    def live(self, work: Callable[[], T], answer: Answer = PICTURES, mishap: Mishap | None = None) -> Life[T]:
        """A process does this, and perhaps not to its end."""
        self.clock.shift(1)
        life = Life(work, answer, mishap)
        life.begin()
        self._look_at(life)
        if not life.is_over:
            self.paused.append(life)
        return life

    def go_on(self, life: Life[Any], *, dies: bool) -> None:
        self.paused.remove(life)
        life.kill() if dies else life.resume()
        self._look_at(life)

    def _look_at(self, life: Life[Any]) -> None:
        touch(self.folder, timezone.now())
        if life.is_dead:
            cut = GatewayFile.objects.filter(pk__in=life.cut_uploads, state="gone")
            cut.update(state="uploading")
        if life.error and not isinstance(life.error, CapReached | SubmissionRefused):
            raise life.error

    # What owners do -------------------------------------------------------------------------------------
    def pictures_of(self, owner: User, number: int) -> tuple[Reference, Reference]:
        """A person and a garment; new ones where they were deleted."""
        known = self._pictures.get((owner.pk, number), ())
        present = Reference.objects.present().filter(pk__in=[row.pk for row in known])
        if present.count() < 2:
            known = make_reference(owner), make_reference(owner, "garment", "crimson")
            self._pictures[owner.pk, number] = known
        return known

    def wishes(self, owner: User, number: int, wanted: int) -> TryOnRequest:
        person, garment = self.pictures_of(owner, number)
        inputs = (ChosenReference(person, "person"), ChosenReference(garment, "top"))
        return TryOnRequest("try_on", MODEL, inputs, wanted, "512", "auto", "", uuid.uuid4().hex)

    def submit(self, owner: User, wishes: TryOnRequest, mishap: Mishap | None = None) -> Life[TryOn]:
        return self.live(lambda: submission.accept(owner, wishes, ADDRESS), mishap=mishap)

    def again(self, row: Generation, mishap: Mishap | None) -> Life[Generation]:
        return self.live(lambda: submission.again(_fresh(row), ADDRESS), mishap=mishap)

    def cancel(self, row: Generation, mishap: Mishap | None) -> Life[bool]:
        return self.live(lambda: _fresh(row).cancel(), mishap=mishap)

    def delete(self, tryon: TryOn, mishap: Mishap | None) -> Life[None]:
        return self.live(
            lambda: deletion.delete_tryon(TryOn.objects.get(pk=tryon.pk), tryon.owner), mishap=mishap
        )

    def delete_reference(self, reference: Reference, mishap: Mishap | None) -> Life[None]:
        return self.live(lambda: deletion.delete_reference(reference, reference.owner), mishap=mishap)

    def guest_logs_in(self, mishap: Mishap | None) -> None:
        account, guest = self.owners
        life = self.live(lambda: merge_guest_into_account(guest, account), mishap=mishap)
        if life.is_over and not life.is_dead:
            self.owners[1] = make_guest()

    # What workers, beat and staff do --------------------------------------------------------------------
    def deliver(self, row: Generation, answer: Answer = PICTURES, mishap: Mishap | None = None) -> Life[Any]:
        """A wake-up reaches a worker, for the first time or once more."""
        return self.live(lambda: run.run_generation(row.pk), answer, mishap)

    def sweep(self, mishap: Mishap | None = None) -> Life[Any]:
        return self.live(swept, mishap=mishap)

    def purge(self, mishap: Mishap | None = None) -> None:
        self.live(recovery.purge, mishap=mishap)

    def renew(self, answer: Answer, mishap: Mishap | None) -> None:
        self.live(recovery.renew, answer, mishap)

    def start_anew(self, key: str) -> None:
        """All processes are killed; the next run may be with another account at the gateway."""
        for life in [*self.paused]:
            self.go_on(life, dies=True)
        self.key = key
        self.live(recovery.take_over)

    def stop(self) -> None:
        self.live(lambda: CircuitBreaker.objects.stop_everything(self.staff))

    def open_lines(self) -> None:
        for line in CircuitBreaker.objects.paused():
            self.live(lambda line=line: recovery.resume(line, self.staff))

    def settle(self, row: Generation, mishap: Mishap | None) -> None:
        """Staff look at the gateway's own bill."""
        attempt = row.attempts.latest("sent_at")
        made = bool(self.wire.billed[str(attempt.pk)])
        self.live(lambda: reconcile.resolve_by_staff(_fresh(row), made, self.staff), mishap=mishap)

    def price(self, micros: int) -> None:
        self.live(lambda: Price.objects.learn(MODEL, "512", micros))

    # The end --------------------------------------------------------------------------------------------
    def come_to_rest(self) -> list[str]:
        """The gateway is well, everybody goes on, and nothing but what the sweep says is delivered."""
        for life in [*self.paused]:
            self.go_on(life, dies=False)
        self.open_lines()
        for _ in range(12):
            self.clock.shift(dt.timedelta(minutes=11))
            wakes = [wake for wake in self.sweep().result or () if wake.task == "generate"]
            for wake in wakes:
                self.live(lambda wake=wake: run.run_generation(wake.id))
            if not wakes and not Generation.objects.unfinished().exists():
                break
        self.purge()
        left = [f"{row}, {row.status}, has not ended" for row in Generation.objects.unfinished()]
        return left + [f"{path.name} was left in the spool" for path in (self.folder / "spool").glob("*")]


def _fresh(row: Generation) -> Generation:
    return Generation.objects.get(pk=row.pk)
