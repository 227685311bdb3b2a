"""Read the outline of a dressed shape, a body or a garment, row by row: shoulders, armpits, torso, arms.

All measures are in pixels of the small mask that is read; callers scale them.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

from PIL import Image

Run = tuple[float, float]  # left and right edge, by coverage finer than a column


@dataclass(frozen=True)
class Side:
    """One half of an outline; x grows to the right on both sides.

    `torso` and `arm` hold one entry a row from the outline's `start`: the torso's edge, and the arm's
    (outer, inner) edges or None where there is no arm. `arm_end` is the row where the arm ends.
    """

    shoulder: tuple[float, float]
    armpit: tuple[float, float] | None
    torso: list[float]
    arm: list[tuple[float, float] | None]
    arm_end: float


@dataclass(frozen=True)
class Outline:
    """Rows `start` to `stop` of a shape around the column `centre`."""

    start: int
    stop: int
    centre: float
    left: Side
    right: Side
    split: int | None = None  # the first row of two legs
    inner: list[Run | None] = field(default_factory=list)  # between the legs, one entry a row

    @property
    def shoulder_row(self) -> float:
        return (self.left.shoulder[1] + self.right.shoulder[1]) / 2

    @property
    def shoulder_width(self) -> float:
        return max(1.0, self.right.shoulder[0] - self.left.shoulder[0])


def rows_of(mask: Image.Image) -> list[list[Run]]:
    """The runs of each row of an L mask that are at least half covered; specks of one pixel are dropped."""
    width, height = mask.size
    data = mask.tobytes()
    return [_runs(data[y * width : (y + 1) * width]) for y in range(height)]


def _runs(row: bytes) -> list[Run]:
    runs: list[Run] = []
    start = -1
    for x, value in enumerate((*row, 0)):
        if value >= 128 and start < 0:
            start = x
        elif value < 128 and start >= 0:
            before = row[start - 1] / 255 if start else 0.0
            after = value / 255 if x < len(row) else 0.0
            runs.append((start - before + 1 - row[start] / 255, x + after - 1 + row[x - 1] / 255))
            start = -1
    return [run for run in runs if run[1] - run[0] > 1.2]


def core(runs: list[Run], centre: float) -> Run | None:
    """The run over `centre`, else the one nearest to it."""
    if not runs:
        return None
    return min(runs, key=lambda run: max(run[0] - centre, centre - run[1], 0))


def trace(rows: list[list[Run]], start: int, stop: int, centre: float, *, arms_expected: bool) -> Outline:
    """Outline of rows `start` to `stop`; with `arms_expected` a shape without gaps still has arms."""
    split = _split_row(rows, start, stop, centre)
    left = _side(
        [[(-b, -a) for a, b in reversed(row)] for row in rows], start, stop, -centre, split, arms_expected
    )
    right = _side(rows, start, stop, centre, split, arms_expected)
    inner = [_between(rows[y], centre) if split and y >= split else None for y in range(start, stop)]
    return Outline(start, stop, centre, _mirrored(left), right, split, inner)


def _mirrored(side: Side) -> Side:
    return replace(
        side,
        shoulder=(-side.shoulder[0], side.shoulder[1]),
        armpit=side.armpit and (-side.armpit[0], side.armpit[1]),
        torso=[-x for x in side.torso],
        arm=[pair and (-pair[0], -pair[1]) for pair in side.arm],
    )


def _split_row(rows: list[list[Run]], start: int, stop: int, centre: float) -> int | None:
    """The row from which the shape stands on two legs."""
    last = None
    feet = (stop - start) // 14  # shoes or their shadow may touch
    for y in range(stop - 1 - feet, start + (stop - start) // 5, -1):
        if _between(rows[y], centre) is None:
            if last is not None or stop - y > 2 * feet:
                break
        else:
            last = y
    return last if last is not None and stop - last > (stop - start) // 8 else None


def _between(row: list[Run], centre: float) -> Run | None:
    """The gap of a row that lies over `centre` (give or take a little), between two runs."""
    for (_, end), (begin, _) in pairwise(row):
        slack = 0.25 * (row[-1][1] - row[0][0])
        if end - slack <= centre <= begin + slack and abs((end + begin) / 2 - centre) < slack:
            return end, begin
    return None


def _side(
    rows: list[list[Run]], start: int, stop: int, centre: float, split: int | None, arms_expected: bool
) -> Side:
    """The half to the right of `centre`."""
    near, far = _edges(rows, start, stop, centre, split)
    wide = max(1.0, max(edge for edge in far) - centre)
    pit, arm_end = _armpit(near, far, wide, drops=not arms_expected)
    corner = _corner(far, centre, pit[1] if pit else (stop - start) // 4)
    if pit is None and not arms_expected:
        return Side((corner[0], corner[1] + start), None, _smooth(far), [None] * len(far), start)
    if pit is None:
        torso = _smooth(_hidden_seam(far, corner, centre))
        zone: list[tuple[float, float] | None] = list(zip(_smooth(far), torso, strict=True))
        return Side((corner[0], corner[1] + start), None, torso, zone, stop)
    seam = _seam(corner, pit, near, centre)
    arms = _smooth_pairs(_arms(rows, start, far, seam, pit, arm_end))
    return Side(
        (corner[0], corner[1] + start), (pit[0], pit[1] + start), _smooth(seam), arms, arm_end + start
    )


def _edges(
    rows: list[list[Run]], start: int, stop: int, centre: float, split: int | None
) -> tuple[list[float], list[float]]:
    """For each row the right edge of the middle piece, and the outermost right edge."""
    near: list[float] = []
    far: list[float] = []
    for y in range(start, stop):
        runs = [run for run in rows[y] if run[1] > centre]
        if not runs:
            near.append(near[-1] if near else centre + 1)
            far.append(near[-1])
            continue
        gap = _between(rows[y], centre) if split and y >= split else None
        middle = (
            next((run for run in runs if run[0] >= gap[1]), runs[-1])
            if gap
            else core(rows[y], centre) or runs[0]
        )
        near.append(float(max(middle[1], centre + 1)))
        far.append(float(max(runs[-1][1], near[-1])))
    return near, far


def _armpit(
    near: list[float], far: list[float], wide: float, *, drops: bool
) -> tuple[tuple[float, int] | None, int]:
    """Where the arm leaves the torso (x, row from start) and the row where it ends; (None, 0) without arm."""
    apart = [out - edge > 0.03 * wide for edge, out in zip(near, far, strict=True)]
    for row in range(len(near) // 20, len(near) - 3):
        if all(apart[row : row + 3]):
            end = row
            while end < len(apart) and any(apart[end : end + 3]):
                end += 1
            return (near[row], row), end
    begin = len(far) // 20
    steps = [(far[row] - far[row + 3], row) for row in range(begin, max(begin, len(far) * 2 // 3 - 3))]
    step, row = max(steps, default=(0.0, 0))
    if drops and step > 0.12 * wide:
        return (far[row + 3], row + 2), row + 2
    return None, 0


def _corner(far: list[float], centre: float, below: int) -> tuple[float, float]:
    """The shoulder: the point of the outline above `below` that stands out most from a straight line."""
    below = max(2, min(below, len(far) - 1))
    x0, x1 = far[0], far[below]

    def stands_out(row: int) -> float:
        return (far[row] - x0) * below - (x1 - x0) * row

    row = max(range(below + 1), key=stands_out)
    return far[row], float(row)


def _seam(
    corner: tuple[float, float], pit: tuple[float, int], near: list[float], centre: float
) -> list[float]:
    """The torso's edge: a line from the shoulder to the armpit, then the torso itself."""
    top_x = centre + (corner[0] - centre) * 0.97
    rise = max(1.0, pit[1] - corner[1])
    seam = []
    for row, edge in enumerate(near):
        share = min(1.0, max(0.0, (row - corner[1]) / rise))
        seam.append(top_x + (pit[0] - top_x) * share if row < pit[1] else edge)
    return seam


def _hidden_seam(far: list[float], corner: tuple[float, float], centre: float) -> list[float]:
    """The torso's edge where arms hang close to it: from the shoulder gently inwards."""
    reach = max(1.0, corner[0] - centre)
    seam = []
    for row, edge in enumerate(far):
        share = min(0.95, max(0.8, 0.95 - 0.15 * (row - corner[1]) / reach))
        seam.append(min(centre + share * reach, centre + 0.95 * (edge - centre)))
    return seam


def _arms(
    rows: list[list[Run]], start: int, far: list[float], seam: list[float], pit: tuple[float, int], end: int
) -> list[tuple[float, float] | None]:
    """(outer, inner) of the arm for each row; above the armpit the inner edge is the torso's seam."""
    arms: list[tuple[float, float] | None] = []
    for row, outer in enumerate(far):
        if row > end:
            arms.append(None)
        elif row < pit[1]:
            arms.append((outer, seam[row]))
        else:
            run = next((run for run in reversed(rows[start + row]) if run[1] == outer), None)
            arms.append((outer, float(run[0])) if run and run[0] >= seam[row] - 1 else None)
    return arms


def _smooth_pairs(pairs: list[tuple[float, float] | None]) -> list[tuple[float, float] | None]:
    known = [pair for pair in pairs if pair]
    outer, inner = _smooth([pair[0] for pair in known]), _smooth([pair[1] for pair in known])
    smooth = iter(zip(outer, inner, strict=True))
    return [next(smooth) if pair else None for pair in pairs]


def _smooth(values: list[float]) -> list[float]:
    """A running mean, straight up to both ends."""
    reach = 4
    result = []
    for at in range(len(values)):
        span = min(reach, at, len(values) - 1 - at)
        piece = values[at - span : at + span + 1]
        result.append(sum(piece) / len(piece))
    return result
