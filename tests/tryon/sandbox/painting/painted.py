"""What the tests of the painter share: pictures to paint from, and ways to look at what was painted."""

import io
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from tests.live import ROOT
from tryon.sandbox.painting.painter import fit, paint

PICTURES = ROOT / "tests" / "pictures"  # a drawn person, and garments: people's own, to the sandbox


def drawn(name: str) -> bytes:
    return (PICTURES / f"{name}.jpg").read_bytes()


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def seen(data: bytes) -> np.ndarray:
    """Rows of columns of red, green and blue."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def painted(references: list[bytes], prompt: str, *, ratio: str | None = "3:4") -> np.ndarray:
    """One small picture."""
    (data,) = paint(references, prompt, size="512", aspect_ratio=ratio)
    return seen(data)


@cache
def fitted(data: bytes, size: str, ratio: str) -> np.ndarray:
    """The same array for all who ask: nobody writes into it."""
    picture = np.asarray(fit(Image.open(io.BytesIO(data)), size, ratio)).astype(int)
    picture.flags.writeable = False
    return picture


def flat_top(sheet: str, cloth: str) -> Image.Image:
    """A top with sleeves, of one colour, flat on a sheet of another."""
    picture = Image.new("RGB", (600, 800), sheet)
    body = [(200, 160), (260, 140), (340, 140), (400, 160), (520, 420), (450, 450), (395, 320), (400, 640)]
    ImageDraw.Draw(picture).polygon([*body, (200, 640), (205, 320), (150, 450), (80, 420)], fill=cloth)
    return picture


def flat_trousers(sheet: str, cloth: str) -> Image.Image:
    picture = Image.new("RGB", (600, 800), sheet)
    legs = [(200, 60), (400, 60), (430, 740), (330, 740), (300, 330), (270, 740), (170, 740)]
    ImageDraw.Draw(picture).polygon(legs, fill=cloth)
    return picture


def tee_of(person: np.ndarray) -> np.ndarray:
    """Which pixels of the undressed picture show the grey T-shirt, away from its edges."""
    tall = person.shape[0]
    grey = (np.ptp(person, axis=2) < 14) & (person[..., 0] > 90) & (person[..., 0] < 205)
    rows = np.arange(tall)[:, None] / tall
    return grey & (rows > 0.23) & (rows < 0.47)


def is_red(picture: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(picture, 2, 0)
    return (red > 70) & (red - green > 45) & (red - blue > 30) & (green < 110)


def is_green(picture: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(picture, 2, 0)
    return (green - red > 25) & (green - blue > 15)


def is_blue(picture: np.ndarray) -> np.ndarray:
    red, _, blue = np.moveaxis(picture, 2, 0)
    return blue - red > 18
