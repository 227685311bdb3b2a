"""Faults to order: a queue of things that go wrong, each for the next call that it fits."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tryon.sandbox.errors import bad_value
from tryon.sandbox.faults.options import KINDS, read_options
from tryon.sandbox.models import RATIOS, SIZES

WITH_PROMPT = ("generations", "edits")
SHAPES = {"size": SIZES, "aspect_ratio": RATIOS}


@dataclass(frozen=True)
class Target:
    """A call as far as a fault looks at it."""

    on: str
    prompt: str = ""
    size: str = ""
    aspect_ratio: str | None = None
    file_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """`options` is complete: every option of the kind is there; `size` and `aspect_ratio` are those of the
    calls that it is for, "" for all."""

    on: str
    kind: str
    match: str
    size: str = ""
    aspect_ratio: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def works(self) -> bool:
        """Whether the work is done, and paid for, before the fault shows."""
        return bool(self.options.get("billed", self.kind not in ("drop_before", "file_gone")))

    def count(self, asked: int) -> int:
        """How many pictures are made when `asked` were asked for."""
        said = self.options.get("count")
        if said is not None and self.kind in ("fewer", "more"):
            return int(said)
        return asked + {"fewer": -1, "more": 1}.get(self.kind, 0)

    def fits(self, call: Target) -> bool:
        if self.on != call.on or self.match not in call.prompt:
            return False
        if self.size not in ("", call.size) or self.aspect_ratio not in ("", call.aspect_ratio):
            return False
        return bool(call.file_ids) or self.kind != "file_gone"


@dataclass
class _Entry:
    fault: Fault
    said: dict[str, Any]
    # None: until the queue is emptied.
    left: int | None


class Faults:
    """The queue, in order; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def add(self, faults: object) -> None:
        """Raises RefusedError (400) and adds none of them when one is not understood."""
        if not isinstance(faults, list):
            raise bad_value("send a list of faults")
        entries = [_entry(fields) for fields in faults]
        with self._lock:
            self._entries += entries

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def left(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{**entry.said, "times": entry.left} for entry in self._entries]

    def take(self, call: Target) -> Fault | None:
        """The first fault that fits this call; it is used up by one."""
        with self._lock:
            for entry in self._entries:
                if entry.fault.fits(call):
                    if entry.left is not None:
                        entry.left -= 1
                    self._entries = [entry for entry in self._entries if entry.left != 0]
                    return entry.fault
        return None


def _entry(fields: object) -> _Entry:
    if not isinstance(fields, dict):
        raise bad_value("a fault is an object")
    on, kind, times, match = (
        fields.get("on"),
        fields.get("fault"),
        fields.get("times", 1),
        fields.get("match", ""),
    )
    if not isinstance(on, str) or on not in KINDS:
        raise bad_value(f"on must be one of {', '.join(KINDS)}", param="on")
    if not isinstance(kind, str) or kind not in KINDS[on]:
        raise bad_value(f"there is no fault {kind!r} on {on}", param="fault")
    if times is not None and (type(times) is not int or times < 1):
        raise bad_value("times is a whole number from 1, or null for always", param="times")
    if not isinstance(match, str) or (match and on not in WITH_PROMPT):
        raise bad_value("match is a text, and only generations and edits have a prompt", param="match")
    size, aspect_ratio = (_shape(fields, on, name, known) for name, known in SHAPES.items())
    fault = Fault(on, kind, match, size, aspect_ratio, read_options(kind, fields))
    return _Entry(fault, dict(fields), times)


def _shape(fields: dict[str, Any], on: str, name: str, known: tuple[str, ...]) -> str:
    said = fields.get(name, "")
    if said != "" and (said not in known or on != "generations"):
        raise bad_value(f"{name} is one of {', '.join(known)}, and only generations have it", param=name)
    return str(said)
