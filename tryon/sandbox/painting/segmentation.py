"""One photo of a whole outfit: the part of it that shows one garment."""

from collections.abc import Sequence

from PIL import Image

from tryon.sandbox.painting.cutout import cut
from tryon.sandbox.painting.outline import rows_of

# From and to which share of the outfit's height a garment reaches, top to bottom.
_ZONES = {
    "hat": (0.0, 0.16),
    "top": (0.0, 0.5),
    "outerwear": (0.0, 0.6),
    "dress": (0.0, 0.9),
    "bottom": (0.48, 1.0),
    "shoes": (0.88, 1.0),
}
_SMALL = 120


def segment(photo: Image.Image, slot: str, slots: Sequence[str]) -> Image.Image:
    """The part of a photo of `slots` that shows `slot`; the whole photo where that is not to be told."""
    others = [other for other in slots if other != slot]
    if not others or slot not in _ZONES:
        return photo
    mask = cut(photo).mask
    small = mask.copy()
    small.thumbnail((_SMALL, _SMALL), Image.Resampling.BOX)
    box = small.point([255 if value >= 128 else 0 for value in range(256)]).getbbox()
    if not box:
        return photo
    scale = photo.width / small.width
    left, top, right, bottom = (edge * scale for edge in box)
    start, stop = _zone(slot, others)
    if set(slots) == {"top", "bottom"} and (gap := _gap(small, box)):
        start, stop = (start, gap) if slot == "top" else (gap, stop)
    tall = bottom - top
    margin = 0.03 * tall
    return photo.crop(
        (
            max(0, round(left - margin)),
            max(0, round(top + start * tall - (margin if start == 0 else 0))),
            min(photo.width, round(right + margin)),
            min(photo.height, round(top + stop * tall + (margin if stop == 1 else 0))),
        )
    )


def _zone(slot: str, others: Sequence[str]) -> tuple[float, float]:
    start, stop = _ZONES[slot]
    if start == 0.0 and slot != "hat" and "hat" in others:
        start = _ZONES["hat"][1]
    if stop == 1.0 and slot != "shoes" and "shoes" in others:
        stop = _ZONES["shoes"][0]
    return start, stop


def _gap(mask: Image.Image, box: tuple[int, int, int, int]) -> float | None:
    """The share of the height at which the outfit has an empty row, between two garments laid apart."""
    _, top, _, bottom = box
    tall = bottom - top
    empty = [
        y for y, runs in enumerate(rows_of(mask)) if not runs and top + 0.2 * tall < y < top + 0.8 * tall
    ]
    return (empty[len(empty) // 2] + 0.5 - top) / tall if empty else None
