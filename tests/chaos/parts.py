"""The product's processes, each by its own command, ended by its id and started again as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tests import forks
from tests.live import ROOT
from tryon.embedded import parent_death


class Part:
    """One process and its children, in a session of their own; it ends when the storm does.

    `ready` is asked for the mark that the process leaves, or whatever else says that it does its work.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        ready: Callable[[], bool] | None = None,
        fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._mark = folder / f"{name}.ready"
        self._ready = ready or self._mark.exists
        self._command, self._fds = list(command), fds
        self._environment = {**environment, "READY_FILE": str(self._mark)}

    def start(self) -> None:
        self._mark.unlink(missing_ok=True)
        with self.log.open("ab") as out:
            self.child = self._begun(out)

    def _begun(self, out: IO[bytes]) -> subprocess.Popen[bytes] | forks.Child:
        program, *words = self._command
        if program == sys.executable and not self._fds:  # it begins where all libraries are loaded
            with Path(os.devnull).open("rb") as nothing:
                return forks.start(words, self._environment, files=(nothing, out, out), dies_with_us=True)
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            pass_fds=self._fds,
            preexec_fn=parent_death.preexec(),
        )

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def is_running(self) -> bool:
        return self.child.poll() is None

    @property
    def is_ready(self) -> bool:
        return self.is_running and self._ready()

    def workers(self) -> list[int]:
        """The ids of its own children."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in listed.read_text().split()] if self.is_running else []

    def pause(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """As a machine does that runs out of memory."""
        if self.is_running:
            os.killpg(self.pid, signal.SIGKILL)
            self.child.wait()

    def stop(self) -> None:
        """Ask it to end, as a deployment does; the caller looks whether it has."""
        if self.is_running:
            self.child.terminate()
