"""Bend a picture: bands of its rows, each stretched between two edges on the canvas."""

from itertools import pairwise

from PIL import Image

STEP = 3  # canvas rows a band is high

Span = tuple[float, float]
Band = tuple[float, float, Span, Span]  # canvas row, picture row, canvas edges, picture edges


def warp(layer: Image.Image, picture: Image.Image, mask: Image.Image, bands: list[Band]) -> None:
    """Draw one part of a picture into the layer, band by band, each stretched between its edges."""
    if len(bands) < 2:
        return
    pad = 0.06 * max(abs(band[2][1] - band[2][0]) for band in bands) + 8
    left = max(0, int(min(band[2][0] for band in bands) - pad))
    right = min(layer.width, int(max(band[2][1] for band in bands) + pad))
    top, bottom = max(0, round(bands[0][0])), min(layer.height, round(bands[-1][0]))
    if right - left < 2 or bottom - top < 2:
        return
    source = picture.copy()
    source.putalpha(Image.composite(picture.getchannel("A"), Image.new("L", picture.size, 0), mask))
    mesh = []
    for upper, lower in pairwise(bands):
        y0, y1 = max(top, round(upper[0])), min(bottom, round(lower[0]))
        if y1 > y0:
            north, south = (
                (_source_at(upper, left), _source_at(upper, right)),
                (_source_at(lower, left), _source_at(lower, right)),
            )
            quad = (north[0], upper[1], south[0], lower[1], south[1], lower[1], north[1], upper[1])
            mesh.append(((0, y0 - top, right - left, y1 - top), quad))
    part = source.transform(
        (right - left, bottom - top), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
    )
    layer.alpha_composite(part, (left, top))


def _source_at(band: Band, x: float) -> float:
    _, _, (t0, t1), (s0, s1) = band
    return s0 + (x - t0) * (s1 - s0) / (t1 - t0 if abs(t1 - t0) > 1 else 1)


def along(knots: list[tuple[float, float]], y: float) -> float:
    """The picture row for a canvas row by straight pieces between (picture row, canvas row) knots."""
    (v0, y0), (v1, y1) = (knots[0], knots[1]) if y < knots[1][1] else (knots[1], knots[2])
    return v0 + (y - y0) * (v1 - v0) / max(1e-6, y1 - y0)


def at(values: list[float], row: float) -> float:
    """A list's value between its entries."""
    low = int(held(row, 0, len(values) - 1))
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * held(row - low, 0, 1)


def beyond(values: list[float], row: float, last: float) -> float:
    """A list's value between its entries; after `last` it runs straight on, to keep a slanted end slanted."""
    last = held(last, 0, len(values) - 1)
    if row <= last:
        return at(values, row)
    back = min(last, max(4.0, 0.12 * len(values)))
    return at(values, last) + (row - last) * (at(values, last) - at(values, last - back)) / max(1.0, back)


def held(value: float, low: float, high: float) -> float:
    return max(low, min(high, value)) if low <= high else low
