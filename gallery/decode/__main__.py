"""The process that decodes: `python -m gallery.decode`, with a Unix socket to who asks as its input.

A job comes as its length (4 bytes), JSON, and four files: the picture, the answer, complaints, and a leash.
Each is done in a fork of its own, which ends with it: whatever a picture does to a decoder, the next one
meets none of it, and Python and Pillow are loaded once (60 ms) and not for each. The child writes "+" on
the leash when it has begun and "." when its answer is whole; the leash falls with it.

This process opens no picture and knows nothing of the rest of the project: no settings, no secrets. It lives
as long as the one that asks, whatever signal the two get together: a worker that drains still needs it.
"""

import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence

from gallery.decode.client import BEGUN, DONE, LENGTH
from gallery.decode.confinement import confine
from gallery.decode.tasks import QUICK, Job, answered, ready

SECONDS = 15  # of CPU; shorter than what a job has by the clock
FILE_BYTES = 64 * 1024 * 1024  # the answer is the only file that it writes
OPEN_FILES = 32
TICK = 1.0  # seconds until a child that has ended is noticed


def limit(memory: int) -> None:
    """Bound memory (bytes of address space), CPU, files and core dumps of this process for good."""
    limits = {resource.RLIMIT_CPU: SECONDS, resource.RLIMIT_FSIZE: FILE_BYTES}
    limits |= {resource.RLIMIT_NOFILE: OPEN_FILES, resource.RLIMIT_CORE: 0}
    if sys.platform != "darwin":  # macOS refuses to set it
        limits[resource.RLIMIT_AS] = memory
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


def begin(job: Job, files: Sequence[int]) -> int:
    """The child's process id."""
    if child := os.fork():
        return child
    try:
        *streams, leash = files
        for number, file in enumerate(streams):
            os.dup2(file, number)  # the first in place of the line, which is none of the child's
        os.write(leash, BEGUN)
        os.nice(job["niceness"])
        limit(job["memory"])
        with os.fdopen(0, "rb", closefd=False) as picture, os.fdopen(1, "wb", closefd=False) as answer:
            answer.writelines(answered(job, picture.read()))
        os.write(leash, DONE)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def received(line: socket.socket) -> tuple[Job, list[int]] | None:
    """The next job and its files; None when nobody is left to ask."""
    head, files, *_ = socket.recv_fds(line, LENGTH.size, 4)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    return json.loads(line.recv(length, socket.MSG_WAITALL)), files


def serve(line: socket.socket) -> None:
    children: dict[int, float] = {}  # process id: when its time is up
    poll = select.poll()
    poll.register(line, select.POLLIN)
    while True:
        wait = min([TICK, *(end - time.monotonic() for end in children.values())]) if children else None
        if poll.poll(wait and max(0.0, wait) * 1000):
            if (order := received(line)) is None:
                break
            job, files = order
            children[begin(job, files)] = time.monotonic() + job["seconds"]
            for file in files:
                os.close(file)
        for child, end in list(children.items()):
            if end <= time.monotonic():
                os.kill(child, signal.SIGKILL)
            if os.waitpid(child, 0 if end <= time.monotonic() else os.WNOHANG)[0]:
                del children[child]
    for child in children:
        os.kill(child, signal.SIGKILL)


def main() -> None:
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    ready(QUICK)
    confine()
    gc.freeze()  # a child that collected all of this would copy it first
    with socket.socket(fileno=0) as line:
        serve(line)


if __name__ == "__main__":
    main()
