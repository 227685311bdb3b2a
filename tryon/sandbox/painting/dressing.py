"""Put garments on a person, inner to outer."""

import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

from tryon.sandbox.painting.body import Body, find
from tryon.sandbox.painting.canvas import Box
from tryon.sandbox.painting.garment import Garment, read_garment
from tryon.sandbox.painting.layering import open_or_close
from tryon.sandbox.painting.light import lay
from tryon.sandbox.painting.lower_body import leg_parts, set_down
from tryon.sandbox.painting.mesh import warp
from tryon.sandbox.painting.prompt_parser import AUTO
from tryon.sandbox.painting.skin_fill import fill_skin, tuck
from tryon.sandbox.painting.upper_body import fitted, sleeve_bands, torso_bands

_UPPER = frozenset({"top", "dress", "outerwear"})
_REPLACES = frozenset({"top", "dress", "bottom"})
_WAIST = 0.6  # heads from the crotch up to where a tucked top ends


@dataclass(frozen=True)
class Change:
    """How one picture differs from the next: light, warmth (levels) and a shift (share of the shoulders)."""

    exposure: float
    warmth: float
    shift: float

    @classmethod
    def by(cls, chance: random.Random) -> "Change":
        return cls(chance.uniform(0.95, 1.05), chance.uniform(-6, 6), chance.uniform(-0.012, 0.012))


@dataclass(frozen=True)
class Person:
    """A person's photo on the canvas, and the body in it."""

    canvas: Image.Image
    body: Body


def measured(canvas: Image.Image, box: Box) -> Person:
    """The person in the photo that takes `box` of the canvas."""
    return Person(canvas, find(canvas, box))


@dataclass(frozen=True)
class Taken:
    """A garment out of its photo, and what it is worn as."""

    garment: Garment
    slot: str
    wear: str


def taken(photo: Image.Image, slot: str, wear: str) -> Taken:
    """The garment of a photo, ready to be worn as `slot`; with `AUTO` as what its shape says."""
    garment = read_garment(photo, worn_on_body=slot in _UPPER or slot == AUTO)
    if slot == AUTO:
        return Taken(garment, _kind(garment), wear)
    return Taken(open_or_close(garment, wear), slot, wear)


def _kind(garment: Garment) -> str:
    left, top, right, bottom = garment.box
    if garment.outline.split is not None:
        return "bottom"
    return "dress" if bottom - top > 1.75 * (right - left) else "top"


def dress(person: Person, garments: list[Taken], change: Change) -> Image.Image:
    """The person in the garments, in their order; a new RGB picture."""
    canvas, body = person.canvas.copy(), person.body
    has_bottom = any(each.slot == "bottom" for each in garments)
    for each in garments:
        slot = each.slot
        layer, hem = _layer(canvas.size, each, body, change)
        if each.wear == "tucked" and body.whole:
            hem = min(hem, body.crotch - _WAIST * body.head_height)
            _cut_below(layer, hem)
            canvas = canvas if has_bottom else tuck(canvas, body, hem)
        if slot in _REPLACES:
            is_skirt = slot == "bottom" and each.garment.outline.split is None
            canvas = fill_skin(canvas, body, hem, top=slot != "bottom", legs=slot == "dress" or is_skirt)
        over_head = slot in ("hat", "glasses")
        canvas = lay(canvas, person.canvas, layer, body, change.exposure, change.warmth, over_head=over_head)
    return canvas


def _cut_below(layer: Image.Image, waist: float) -> None:
    """Take away what hangs below a canvas row, in place; the lower end bulges a little, as tucked cloth."""
    keep = Image.new("L", layer.size, 255)
    ImageDraw.Draw(keep).rectangle((0, round(waist), *layer.size), fill=0)
    layer.putalpha(ImageChops.darker(layer.getchannel("A"), keep))


def _layer(size: tuple[int, int], each: Taken, body: Body, change: Change) -> tuple[Image.Image, float]:
    """The garment alone on a transparent canvas, shaped to the body, and the canvas row of its hem."""
    garment, slot = each.garment, each.slot
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    if slot in _UPPER:
        fitting = fitted(garment, body, slot, each.wear, change.shift)
        for side, mask, sign in (
            (garment.outline.left, garment.left, -1),
            (garment.outline.right, garment.right, 1),
        ):
            if side.armpit is not None:
                warp(layer, garment.picture, mask, sleeve_bands(fitting, side, sign))
        warp(layer, garment.picture, garment.torso, torso_bands(fitting))
        return layer, fitting.hem[1]
    if slot == "bottom":
        parts, hem = leg_parts(garment, body)
        for mask, bands in parts:
            warp(layer, garment.picture, mask, bands)
        return layer, hem
    set_down(layer, garment, body, slot, change.shift)
    return layer, body.sole
