"""Cut the sample garments out of their paper, for the sandbox's painter: `tryon/samples/masks/`.

Run from the root of the checkout: `python -m bench.sample_masks`. White cloth differs from white paper by few
levels only, so the light on the paper is fitted first, ever closer round what is shown.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tryon.samples.table import FOLDER, GARMENTS, Sample

SIZE, KEPT = (576, 768), (288, 384)
ROUNDS = 6
LEVELS, LEVELS_OF_WHITE = 6.0, 3.0  # how far paper may be from its fit
WHITE = ("breton-top", "sun-tee")  # what is closed all round in these is cloth, not a gap
HALF_LOST = "sun-tee"  # one of its shoulders is as light as the paper: the other one is mirrored


def main() -> None:
    for garment in GARMENTS:
        mask = _mask(garment)
        if garment.slug == HALF_LOST:
            mask = _with_mirror(mask)
        path = FOLDER / "masks" / f"{garment.slug}.png"
        mask.resize(KEPT, Image.Resampling.BOX).save(path, optimize=True)


def _mask(garment: Sample) -> Image.Image:
    with Image.open(garment.path) as file:
        picture = np.asarray(file.convert("RGB").resize(SIZE, Image.Resampling.BOX)).astype(float)
    is_white = garment.slug in WHITE
    y, x = np.mgrid[-0.5 : 0.5 : SIZE[1] * 1j, -0.5 : 0.5 : SIZE[0] * 1j]
    paper = (np.abs(x) > 0.44) | (np.abs(y) > 0.42)
    flat, curved = ([x**i * y**j for i in range(n) for j in range(n - i)] for n in (2, 5))
    for turn in range(ROUNDS):
        terms = np.stack(curved if turn else flat, -1)
        fit, *_ = np.linalg.lstsq(terms[paper], picture[paper], rcond=None)
        far = np.abs(picture - terms @ fit).max(2) > (LEVELS_OF_WHITE if is_white else LEVELS)
        mask = Image.fromarray((far * 255).astype(np.uint8)).filter(ImageFilter.MedianFilter(5))
        mask = mask.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MinFilter(5))
        mask = _filled(mask) if is_white else mask
        paper = np.asarray(mask.filter(ImageFilter.MaxFilter(15))) == 0
    return mask


def _filled(mask: Image.Image) -> Image.Image:
    """With whatever the outside does not reach."""
    outside = ImageOps.expand(mask, 1, 0)
    ImageDraw.floodfill(outside, (0, 0), 128)
    return ImageOps.crop(outside, 1).point([0 if value == 128 else 255 for value in range(256)])


def _with_mirror(mask: Image.Image) -> Image.Image:
    box = mask.getbbox()
    assert box
    both = mask.copy()
    both.paste(255, box[:2], ImageOps.mirror(mask.crop(box)))
    return _filled(both)


if __name__ == "__main__":
    main()
