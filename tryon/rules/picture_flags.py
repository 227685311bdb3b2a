"""Which measures of a made picture call for a second look. A flag sorts the queue, and decides nothing.

The bounds come from the set that `python -m bench flags` makes; docs/figures.md says how well they hold.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tryon.rules.model_families import RATIOS, SIDES, nearest_ratio

UNCHANGED = 32  # levels of 255, at most: the least of a garment is 150, of glasses on a whole figure 29
TWIN = 12  # the same between variations, which have the same outfit
ONE_COLOUR = 0.02  # share of the picture in which there is something to be seen, at most
MOVED = 0.04  # share of a side, at least
OFF_SHAPE = 0.08  # share of a side that is missing or too much, at least
SMALL = 0.9  # share of the side that was asked for, less than


@dataclass(frozen=True, slots=True)
class Asked:
    """What a picture was to be: `size` and `aspect_ratio` "" if left open; `before` is its photo's size."""

    size: str = ""
    aspect_ratio: str = ""
    before: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured in a picture; None is what could not be, for there was nothing to compare with.

    `changed` and `unlike` are the levels of 255 by which it differs, where it does most, from its photo and
    from the variation most like it; `detail` and `moved` are shares.
    """

    detail: float | None = None
    changed: float | None = None
    moved: float | None = None
    unlike: float | None = None


def flags(width: int, height: int, asked: Asked, seen: Measured) -> dict[str, float]:
    """The measure of each flag that a picture of so many pixels gets, by the flag's name."""
    off_shape = _off_shape(width, height, asked)
    side = _side(width, height, asked.size)
    found: dict[str, float | None] = {
        "one_colour": seen.detail if _at_most(seen.detail, ONE_COLOUR) else None,
        "unchanged": seen.changed if _at_most(seen.changed, UNCHANGED) else None,
        "twin": seen.unlike if _at_most(seen.unlike, TWIN) else None,
        "small": side if side < SMALL else None,
        "reframed": off_shape if off_shape >= OFF_SHAPE else _moved(width, height, asked, seen),
    }
    return {name: measure for name, measure in found.items() if measure is not None}


def _at_most(measure: float | None, bound: float) -> bool:
    return measure is not None and measure <= bound


def _side(width: int, height: int, size: str) -> float:
    """How large it is beside what was asked for, as a share of the side of a square."""
    return math.sqrt(width * height) / SIDES[size] if size in SIDES else 1.0


def _off_shape(width: int, height: int, asked: Asked) -> float:
    """How much of a side is missing or too much, for the shape asked for or that of the photo."""
    shape = width / height
    return min((1 - min(shape / wanted, wanted / shape) for wanted in _shapes(asked)), default=0.0)


def _shapes(asked: Asked) -> Sequence[float]:
    """Those that are right, width by height: of the photo too, unless quite another one was asked for."""
    shapes = []
    if asked.aspect_ratio in RATIOS:
        across, down = map(int, asked.aspect_ratio.split(":"))
        shapes.append(across / down)
    if asked.before and (not shapes or nearest_ratio(*asked.before) == asked.aspect_ratio):
        shapes.append(asked.before[0] / asked.before[1])
    return shapes


def _moved(width: int, height: int, asked: Asked, seen: Measured) -> float | None:
    """Only in the shape of its photo: in another one, the frame has to be another too."""
    has_photo = seen.moved is not None and asked.before is not None
    if not has_photo or _off_shape(width, height, Asked(before=asked.before)) >= OFF_SHAPE:
        return None
    return seen.moved if (seen.moved or 0.0) >= MOVED else None
