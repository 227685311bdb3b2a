"""What each kind of fault may say: its options, the calls it is for, and the values that make sense."""

from typing import Any

from tryon.sandbox.errors import TYPE_OF_STATUS, bad_value
from tryon.sandbox.models import RATIOS, SIZES

# What each fault may say beside what COMMON names, with what holds where it does not.
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
    "fewer_references": {"count": 1},
    "resized": {"to_size": "", "to_aspect_ratio": ""},
    "jpeg": {},
    "data_url": {},
    "escaped": {},
    "url": {"url": "https://pictures.invalid/picture.png"},
    "bigdecimal": {},
    "nan": {},
    "bom": {},
    "trailing": {},
    "wrapped": {},
    "chunk_cut": {"seconds": 0.0},
    "late_address": {"status": 404, "count": 2},
    "file_gone": {"status": 400, "shape": "param", "delete": False},
}
# These say nothing about what is answered, so any call can have them.
ANYWHERE = frozenset(
    ("status", "html", "redirect", "drop_before", "drop_after", "truncate", "truncate_json", "drip", "hang")
)
KINDS = {
    "generations": frozenset(OPTIONS),
    "edits": frozenset(OPTIONS) - {"file_gone", "fewer_references"},
    "files": ANYWHERE,
    "models": ANYWHERE,
    "pictures": ANYWHERE - {"truncate_json"} | {"not_a_picture"},
}
COMMON = ("on", "fault", "times", "match", "size", "aspect_ratio")
CHOICES = {"shape": ("param", "message", "id"), "to_size": ("", *SIZES), "to_aspect_ratio": ("", *RATIOS)}
MOST_PICTURES = 10


def read_options(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Every option of the kind, those not given as they usually are. Raises RefusedError (400)."""
    known = OPTIONS[kind]
    for name, value in fields.items():
        if name in COMMON:
            continue
        if name not in known:
            raise bad_value(f"the fault {kind} has no option {name!r}", param=name)
        if not _is_sound(name, value):
            raise bad_value(f"{value!r} makes no sense for {name}", param=name)
    options = {**known, **{name: value for name, value in fields.items() if name in known}}
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
    if name in CHOICES:
        return value in CHOICES[name]
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
