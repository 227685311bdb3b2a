"""The storms that tell the wrong builds apart, and the rule that must see each."""

from __future__ import annotations

from dataclasses import replace

from tests.chaos.order import SHORT, Order

SMALL = replace(SHORT, jobs=16, kills=3, broker_kills=0, empties=0, pauses=0, faults=0.8, photos=0)
BUILDS: dict[str, tuple[Order, str]] = {
    "naive": (replace(SMALL, build="naive"), "doubled"),
    "unfenced": (
        replace(SMALL, build="unfenced", jobs=8, kills=0, faults=0, photos=1, slow_uploads=7),
        "old truth",
    ),
    "all_unknown": (replace(SMALL, build="all_unknown"), "unknown"),
}
