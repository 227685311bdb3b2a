"""Faults to order: a queue of things that go wrong, each for the next call that it fits."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tryon.sandbox.errors import TYPE_OF_STATUS, bad_value

# What each fault may say beside `on`, `fault`, `times` and `match`, with what holds where it does not.
OPTIONS: dict[str, dict[str, Any]] = {
    "status": {"status": 500, "type": "", "message": "", "details": {}, "headers": {}, "billed": False},
    "html": {"status": 502, "body": "", "headers": {}, "billed": False},
    "redirect": {"status": 302, "location": "https://elsewhere.invalid/", "billed": False},
    "drop_before": {},
    "drop_after": {},
    "truncate": {"at": 0.5},
    "truncate_json": {"at": 0.5},
    "drip": {"bytes_per_second": 1024},
    "hang": {"seconds": 60.0},
    "empty": {"billed": False},
    "no_picture": {"billed": False},
    "not_a_picture": {},
    "fewer": {"count": None},
    "more": {"count": None},
    "jpeg": {},
    "data_url": {},
    "escaped": {},
    "url": {"url": "https://pictures.invalid/picture.png"},
    "file_gone": {"status": 400, "shape": "param", "delete": False},
}
# These say nothing about what is answered, so any call can have them.
ANYWHERE = frozenset(
    ("status", "html", "redirect", "drop_before", "drop_after", "truncate", "truncate_json", "drip", "hang")
)
KINDS = {
    "generations": frozenset(OPTIONS),
    "edits": frozenset(OPTIONS) - {"file_gone"},
    "files": ANYWHERE,
    "models": ANYWHERE,
    "pictures": ANYWHERE - {"truncate_json"} | {"not_a_picture"},
}
WITH_PROMPT = ("generations", "edits")
SHAPES = ("param", "message", "id")
COMMON = ("on", "fault", "times", "match")
MOST_PICTURES = 10


@dataclass(frozen=True)
class Fault:
    """`options` is complete: every option of the kind is there."""

    on: str
    kind: str
    match: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def works(self) -> bool:
        """Whether the work is done, and paid for, before the fault shows."""
        return bool(self.options.get("billed", self.kind not in ("drop_before", "file_gone")))

    def count(self, asked: int) -> int:
        """How many pictures are made when `asked` were asked for."""
        said = self.options.get("count")
        if said is not None:
            return int(said)
        return asked + {"fewer": -1, "more": 1}.get(self.kind, 0)

    def fits(self, on: str, prompt: str, file_ids: tuple[str, ...]) -> bool:
        if self.on != on or self.match not in prompt:
            return False
        return bool(file_ids) or self.kind != "file_gone"


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

    def add(self, wishes: object) -> None:
        """Raises RefusedError (400) and adds none of them when one is not understood."""
        if not isinstance(wishes, list):
            raise bad_value("send a list of faults")
        entries = [_entry(wish) for wish in wishes]
        with self._lock:
            self._entries += entries

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def left(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{**entry.said, "times": entry.left} for entry in self._entries]

    def take(self, on: str, prompt: str = "", file_ids: tuple[str, ...] = ()) -> Fault | None:
        """The first fault that fits this call; it is used up by one."""
        with self._lock:
            for entry in self._entries:
                if entry.fault.fits(on, prompt, file_ids):
                    if entry.left is not None:
                        entry.left -= 1
                    self._entries = [entry for entry in self._entries if entry.left != 0]
                    return entry.fault
        return None


def _entry(wish: object) -> _Entry:
    if not isinstance(wish, dict):
        raise bad_value("a fault is an object")
    on, kind, times, match = (wish.get("on"), wish.get("fault"), wish.get("times", 1), wish.get("match", ""))
    if not isinstance(on, str) or on not in KINDS:
        raise bad_value(f"on must be one of {', '.join(KINDS)}", param="on")
    if not isinstance(kind, str) or kind not in KINDS[on]:
        raise bad_value(f"there is no fault {kind!r} on {on}", param="fault")
    if times is not None and (type(times) is not int or times < 1):
        raise bad_value("times is a whole number from 1, or null for always", param="times")
    if not isinstance(match, str) or (match and on not in WITH_PROMPT):
        raise bad_value("match is a text, and only generations and edits have a prompt", param="match")
    fault = Fault(on, kind, match, _options(kind, wish))
    return _Entry(fault, dict(wish), times)


def _options(kind: str, wish: dict[str, Any]) -> dict[str, Any]:
    known = OPTIONS[kind]
    for name, value in wish.items():
        if name in COMMON:
            continue
        if name not in known:
            raise bad_value(f"the fault {kind} has no option {name!r}", param=name)
        if not _is_sound(name, value):
            raise bad_value(f"{value!r} makes no sense for {name}", param=name)
    options = {**known, **{name: value for name, value in wish.items() if name in known}}
    if kind == "status":
        options["type"] = options["type"] or TYPE_OF_STATUS.get(options["status"], "internal_error")
    return options


def _is_sound(name: str, value: object) -> bool:
    """Whether an option has a value that can be acted on."""
    if name in ("type", "message", "body", "location", "url"):
        return isinstance(value, str)
    if name == "headers":
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    if name == "details":
        return isinstance(value, dict)
    if name in ("billed", "delete"):
        return isinstance(value, bool)
    if name == "shape":
        return value in SHAPES
    return _is_number_in(value, *RANGES[name])


RANGES: dict[str, tuple[float, float, bool]] = {
    "status": (200, 599, True),
    "count": (0, MOST_PICTURES, True),
    "at": (0, 1, False),
    "bytes_per_second": (1, 1e9, False),
    "seconds": (0, 3600, False),
}


def _is_number_in(value: object, least: float, most: float, whole: bool) -> bool:
    allowed = (int,) if whole else (int, float)
    return type(value) in allowed and least <= value <= most  # type: ignore[operator]
