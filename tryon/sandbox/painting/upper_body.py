"""Tops, dresses and outerwear: the torso follows the body, the sleeves follow the arms."""

from dataclasses import dataclass

from tryon.sandbox.painting.body import Body, arm_edges, torso_edges
from tryon.sandbox.painting.garment import Garment
from tryon.sandbox.painting.mesh import STEP, Band, Span, along, beyond, held
from tryon.sandbox.painting.outline import Side

EASE = {"top": 0.07, "dress": 0.05, "outerwear": 0.1}  # room between body and cloth


@dataclass(frozen=True)
class Fitting:
    """One upper garment on one body: picture row to canvas row, and the canvas edges at a row."""

    garment: Garment
    body: Body
    slot: str
    scale: float  # canvas pixels a picture pixel
    shoulder: tuple[float, float]  # picture row, canvas row
    hem: tuple[float, float]
    shift: float

    def canvas_row(self, v: float) -> float:
        (v0, y0), (v1, y1) = self.shoulder, self.hem
        if v <= v0:
            return y0 + (v - v0) * self.scale
        return y0 + (v - v0) * (y1 - y0) / (v1 - v0)

    def picture_row(self, y: float) -> float:
        (v0, y0), (v1, y1) = self.shoulder, self.hem
        if y <= y0:
            return v0 + (y - y0) / self.scale
        return v0 + (y - y0) * (v1 - v0) / (y1 - y0)

    def source_edges(self, v: float) -> Span:
        """The torso's edges in the picture."""
        outline, scale = self.garment.outline, self.garment.scale
        last = 0.93 * (outline.stop - outline.start)
        row = max(v / scale, outline.shoulder_row) - outline.start
        return beyond(outline.left.torso, row, last) * scale, beyond(outline.right.torso, row, last) * scale

    def edges(self, y: float) -> Span:
        """The torso's edges on the canvas: the body's, with room, or the garment's own where it is wider."""
        source = self.source_edges(self.picture_row(y))
        body = torso_edges(self.body, max(y, self.shoulder[1]))
        middle = (body[0] + body[1]) / 2
        own = (source[1] - source[0]) / 2 * self.scale
        worn = (body[1] - body[0]) / 2 * (1 + EASE[self.slot])
        depth = held((y - self.shoulder[1]) / (0.6 * self.body.head_height), 0, 1)
        hips = self.body.crotch - 0.45 * self.body.head_height
        flow = held((y - hips) / (0.5 * self.body.head_height), 0, 1) if self.slot != "top" else 0.0
        loose = worn + max(0.0, own - worn) * (0.45 + 0.55 * flow)
        half = own + (loose - own) * depth
        return middle - half + self.shift, middle + half + self.shift


def fitted(garment: Garment, body: Body, slot: str, wear: str, shift: float) -> Fitting:
    outline = garment.outline
    wide = body.outline.shoulder_width * body.scale * (1 + 0.6 * EASE[slot])
    scale = wide / (outline.shoulder_width * garment.scale)
    if not garment.sleeved:
        scale *= 0.86
    shoulder = (outline.shoulder_row * garment.scale, body.y(body.outline.shoulder_row) - 0.03 * wide)
    rise = shoulder[0] - outline.start * garment.scale
    room = shoulder[1] - body.head[3] - 0.02 * body.head_height
    if body.whole:
        scale = min(scale, max(0.5 * scale, room / max(1.0, rise)))
    else:
        shoulder = (shoulder[0], shoulder[1] + max(0.0, 0.9 * rise * scale - room))
    bottom = outline.stop * garment.scale
    hem = shoulder[1] + max(8.0, (bottom - shoulder[0]) * wide / (outline.shoulder_width * garment.scale))
    hem = _natural_hem(hem, body, slot, wear) if body.whole else hem
    return Fitting(garment, body, slot, scale, shoulder, (max(bottom, shoulder[0] + 1), hem), shift * wide)


def _natural_hem(hem: float, body: Body, slot: str, wear: str) -> float:
    """Hold a hem to where such a garment, worn like this, ends on a whole figure."""
    head, crotch = body.head_height, body.crotch
    if wear == "loose":
        return held(hem, crotch + 0.12 * head, crotch + 0.4 * head)
    if slot == "top":
        return held(hem, crotch - 0.28 * head, crotch + 0.1 * head)
    if slot == "dress":
        return held(hem, crotch + 0.8 * head, body.sole - 0.3 * head)
    return held(hem, crotch - 0.3 * head, body.sole - 0.5 * head)


def torso_bands(fitting: Fitting) -> list[Band]:
    start = round(fitting.canvas_row(fitting.garment.outline.start * fitting.garment.scale)) - 6.0
    end = fitting.hem[1] + 6
    bands = []
    y = start
    while y <= end + STEP:
        v = fitting.picture_row(y)
        bands.append((y, v, fitting.edges(y), fitting.source_edges(v)))
        y += STEP
    return bands


def sleeve_bands(fitting: Fitting, side: Side, sign: int) -> list[Band]:
    """Bands that lay a sleeve along the arm; inside, down to the armpit, it ends where the torso ends."""
    garment, body = fitting.garment, fitting.body
    pit_v, end_v = (side.armpit or side.shoulder)[1] * garment.scale, side.arm_end * garment.scale
    begin_v, begin_y = fitting.shoulder
    end_y = _sleeve_end(fitting, side, sign)
    pit_y = min(fitting.canvas_row(pit_v), begin_y + 0.85 * (end_y - begin_y))
    end_v = max(end_v, pit_v + 1)
    knots = [(begin_v, begin_y), (max(pit_v, begin_v + 1), pit_y), (max(end_v, begin_v + 2), end_y)]
    bands = []
    y = float(round(begin_y - 0.25 * body.head_height))
    while y <= end_y + 9:
        v = along(knots, y)
        source = _sleeve_source(garment, side, v)
        outer, inner = _sleeve_target(fitting, source, y, pit_y, sign)
        pair = (
            ((outer, inner), (source[0], source[1])) if sign < 0 else ((inner, outer), (source[1], source[0]))
        )
        bands.append((y, v, *pair))
        y += STEP
    return bands


def _sleeve_end(fitting: Fitting, side: Side, sign: int) -> float:
    body, garment = fitting.body, fitting.garment
    arm = body.outline.left if sign < 0 else body.outline.right
    natural = (side.arm_end - side.shoulder[1]) * garment.scale * fitting.scale
    reach = body.y(arm.arm_end) - fitting.shoulder[1]
    wrist = 0.75 * reach
    if arm.armpit is not None and natural > 0.72 * wrist:
        return fitting.shoulder[1] + wrist * 1.03
    return fitting.shoulder[1] + max(12.0, natural)


def _sleeve_source(garment: Garment, side: Side, v: float) -> Span:
    """The sleeve's (outer, inner) edges in the picture at row `v`."""
    start = garment.outline.start
    known = [pair for pair in side.arm if pair]
    first = next((at for at, pair in enumerate(side.arm) if pair), 0)
    last = side.arm_end - start - first - max(7.0, 0.1 * (side.arm_end - side.shoulder[1]))
    row = max(v / garment.scale, side.shoulder[1] + 2) - start - first
    outer, inner = ([pair[at] for pair in known] for at in (0, 1))
    return beyond(outer, row, last) * garment.scale, beyond(inner, row, last) * garment.scale


def _sleeve_target(fitting: Fitting, source: Span, y: float, pit_y: float, sign: int) -> Span:
    body = fitting.body
    outer, inner = arm_edges(body, max(y, fitting.shoulder[1] + 2), sign)
    room = 0.045 * body.head_height * (1.6 if fitting.slot == "outerwear" else 1.0)
    own = abs(source[1] - source[0]) * fitting.scale
    width = abs(outer - inner) + 2 * room
    width += max(0.0, own - width) * 0.4
    middle = (outer + inner) / 2 + fitting.shift
    torso = fitting.edges(y)[0 if sign < 0 else 1]
    free = held((y - pit_y) / (0.12 * body.head_height), 0, 1)
    edge = torso + (middle - sign * width / 2 - torso) * free
    far = (
        max(outer * sign + room, edge * sign + min(0.85 * own, abs(outer - inner) + 2 * room)) * sign
        + fitting.shift
    )
    return far + (middle + sign * width / 2 - far) * free, edge
