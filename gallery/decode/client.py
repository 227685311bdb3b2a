"""The asking side: a process beside this one that has loaded Pillow, and forks a child for each picture."""

from __future__ import annotations

import atexit
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from gallery.decode import seats
from gallery.decode.header import pixels_of

BEGUN, DONE = b"+", b"."  # what a child writes on its leash
LENGTH = struct.Struct(">I")  # of the job, as JSON, that follows
GRACE = 5  # seconds, after those in which the child should have been killed
COMMAND = [sys.executable, "-E", "-s", "-m", "gallery.decode"]
ROOT = Path(__file__).resolve().parent.parent.parent


class Unanswered(Exception):
    """No child began, or it ended without an answer: by one of its limits, or by something outside."""


class Busy(Unanswered):
    """Others decode, or wait to: nothing is known of the picture."""


class Made(NamedTuple):
    """One picture of the answer; `content` is empty where the received bytes are kept."""

    name: str
    type: str
    width: int
    height: int
    content: bytes


class Server(NamedTuple):
    process: subprocess.Popen[bytes]
    line: socket.socket

    @classmethod
    def begun(cls) -> Server:
        """It inherits neither the environment nor the secrets in it."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - the command is ours
                COMMAND, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, cwd=ROOT, env={}
            )
        return cls(process, ours)

    def send(self, job: dict[str, Any], files: Sequence[int]) -> None:
        body = json.dumps(job).encode()
        socket.send_fds(self.line, [LENGTH.pack(len(body)) + body], files)

    def end(self) -> None:
        """It ends when nobody is left to ask, and its children with it."""
        self.line.close()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Decoder:
    """No child begins before there are a core and memory for it, by the pixels that its file says (seats.py).

    The server begins with the first picture, ends with this process, and is replaced when it has died.
    """

    most_requests = 8  # of this process that decode, or wait to, at a time; more are sent away at once

    def __init__(self) -> None:
        self._begin()
        atexit.register(self._end)
        os.register_at_fork(after_in_child=self._forget)

    def _begin(self) -> None:
        self._server: Server | None = None
        self._lock = threading.Lock()
        self._queues = {priority: threading.Lock() for priority in (seats.UPLOAD, seats.PAGE, seats.WORK)}
        self._requests = threading.BoundedSemaphore(self.most_requests)

    def bound_requests(self, most: int) -> None:
        """Before the first of them."""
        self.most_requests = most
        self._requests = threading.BoundedSemaphore(most)

    def run(
        self, job: dict[str, Any], seconds: float, *streams: IO[bytes], priority: seats.Priority = seats.WORK
    ) -> None:
        """Let a child do the job (see tasks.py) within `seconds`, from the first file into the second.

        The third takes complaints. Raises Unanswered.
        """
        files = [file.fileno() for file in streams]
        memory = _seats_for(files[0], job["most_pixels"])
        job = job | {"seconds": seconds, "memory": memory * seats.SEAT_BYTES, "niceness": priority.niceness}
        try:
            with self._admitted(priority), seats.taken(memory, priority, self._queues[priority]):
                # A server that died or was killed takes no picture along that no child of it had begun.
                begun = time.monotonic()
                marks = self._asked(job, files) or self._asked(job, files)
        except TimeoutError as exc:
            raise Busy from exc
        if not marks.endswith(DONE):
            # Its limit of CPU is shorter: a child that took all of its time was kept from the processor.
            raise Busy if time.monotonic() - begun >= seconds else Unanswered

    @contextmanager
    def _admitted(self, priority: seats.Priority) -> Iterator[None]:
        """Requests are bounded, as each holds a thread that other pages need; TimeoutError where all wait."""
        if priority is seats.WORK:
            yield
            return
        requests = self._requests
        if not requests.acquire(blocking=False):
            raise TimeoutError
        try:
            yield
        finally:
            requests.release()

    def _asked(self, job: dict[str, Any], files: Sequence[int]) -> bytes:
        """What the child wrote on its leash until it ended; nothing where none began."""
        leash, its_end = socket.socketpair()
        leash.settimeout(job["seconds"] + GRACE)
        with leash, leash.makefile("rb") as marks:
            with its_end:
                server = self._sent(job, [*files, its_end.fileno()])
            try:
                return marks.read()
            except TimeoutError:  # the server itself hangs
                server.process.kill()
                return BEGUN

    def _sent(self, job: dict[str, Any], files: Sequence[int]) -> Server:
        with self._lock:
            if self._server is None:
                self._server = Server.begun()
            try:
                self._server.send(job, files)
            except OSError:  # it has died since
                self._server.end()
                self._server = Server.begun()
                self._server.send(job, files)
            return self._server

    def _end(self) -> None:
        with self._lock:
            if self._server:
                self._server.end()
                self._server = None

    def _forget(self) -> None:
        """In a fork of this process: the server is its parent's."""
        if self._server:
            self._server.line.close()
            self._server.process.returncode = 0  # nothing to wait for
        self._begin()


def _seats_for(file: int, most_pixels: int) -> int:
    """Of one that says nothing expect the most; one that says more is refused by its head."""
    told = pixels_of(file)
    pixels = most_pixels if told is None else told if told <= most_pixels else 0
    is_in_boxes = os.pread(file, 4, 4) == b"ftyp"
    return seats.needed(os.fstat(file).st_size, pixels, is_in_boxes=is_in_boxes)
