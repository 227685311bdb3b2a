"""The blows of a schedule, struck at their moments, and what each of them took along."""

from __future__ import annotations

import heapq
import sqlite3
import time
from collections.abc import Callable, Iterable

from tests.chaos.databases import Postgres
from tests.chaos.history import ID, Struck
from tests.chaos.parts import Part
from tests.chaos.product import Machine, Product
from tests.chaos.schedule import CALLS, Blow

PATIENCE = 1.5  # seconds that a blow waits for the moment that it aims at
READY = 4.0  # seconds that it waits for a process that is just starting
LOOK = 0.004
TRIES = 3


class Gale:
    """Strikes in order, starts again at once what it ended, and lets paused processes go on in time."""

    def __init__(self, product: Product, begun: float) -> None:
        self.product, self.begun = product, begun
        self.struck: list[Struck] = []
        self._paused: list[tuple[float, str, int]] = []  # (until, part, id of the process), the next first
        self._stopping: list[Part] = []
        self._down: list[tuple[float, Machine]] = []  # (until, machine): one at most
        self._taken: set[str] = set()  # attempts that an earlier blow took along

    @property
    def now(self) -> float:
        return time.time() - self.begun

    def blow(self, blows: list[Blow], gone: Callable[[], float]) -> None:
        """Until everything is over; `gone` is the part of the storm that is."""
        coming = list(blows)
        while coming or gone() < 1:
            self._tend()
            if coming and coming[0].at <= gone():
                self._strike(coming.pop(0))
            else:
                time.sleep(0.02)

    def calm(self) -> None:
        """Everything runs again."""
        while self._paused or self._stopping or self._down:
            self._tend()
            time.sleep(0.02)
        for part in self.product.parts.values():
            if not part.is_running:
                part.start()

    def _tend(self) -> None:
        """What a supervisor does, and the end of pauses."""
        while self._paused and self._paused[0][0] <= self.now:
            _, name, pid = heapq.heappop(self._paused)
            part = self.product.parts[name]
            if part.pid == pid and part.is_running:
                part.resume()
        for part in [part for part in self._stopping if not part.is_running]:
            self._stopping.remove(part)
            part.start()
        if self._down and self._down[0][0] <= self.now:
            _, machine = self._down.pop()
            machine.is_down = False
            for part in machine.parts:
                part.start()

    def _strike(self, blow: Blow) -> None:
        if blow.kind == "latency":
            self.product.control("latency", {"generations": blow.seconds})
            return
        if blow.kind == "machine":
            self._strike_machine(blow)
            return
        part = self._target(blow)
        if self._is_down(part):
            return
        aim = self._await(blow, part)
        at = round(self.now, 2)
        calls = STRIKES[blow.kind](self, blow, part)
        until = round(self.now + (blow.seconds if blow.kind == "pause" else 0), 2)
        self.struck.append(Struck(at, blow.kind, part, aim, until, _short(calls)))

    def _target(self, blow: Blow) -> str:
        """The process that the blow names, or another of its kind while that one is not at work."""
        if blow.part not in CALLS:
            return blow.part
        first = CALLS.index(blow.part)
        turns = [*CALLS[first:], *CALLS[:first]]
        end = time.monotonic() + READY
        while time.monotonic() < end:
            self._tend()
            for name in turns:
                if self.product.parts[name].is_ready and not self._is_paused(name):
                    return name
            time.sleep(0.02)
        return blow.part

    def _is_paused(self, name: str) -> bool:
        return any(name == paused for _, paused, _ in self._paused)

    def _is_down(self, name: str) -> bool:
        return any(name == part.name for _, machine in self._down for part in machine.parts)

    # The moment ---------------------------------------------------------------------------------------
    def _await(self, blow: Blow, part: str) -> str:
        """Wait for the moment that the blow aims at; the aim that was met."""
        if blow.aim == "any" or part not in (*CALLS, *self.product.machines):
            return "any"
        look = self._aims(part)[blow.aim]
        end = time.monotonic() + PATIENCE * (1 if part in CALLS else 4)
        while time.monotonic() < end:
            if look():
                return blow.aim
            self._tend()
            time.sleep(LOOK)
        return "any"

    def _aims(self, part: str) -> dict[str, Callable[[], bool]]:
        home = self.product.machines.get(part, self.product)
        known = home.spooled()
        return {
            "calling": lambda: bool(self.product.in_hand(part)),
            "answering": lambda: any(self.product.in_hand(part).values()),
            "answered": lambda: bool(home.spooled() - known),
            "claimed": lambda: bool(self.product.claimed()),
        }

    # The blows ----------------------------------------------------------------------------------------
    def _kill(self, blow: Blow, name: str) -> set[str]:
        if name == "web-worker":
            self.product.kill_web_worker()
            return set()
        part = self.product.parts[name]
        calls = self._frozen_calls([part]) if name in CALLS else set()
        part.kill()
        part.start()
        return calls

    def _pause(self, blow: Blow, name: str) -> set[str]:
        part = self.product.parts[name]
        calls = self._frozen_calls([part])
        heapq.heappush(self._paused, (self.now + blow.seconds, name, part.pid))
        return calls

    def _strike_machine(self, blow: Blow) -> None:
        """All its processes at once; one whose answer rests in its spool is deleted while it is down."""
        while self._down:
            self._tend()
            time.sleep(0.02)
        machine = self.product.machines[blow.part]
        aim = self._await(blow, blow.part)
        at = round(self.now, 2)
        calls = self._frozen_calls([part for part in machine.parts if part.name in machine.calls])
        for part in machine.parts:
            part.kill()
        machine.is_down = True
        rested = sorted(machine.spooled())
        until = round(self.now + blow.seconds, 2)
        self._down.append((until, machine))
        self.struck.append(Struck(at, "machine", blow.part, aim, until, _short(calls), _short(rested)))
        if rested[:1]:
            other = next(other for other in self.product.machines.values() if other is not machine)
            self.product.delete(rested[0], other)
            self.struck.append(
                Struck(round(self.now, 2), "delete", other.name, "any", at, [], _short(rested[:1]))
            )

    def _frozen_calls(self, parts: list[Part]) -> set[str]:
        """Stop processes, and see which calls are their own: sent, and with no whole answer on disk."""
        names = {part.name for part in parts} & {*CALLS}
        stood_still: set[str] = set()
        for _ in range(TRIES):
            for part in parts:
                if part.is_running:
                    part.pause()
            try:
                return self._calls_of(names) | stood_still
            except sqlite3.OperationalError:
                # One was stopped amid opening the file, and nobody else can read now: it gets another moment,
                # and its calls have lost all the time for which the file was waited for.
                stood_still |= self._hands(names)
                for part in parts:
                    if part.is_running:
                        part.resume()
                time.sleep(LOOK)
        raise AssertionError(f"the database cannot be read while {parts[0].name} stands still")

    def _calls_of(self, names: set[str]) -> set[str]:
        if not names:
            return set()
        mine = self._hands(names)
        others = {*CALLS} - names
        self.product.database.settle(names)
        theirs = self._hands(others)
        unsettled = self.product.sending() - self.product.spooled() - self._taken
        calls = mine | (unsettled - theirs - self._hands(others))
        self._taken |= calls
        return calls

    def _hands(self, names: set[str]) -> set[str]:
        return {call for name in names for call in self.product.in_hand(name)}

    def _empty(self, blow: Blow, name: str) -> set[str]:
        self.product.empty_broker()
        return set()

    def _restart(self, blow: Blow, name: str) -> set[str]:
        if isinstance(self.product.database, Postgres):
            self.product.database.restart()
        return set()

    def _stop(self, blow: Blow, name: str) -> set[str]:
        """An orderly end; it is started again when it has ended."""
        part = self.product.parts[name]
        if part not in self._stopping:
            part.stop()
            self._stopping.append(part)
        return set()


def _short(calls: Iterable[str]) -> list[str]:
    return sorted(call[:ID] for call in calls)


STRIKES: dict[str, Callable[[Gale, Blow, str], set[str]]] = {
    "kill": Gale._kill,
    "pause": Gale._pause,
    "empty": Gale._empty,
    "restart": Gale._restart,
    "stop": Gale._stop,
}
