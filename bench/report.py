"""What a benchmark has to tell, as a plain table."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

HEAD = ("measured", "Tryon", "by hand", "ratio", "target", "")


@dataclass(frozen=True)
class Row:
    """`ours`, `peer` in `unit`; `most` is the target, of the ratio where there is a peer, else of `ours`."""

    name: str
    ours: float
    unit: str
    peer: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    @property
    def missed_by(self) -> float:
        """Of the ratio, or of `ours` in `unit`; 0 where the target is met or there is none."""
        if self.most is None:
            return 0.0
        reached = self.ours if self.ratio is None else round(self.ratio, 3)
        return max(0.0, reached - self.most)

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            _figure(self.ours, self.unit),
            _figure(self.peer, self.unit),
            _figure(self.ratio, "x"),
            f"<= {_figure(self.most, self._of)}" if self.most is not None else "",
            self._verdict() if self.most is not None else "",
        )

    def _verdict(self) -> str:
        return f"missed by {_figure(self.missed_by, self._of)}" if self.missed_by else "met"

    @property
    def _of(self) -> str:
        return self.unit if self.peer is None else "x"


@dataclass
class Report:
    """Rows of the one table, and sentences that belong under it."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def table(rows: Iterable[Sequence[str]], head: Sequence[str]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest rank: with fewer than 20 values the 95th is the largest of them."""
    return sorted(values)[math.ceil(part * len(values)) - 1]


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = {"us": 0, "ms": 0, "s": 2, "MB": 2, "x": 3}
    return f"{value:.{digits[unit]}f} {unit}"
