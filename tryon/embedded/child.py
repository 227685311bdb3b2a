"""One process of the embedded product."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tryon.embedded import parent_death

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Part:
    """What a process is: its command, how to see that it is ready, how long it may take to stop (s).

    `mark` is a file that the process makes when it is ready; it is removed before each start.
    """

    name: str
    command: list[str]
    ready: Callable[[], bool]
    grace: float
    environment: Mapping[str, str]
    keep_fds: tuple[int, ...] = ()
    mark: Path | None = None


class Child:
    """A part that runs, or ran, with its output in a log of its own (or its stdout in the file given)."""

    def __init__(self, part: Part, log: Path, stdout: int | None = None) -> None:
        self.part, self.log, self._stdout = part, log, stdout
        self.is_ready = False
        self.failures = 0
        self.again_at = 0.0
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        self._shown = 0
        self.start()

    def start(self) -> None:
        self.is_ready = False
        self.started = time.monotonic()
        if self.part.mark:
            self.part.mark.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the commands of plan.py
                self.part.command,
                cwd=ROOT,
                env=self.part.environment,
                stdin=subprocess.DEVNULL,
                stdout=log if self._stdout is None else self._stdout,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal reaches `up` alone
                pass_fds=self.part.keep_fds,
                preexec_fn=parent_death.preexec(),  # safe: `up` has one thread
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal that ended it."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        if self.exit_code is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once, and what it started."""
        if self.exit_code is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def last_lines(self, count: int = 15) -> list[str]:
        return self.log.read_text(errors="replace").splitlines()[-count:]

    def new_lines(self) -> list[str]:
        """What it wrote since the last look, in whole lines."""
        with self.log.open("rb") as log:
            log.seek(self._shown)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._shown += len(whole)
        return whole.decode(errors="replace").splitlines()
