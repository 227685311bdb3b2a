"""Children started in order, watched, started again, and stopped in reverse order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tryon.embedded.child import Child, Part
from tryon.embedded.signals import Signals

START_SECONDS = 60.0
LONGEST_PAUSE = 30
SETTLED_SECONDS = 60.0  # a child that ran for so long has got over its failures
ECHO_SECONDS = 1.0  # make and a service manager may pass on the same signal once more
SAY_AFTER = 4.0  # a stop that takes longer is explained


class NotStartedError(Exception):
    """A child cannot start; its last lines say why."""

    def __init__(self, child: Child, what: str) -> None:
        super().__init__(f"{child.part.name} {what}")
        self.lines = child.last_lines()


class StopAskedError(Exception):
    """Ctrl-C, SIGTERM or the end of the terminal, while starting; or once more, while stopping."""


class Supervisor:
    """The children of one `up`. One thread: each child ends with the thread that started it."""

    def __init__(self, logs: Path, say: Callable[[str], object], signals: Signals, verbose: bool) -> None:
        self._logs, self._say, self._signals, self._verbose = logs, say, signals, verbose
        self._children: list[Child] = []

    def start(self, parts: Iterable[Part]) -> None:
        """Start these at the same time and wait until each is ready. NotStartedError, StopAskedError."""
        waiting = [self._launch(part) for part in parts]
        end = time.monotonic() + START_SECONDS
        while waiting := [child for child in waiting if not self._is_ready(child)]:
            if time.monotonic() > end:
                raise NotStartedError(waiting[0], f"is not ready after {START_SECONDS:.0f} s")
            self._wait_while_starting()

    def run_to_end(self, part: Part) -> str:
        """Run something that ends by itself; its answer on stdout. NotStartedError, StopAskedError."""
        read, write = os.pipe()
        with os.fdopen(read, encoding="utf-8") as answer:
            with os.fdopen(write, "wb"):
                child = self._launch(part, write)
            while child.exit_code is None:
                self._wait_while_starting()
            self._children.remove(child)
            if child.exit_code:
                raise NotStartedError(child, f"ended with {_ending(child)}")
            return answer.read()

    def watch(self) -> None:
        """Keep every child running until a stop is asked for."""
        while not self._signals.wait(0.2 if self._verbose else 1.0):
            self._tend()

    def stop(self) -> bool:
        """Stop in reverse order; a second signal ends all at once. False when something had to be killed."""
        began = time.monotonic()
        try:
            stopped = [self._stop_one(child, began) for child in reversed(self._children)]
        except StopAskedError:
            for child in reversed(self._children):
                child.kill()
            return False
        return all(stopped)

    def _launch(self, part: Part, stdout: int | None = None) -> Child:
        child = Child(part, self._logs / f"{part.name}.log", stdout)
        self._children.append(child)
        return child

    def _wait_while_starting(self) -> None:
        if self._signals.wait(0.05):
            raise StopAskedError
        self._show_output()

    def _is_ready(self, child: Child) -> bool:
        if child.exit_code is not None:
            raise NotStartedError(child, f"ended with {_ending(child)}")
        child.is_ready = child.part.ready()
        return child.is_ready

    def _tend(self) -> None:
        for child in self._children:
            if child.exit_code is not None:
                self._start_again(child)
            elif not child.is_ready and child.part.ready():
                child.is_ready = True
                self._say(f"{child.part.name} runs again.")
        self._show_output()

    def _start_again(self, child: Child) -> None:
        """Now or later: each failure in a row doubles the pause."""
        now = time.monotonic()
        if not child.again_at:
            if now - child.started > SETTLED_SECONDS:
                child.failures = 0
            pause = min(2**child.failures, LONGEST_PAUSE)
            child.failures += 1
            child.again_at = now + pause
            self._say(
                f"{child.part.name} ended with {_ending(child)}; it starts again in {pause} s ({child.log})."
            )
        elif now >= child.again_at:
            child.again_at = 0.0
            child.start()

    def _stop_one(self, child: Child, began: float) -> bool:
        grace = child.part.grace
        child.ask_to_stop()
        asked, explained = time.monotonic(), False
        while child.exit_code is None:
            waited = time.monotonic() - asked
            if waited > grace:
                self._say(f"{child.part.name} did not stop in {grace:.0f} s and is ended.")
                child.kill()
                return False
            if waited > SAY_AFTER and not explained:
                explained = True
                has = f"for what {child.part.name} has in hand"
                self._say(f"Waiting up to {grace:.0f} s {has}; Ctrl-C again stops at once.")
            if self._signals.wait(0.1) and time.monotonic() - began > ECHO_SECONDS:
                raise StopAskedError
            self._show_output()
        return True

    def _show_output(self) -> None:
        if self._verbose:
            for child in self._children:
                for line in child.new_lines():
                    self._say(f"{child.part.name:>10} | {line}")


def _ending(child: Child) -> str:
    code = child.exit_code or 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"
