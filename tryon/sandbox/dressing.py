"""Put garments on a person, inner to outer."""

import random
from dataclasses import dataclass

from PIL import Image

from tryon.sandbox.bare import bare
from tryon.sandbox.body import Body, find
from tryon.sandbox.canvas import Box
from tryon.sandbox.garment import Garment, read_garment
from tryon.sandbox.light import lay
from tryon.sandbox.lower import leg_parts, set_down
from tryon.sandbox.mesh import warp
from tryon.sandbox.upper import fitted, sleeve_bands, torso_bands

_UPPER = frozenset({"top", "dress", "outerwear"})


@dataclass(frozen=True)
class Change:
    """How one picture differs from the next: light, warmth (levels) and a shift (share of the shoulders)."""

    exposure: float
    warmth: float
    shift: float

    @property
    def light(self) -> tuple[float, float]:
        return self.exposure, self.warmth

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


def taken(photo: Image.Image, slot: str) -> tuple[Garment, str]:
    """The garment of a photo, ready to be worn as `slot`."""
    return read_garment(photo, worn_on_body=slot in _UPPER), slot


def dress(person: Person, garments: list[tuple[Garment, str]], change: Change) -> Image.Image:
    """The person in the garments, inner to outer; a new RGB picture."""
    canvas, body = person.canvas.copy(), person.body
    for garment, slot in garments:
        layer, hem = _layer(canvas.size, garment, body, slot, change)
        if slot in ("top", "dress"):
            canvas = bare(canvas, body, hem, legs=slot == "dress")
        over_head = slot in ("hat", "glasses")
        canvas = lay(canvas, person.canvas, layer, body, change.exposure, change.warmth, over_head=over_head)
    return canvas


def _layer(
    size: tuple[int, int], garment: Garment, body: Body, slot: str, change: Change
) -> tuple[Image.Image, float]:
    """The garment alone on a transparent canvas, shaped to the body, and the canvas row of its hem."""
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    if slot in _UPPER:
        fitting = fitted(garment, body, slot, change.shift)
        for side, mask, sign in (
            (garment.outline.left, garment.left, -1),
            (garment.outline.right, garment.right, 1),
        ):
            if side.armpit is not None:
                warp(layer, garment.picture, mask, sleeve_bands(fitting, side, sign))
        warp(layer, garment.picture, garment.torso, torso_bands(fitting))
        return layer, fitting.hem[1]
    if slot == "bottom":
        for mask, bands in leg_parts(garment, body):
            warp(layer, garment.picture, mask, bands)
        return layer, body.sole
    set_down(layer, garment, body, slot, change.shift)
    return layer, body.sole
