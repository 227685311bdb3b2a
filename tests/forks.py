"""Python commands without their slowest part: forks of a process that has loaded the libraries.

Of a second that a command of the product takes to begin, 0.7 s load libraries. One process does that for a
whole run of tests, and forks for each command, which is then done from its first line: its settings, the
product's own code, its end. It opens nothing, reads no settings, and ends with the process that asks.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from tryon.embedded import parent_death

ROOT = Path(__file__).parent.parent
LENGTH = struct.Struct(">I")  # of the JSON that follows
LOOK = 0.01  # seconds between two looks at a process that is waited for
# What needs no settings to be loaded.
LIBRARIES = """
celery.apps.worker celery.bin.celery celery.bin.worker celery.concurrency.thread celery.fixups.django
celery.loaders.app celery.worker.consumer kombu.transport.redis redis prometheus_client structlog
django_structlog.celery.signals django_structlog.celery.steps django.contrib.admin.utils
django.contrib.sessions.backends.base django.core.management.commands.check
django.core.management.commands.migrate django.core.management.commands.shell
django.db.backends.sqlite3.base django.db.backends.postgresql.base django.db.migrations.autodetector
django.db.migrations.executor django.template.backends.django django.template.defaulttags
django.views.debug django.views.generic whitenoise.storage whitenoise.middleware
gunicorn.app.wsgiapp gunicorn.workers.gthread httpx httpcore h11 PIL.Image coloraide csp.constants
"""


# The asking side ------------------------------------------------------------------------------------------
class Child:
    """As `subprocess.Popen`, as far as tests need it."""

    def __init__(self, server: Server, pid: int) -> None:
        self._server = server
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._server.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = time.monotonic() + (timeout or float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(LOOK)
        return code

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Server:
    """The process that forks, and the line to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "tests.forks"]
            # A Ctrl-C is for who asks, and this one ends with that.
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=theirs.fileno(), start_new_session=True)
        atexit.register(self._end)

    def ask(self, order: dict[str, Any], files: Sequence[int] = ()) -> Any:
        body = json.dumps(order).encode()
        with self._lock:
            socket.send_fds(self._line, [LENGTH.pack(len(body)) + body], files)
            (length,) = LENGTH.unpack(self._line.recv(LENGTH.size, socket.MSG_WAITALL))
            return json.loads(self._line.recv(length, socket.MSG_WAITALL))

    def _end(self) -> None:
        self._line.close()
        self._process.wait(10)


_server = cache(Server)


def start(
    words: Sequence[str],
    env: Mapping[str, str],
    *,
    files: tuple[IO[Any], IO[Any], IO[Any]],
    dies_with_us: bool = False,
) -> Child:
    """`python` with these words, in a process group of its own; the files are input, output and errors."""
    sys.audit("subprocess.Popen", sys.executable, [*words], ROOT, env)  # for the guard of rings.py
    order = {"words": [*words], "env": {**env}, "dies_with_us": dies_with_us}
    return Child(server := _server(), server.ask(order, [file.fileno() for file in files]))


def run(words: Sequence[str], env: Mapping[str, str], *, told: str = "") -> subprocess.CompletedProcess[str]:
    """To its end, as `subprocess.run` with its output captured."""
    with (
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as errors,
    ):
        given.write(told)
        given.seek(0)
        code = start(words, env, files=(given, out, errors)).wait()
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess([*words], code, out.read(), errors.read())


# The process that forks -----------------------------------------------------------------------------------
def serve(line: socket.socket) -> dict[str, Any] | None:
    """In each fork, its order; in this process, None when nobody is left to ask."""
    while received := _received(line):
        order, files = received
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            _answer(line, os.waitstatus_to_exitcode(status) if pid else None)
        elif pid := os.fork():
            os.setpgid(pid, pid)  # before anybody can know whom to kill
            _answer(line, pid)
        else:
            _become(files, os.getppid() if order["dies_with_us"] else 0)
            return order
        for file in files:
            os.close(file)
    return None


def _received(line: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    head, files, *_ = socket.recv_fds(line, LENGTH.size, 3)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    return json.loads(line.recv(length, socket.MSG_WAITALL)), files


def _answer(line: socket.socket, told: Any) -> None:
    body = json.dumps(told).encode()
    line.sendall(LENGTH.pack(len(body)) + body)


def _become(files: Sequence[int], parent: int) -> None:
    if parent:
        parent_death.request_signal(parent)
    for number, file in enumerate(files):  # the first in place of the line, which is none of the child's
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - the old one has been read by nobody
    sys.stdout.reconfigure(line_buffering=True)


def run_words(words: list[str]) -> None:
    """What `python` does with them."""
    match words:
        case ["-m", module, *rest]:
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", code, *rest]:
            sys.argv = ["-c", *rest]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})
        case [file, *rest]:
            sys.argv = [file, *rest]
            runpy.run_path(file, run_name="__main__")


def main() -> None:
    for name in LIBRARIES.split():
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a child that collected all of this would copy it first
    line = socket.socket(fileno=0)
    order = serve(line)
    line.detach()
    if order:
        os.environ.clear()
        os.environ.update(order["env"])
        tempfile.tempdir = None  # looked up anew in this environment
        run_words(order["words"])


if __name__ == "__main__":
    main()
