"""Real processes for flows, each probed before it is used and ended by its id."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import redis
from django.conf import settings
from django.db import connection

from tests import forks
from tryon.embedded.broker import program

WITH_KEY = {"Authorization": "Bearer llmtr-sandbox"}  # the sandbox's bill and calls are for its accounts
ROOT = Path(__file__).parent.parent
T = TypeVar("T")


def until(condition: Callable[[], T], seconds: float = 30, what: str = "") -> T:
    """The first true value of a condition, looked at every 50 ms."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.05)
    return value


class Process:
    """A child in a session of its own; the end of the `with` block ends it."""

    def __init__(self, command: list[str], log: Path, **env: str) -> None:
        self.log = log
        self._command = command
        self._env = os.environ | env
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.child = self._begun(out)

    def _begun(self, out: IO[bytes]) -> subprocess.Popen[bytes] | forks.Child:
        return subprocess.Popen(
            self._command, cwd=ROOT, env=self._env, stdout=out, stderr=out, start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self, ready: Callable[[], bool]) -> None:
        try:
            until(lambda: self.child.poll() is not None or ready(), what=self.log.name)
            assert self.child.poll() is None, self.log.read_text()[-3000:]
        except BaseException:
            self.stop()
            raise

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM and a wait; SIGKILL when that is not enough."""
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.child.returncode

    def kill(self) -> None:
        """As a machine does that runs out of memory."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


class Broker(Process):
    """Valkey on the unix socket that the settings of the tests name."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "broker.sock"
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(folder)]
        super().__init__([program(), *options], folder / "broker.log")
        self.client = redis.Redis(unix_socket_path=str(self.socket))

    def __enter__(self) -> Self:
        self._wait(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def empty(self) -> None:
        self.client.flushall()


class Forked(Process):
    """One whose command is Python's: it begins where all libraries are loaded (see forks.py)."""

    def _begun(self, out: IO[bytes]) -> forks.Child:
        with Path(os.devnull).open("rb") as nothing:
            return forks.start(self._command, self._env, files=(nothing, out, out))


class Worker(Forked):
    """One Celery worker, for all queues if none is named, on the test's database."""

    def __init__(
        self, broker: Broker, gateway_url: str, queues: str = "calls,renditions,upkeep", **env: str
    ) -> None:
        log = broker.socket.with_name(f"worker-{time.monotonic_ns()}.log")
        self.mark = log.with_suffix(".ready")
        env = {
            "READY_FILE": str(self.mark),
            "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
            "TEST_GATEWAY": gateway_url,
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
            **env,
        }
        command = ["-m", "celery", "-A", "tryon.celery", "worker", "-Q", queues]
        options = [
            "-P",
            "threads",
            "-c",
            "8",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "-l",
            "INFO",
        ]
        super().__init__([*command, *options], log, **env)

    def __enter__(self) -> Self:
        self._wait(self.mark.exists)
        return self


RACING = ["-m", "tests.tryon.models.racing"]


@cache
def _races() -> tuple[IO[str], IO[str]]:
    """What a process that holds all races of this run reads, and what it says; it ends with this one."""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    (orders, ours), (answers, theirs) = os.pipe(), os.pipe()
    log = Path(settings.DATA_DIR) / "racing.log"
    with open(orders) as read, open(theirs, "w") as said, log.open("w") as complaints:  # noqa: PTH123
        forks.start(RACING, env, files=(read, said, complaints))
    told, heard = open(ours, "w", buffering=1), open(answers)  # noqa: PTH123, SIM115
    atexit.register(told.close)
    atexit.register(heard.close)
    return told, heard


def raced(orders: list[dict[str, Any]], **changes: object) -> list[str]:
    """What processes said to these orders, one each, let go at the same moment under these settings."""
    sys.audit("subprocess.Popen", sys.executable, RACING, ROOT, None)  # for the guard, which heard the first
    told, heard = _races()
    told.write(json.dumps({"orders": orders, "settings": changes}) + "\n")
    said = heard.readline().strip()
    assert said, "one of them did not arrive: see racing.log"
    answers: list[str] = json.loads(said)
    return answers


def told_by_settings(*expressions: str, **environment: str) -> list[str]:
    """What `settings` says in a process with this environment and no other."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    code = ["from tryon import settings", *(f"print({expression})" for expression in expressions)]
    done = forks.run(["-c", "\n".join(code)], keep | {"ENV_FILE": ""} | environment)
    done.check_returncode()
    return done.stdout.splitlines()
