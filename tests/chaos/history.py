"""The raw history of a storm: what was asked, done and billed, and what the product says in the end.

Times are seconds since the storm began, money is micro-USD, ids are the first signs of the real ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ID = 12  # signs of an id that are kept


class Asked(NamedTuple):
    """One form, however often it was sent. `tryon` is "" where no answer ever came; status 0 is no answer."""

    nonce: str
    tryon: str
    wanted: int
    clicks: int
    statuses: list[int]
    fault: str
    deleted: float | None = None  # when its deletion was accepted


class Failure(NamedTuple):
    """A page that answered with an error of the server."""

    at: float
    status: int
    path: str


class Struck(NamedTuple):
    """What was done to the product; `until` is when it was over, `calls` are the attempts it took along.

    Of a machine, `rested` are the attempts whose whole answer was in its spool when it died. A "delete" is
    the deletion of their try-ons while it was down.
    """

    at: float
    kind: str
    part: str
    aim: str
    until: float
    calls: list[str]
    rested: list[str] = []


class Charged(NamedTuple):
    """A row of the gateway's own bill; `delivered` is ok, cut, error, or "" while under way."""

    nonce: str
    pictures: int
    micros: int
    at: float
    delivered: str


class Kept(NamedTuple):
    """A try-on as the product has it."""

    id: str
    nonce: str
    wanted: int
    deleted: bool = False
    left: int = 0  # of a deleted one: files of any machine, and objects, that are named after it


class Made(NamedTuple):
    """A generation; `readable` counts its pictures in the gallery whose files can be opened."""

    id: str
    tryon: str
    count: int
    status: str
    reason: str
    fence: int
    sends: int
    crashes: int
    reserved: int
    readable: int


class Sent(NamedTuple):
    """An attempt; `price` is for one picture, `answered` is when it was settled (null: never)."""

    id: str
    generation: str
    fence: int
    status: str
    http: int | None
    pictures: int
    price: int
    sent: float
    answered: float | None


ROWS: dict[str, Any] = {
    "asked": Asked,
    "struck": Struck,
    "bill": Charged,
    "tryons": Kept,
    "generations": Made,
    "attempts": Sent,
    "failures": Failure,
}


@dataclass
class History:
    """`storm` says what was ordered and of which commit, `ledger` what the product's own books add up to.

    `storm`: seed, commit, database, build, order, times, seconds (until the last fault), ended (all of it),
    unused (faults that no call met, by nonce).
    `ledger`: reserved, spent, at_risk (the site's rows), disagreements, adopted.
    `pages`: count, most (seconds within which 19 of 20 answered), slowest.
    """

    storm: dict[str, Any]
    ledger: dict[str, Any]
    pages: dict[str, Any]
    asked: list[Asked]
    struck: list[Struck]
    bill: list[Charged]
    tryons: list[Kept]
    generations: list[Made]
    attempts: list[Sent]
    failures: list[Failure]

    def write(self, file: Path) -> None:
        """JSON, one row a line."""
        heads = [f'"{name}": {json.dumps(getattr(self, name))}' for name in ("storm", "ledger", "pages")]
        bodies = [f'"{name}": [{_lines(getattr(self, name))}]' for name in ROWS]
        file.write_text("{" + ",\n".join([*heads, *bodies]) + "}\n")


def _lines(rows: list[Any]) -> str:
    return ",".join("\n" + json.dumps(row, separators=(",", ":")) for row in rows)


def read(file: Path) -> History:
    told = json.loads(file.read_text())
    return History(**{name: _typed(name, value) for name, value in told.items()})


def _typed(name: str, value: Any) -> Any:
    return [ROWS[name](*row) for row in value] if name in ROWS else value
