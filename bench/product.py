"""The product as `up` runs it, on a data folder of its own, with a sandbox gateway that is ours to set."""

import datetime as dt
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from tryon.embedded import parent_death
from tryon.sandbox.server import KEY

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90
STOP_SECONDS = 60


class Service:
    """A process that says its address when it is ready; the end of the `with` block ends it."""

    def __init__(
        self,
        command: list[str],
        log: Path,
        ready: str,
        environment: dict[str, str],
        before: Callable[[], None] | None = None,
    ) -> None:
        self._log, self._ready = log, ready
        with log.open("w") as out:
            # A session of its own: Ctrl-C reaches us alone, and we stop the others in order.
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=before,
            )

    def __enter__(self) -> Self:
        try:
            self.address = self._wait_for_address()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _wait_for_address(self) -> str:
        end = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < end:
            if found := re.search(self._ready, self._log.read_text(), re.DOTALL):
                return found[1].rstrip("/")
            time.sleep(0.05)
        raise SystemExit(f"It did not start:\n{self._log.read_text()}")


@dataclass(frozen=True)
class Call:
    """One generation as the gateway saw it, in wall time; it is noted as ended just before its last block."""

    started: float
    ended: float


class Product:
    """The product and its gateway, running; `address` and `gateway` are their addresses."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            self.gateway = starting.enter_context(self._sandbox()).address
            self.address = starting.enter_context(self._up()).address
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _sandbox(self) -> Service:
        command = ["-m", "tryon.sandbox", "--port", "0", "--data", str(self._data / "gateway")]
        log = self._data / "gateway.log"
        return Service(command, log, r"ready on (\S+)", dict(os.environ), parent_death.preexec())

    def _up(self) -> Service:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        ours = {"DATA_DIR": str(self._data / "product"), "PORT": "0", "ENV_FILE": ""}
        gateway = {"LLMTR_BASE_URL": self.gateway, "LLMTR_API_KEY": KEY}
        command = ["manage.py", "up", "--stop-with-parent"]
        ready = r"Ready in [^\n]*: (\S+)\n.*Ctrl-C stops"
        return Service(command, self._data / "up.log", ready, keep | ours | gateway)

    def set_latency(self, generations: float, uploads: float) -> None:
        self._control("POST", "latency", json={"generations": generations, "files": uploads})

    def last_call(self) -> Call:
        """The newest generation, of whoever asked for it."""
        rows = self._control("GET", "calls")["rows"]
        row = next(row for row in reversed(rows) if row["endpoint"] == "generations")
        return Call(row["started"], row["ended"])

    def last_generation(self) -> tuple[float, float]:
        """When the newest generation was accepted and when its worker ended it, in wall time."""
        with closing(sqlite3.connect(f"file:{self._data}/product/tryon.sqlite3?mode=ro", uri=True)) as rows:
            query = "SELECT created_at, ended_at FROM tryon_generation ORDER BY created_at DESC LIMIT 1"
            accepted, ended = map(dt.datetime.fromisoformat, rows.execute(query).fetchone())
        return accepted.replace(tzinfo=dt.UTC).timestamp(), ended.replace(tzinfo=dt.UTC).timestamp()

    def _control(self, method: str, name: str, **content: Any) -> Any:
        key = {"Authorization": f"Bearer {KEY}"}
        address = f"{self.gateway}/_sandbox/{name}"
        answer = httpx.request(method, address, headers=key, trust_env=False, **content)
        return answer.raise_for_status().json()
