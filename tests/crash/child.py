"""A worker's work up to a named point, where the process gets SIGKILL: `python -m tests.crash.child`.

Reads one order (JSON) a line and forks for it, so that a death costs no new start; answers each with a line.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from types import CodeType, FrameType
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402

from gallery import pictures, renditions  # noqa: E402, F401  # what a worker has loaded before it works
from tests.crash.points import POINTS, Point, Spot  # noqa: E402
from tryon.accounts.models import User  # noqa: E402
from tryon.models import Reference  # noqa: E402
from tryon.pipeline import run, submission, tasks  # noqa: E402
from tryon.pipeline.submission import ChosenReference, TryOnRequest  # noqa: E402

Passed = Callable[[str], None]


class Watch:
    """Looks at every call and return of Python functions and says which points are passed."""

    def __init__(self, points: Sequence[Point], passed: Passed) -> None:
        self._passed = passed
        self._spots: dict[tuple[int, str], list[tuple[str, Spot]]] = {}
        for point in points:
            for spot in point.spots:
                key = id(code_of(spot.module, spot.function)), spot.event
                self._spots.setdefault(key, []).append((point.name, spot))
        afters = {spot.after for spots in self._spots.values() for _, spot in spots if spot.after}
        self._gates = {id(code_of(*after)): after for after in afters}
        self._open: set[tuple[str, str] | None] = {None}
        self._counts: Counter[Spot] = Counter()

    def install(self) -> None:
        """In this thread and in all that begin from now on."""
        threading.setprofile(self)
        sys.setprofile(self)

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        code = id(frame.f_code)
        if event == "call" and (gate := self._gates.get(code)):
            self._open.add(gate)
        for name, spot in self._spots.get((code, event), ()):
            if spot.after in self._open:
                self._counts[spot] += 1
                if self._counts[spot] == spot.nth:
                    self._passed(name)


def code_of(module: str, function: str) -> CodeType:
    """The code of a function or method; AttributeError when the product has no such one."""
    found: Any = importlib.import_module(module)
    for name in function.split("."):
        found = getattr(found, name)
    code: CodeType = found.__code__
    return code


def live(order: dict[str, Any]) -> None:
    """Accept a try-on, run it, make the renditions: what web and worker do."""
    settings.LLMTR_BASE_URL = order["gateway"]
    person, garment = (Reference.objects.get(pk=pk) for pk in order["inputs"])
    inputs = (ChosenReference(person, "person"), ChosenReference(garment, "top"))
    tryon = submission.accept(
        User.objects.get(pk=order["owner"]),
        TryOnRequest("try_on", "google/gemini-3.1-flash-image", inputs, 1, "512", "auto", "", "one"),
    )
    for wake in run.run_generation(tryon.generations.get().pk):
        if wake.task == "render":
            tasks.render(image_id=str(wake.id))


def fork(order: dict[str, Any]) -> dict[str, Any]:
    """The points that a process of its own passed, and the signal that ended it (0: it came to its end)."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        _live_and_die(order, write)
    os.close(write)
    with os.fdopen(read) as pipe:
        passed = pipe.read().splitlines()
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"the child failed at {passed[-1:]}")
    return {"passed": passed, "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}


def _live_and_die(order: dict[str, Any], write: int) -> None:
    def passed(name: str) -> None:
        os.write(write, f"{name}\n".encode())
        if name == order["point"]:
            os.kill(os.getpid(), signal.SIGKILL)

    status = 1
    try:
        Watch(POINTS, passed).install()
        live(order)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(fork(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
