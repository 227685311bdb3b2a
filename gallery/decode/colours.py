"""Colours that a file names without a profile: by numbers (ITU-T H.273), or by gamma and chromaticities.

What is meant is worked out as light, in floating point, and written down in sRGB. Of HDR, diffuse white (203
nits, ITU-R BT.2408) becomes nearly white; what is brighter is drawn together above it, all three channels
by one factor, so that no hue turns.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PIL import Image, ImageMath

# x, y: white, red, green, blue
Chromaticities = tuple[float, float, float, float, float, float, float, float]
Matrix = tuple[tuple[float, float, float], ...]
Curve = Callable[[float], float]  # from a value to light

D65, C, E, DCI = (0.3127, 0.3290), (0.310, 0.316), (1 / 3, 1 / 3), (0.314, 0.351)
BT709: Chromaticities = (*D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
PRIMARIES: dict[int, Chromaticities] = {
    1: BT709,
    4: (*C, 0.670, 0.330, 0.210, 0.710, 0.140, 0.080),
    5: (*D65, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (*C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    10: (*E, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    11: (*DCI, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
UNSPECIFIED, SRGB, PQ, HLG = 2, 13, 16, 18  # transfer characteristics
OF_TELEVISION = (1, 6, 11, 14, 15)

BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
WHITE = 203.0  # nits
PEAK = 1000.0 / WHITE  # the brightest that is told apart
KNEE = 0.8  # from here on brighter light is drawn together
HLG_GAMMA = 1.2  # of a screen of 1000 nits
BT2020_LUMA = (0.2627, 0.6780, 0.0593)
TINY = 1e-6
STRIP = 256  # rows worked on at a time
LEAST_GAMMA, MOST_GAMMA = 16, 625_000_000  # of gAMA, as libpng has it
USUAL_GAMMA, GAMMA_TOLERANCE = 2.2, 0.05
SCALE = 100_000  # of gAMA and cHRM


class Encoding(NamedTuple):
    """What the values of a picture mean: light for 0 to 255 (1.0 is white), and its matrix to sRGB's."""

    light: tuple[float, ...]
    to_srgb: Matrix
    is_hlg: bool = False
    is_hdr: bool = False


def of_cicp(primaries: int, transfer: int) -> Encoding | None:
    """What a PNG's cICP names; None for what is not known, or left open."""
    if primaries not in PRIMARIES or transfer not in CURVES:
        return None
    is_hlg = transfer == HLG
    to_srgb = _to_srgb(PRIMARIES[primaries])
    return Encoding(_light(CURVES[transfer]), to_srgb, is_hlg=is_hlg, is_hdr=is_hlg or transfer == PQ)


def of_nclx(primaries: int, transfer: int) -> Encoding | None:
    """What `colr` names in AVIF and HEIC, whose writers put television's numbers beside sRGB's pixels."""
    is_srgb = transfer in (UNSPECIFIED, *OF_TELEVISION)
    return of_cicp(1 if primaries == UNSPECIFIED else primaries, SRGB if is_srgb else transfer)


def of_png(gama: bytes | None, chrm: bytes | None) -> Encoding | None:
    """What gAMA names, with cHRM where there is one; as in browsers, a cHRM alone says nothing."""
    if not gama or not LEAST_GAMMA <= int.from_bytes(gama) <= MOST_GAMMA:
        return None
    gamma = SCALE / int.from_bytes(gama)
    if not chrm and abs(USUAL_GAMMA / gamma - 1) <= GAMMA_TOLERANCE:
        return None  # it stands for sRGB's curve
    primaries: Any = tuple(value / SCALE for value in struct.unpack(">8i", chrm)) if chrm else BT709
    try:
        to_srgb = _to_srgb(primaries)
    except ZeroDivisionError:
        return None
    return Encoding(_light(_power(gamma)), to_srgb) if all(0 <= value <= 1 for value in primaries) else None


def _light(curve: Curve) -> tuple[float, ...]:
    return tuple(curve(value / 255) for value in range(256))


def _power(gamma: float) -> Curve:
    return lambda value: float(value**gamma)


def _from_srgb(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _from_pq(value: float) -> float:
    """SMPTE ST 2084."""
    root = value ** (1 / 78.84375)
    light = (max(root - 0.8359375, 0.0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    return float(10_000 / WHITE * light)


def _from_hlg(value: float) -> float:
    """The light of the scene, 0 to 1 (ITU-R BT.2100)."""
    if value <= 0.5:
        return value * value / 3
    return float((2.718281828459045 ** ((value - 0.55991073) / 0.17883277) + 0.28466892) / 12)


CURVES: dict[int, Curve] = {
    **dict.fromkeys(OF_TELEVISION, _power(2.4)),  # as browsers take them in a PNG (BT.1886)
    4: _power(2.2),
    5: _power(2.8),
    7: lambda value: float(value / 4 if value < 0.0913 else ((value + 0.1115) / 1.1115) ** (1 / 0.45)),
    8: _power(1.0),
    SRGB: _from_srgb,
    PQ: _from_pq,
    17: lambda value: float(value**2.6 * 52.37 / 48),
    HLG: _from_hlg,
}


def _inverse(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple((x / det, y / det, z / det) for x, y, z in rows)


def _product(a: Matrix, b: Matrix) -> Matrix:
    red, green, blue = zip(*b, strict=True)
    return tuple((_dot(row, red), _dot(row, green), _dot(row, blue)) for row in a)


def _dot(a: Sequence[Any], b: Sequence[float]) -> Any:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _xyz(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _to_xyz(primaries: Chromaticities) -> Matrix:
    """Light of these primaries as XYZ under their own white."""
    wx, wy, *rest = primaries
    columns = [(x, y, 1 - x - y) for x, y in zip(rest[::2], rest[1::2], strict=True)]
    plain = tuple(zip(*columns, strict=True))
    weights = [_dot(row, _xyz(wx, wy)) for row in _inverse(plain)]
    return tuple((r * weights[0], g * weights[1], b * weights[2]) for r, g, b in plain)


def _adapted(primaries: Chromaticities) -> Matrix:
    """XYZ under the primaries' white as XYZ under D65, after Bradford."""
    source = [_dot(row, _xyz(*primaries[:2])) for row in BRADFORD]
    target = [_dot(row, _xyz(*D65)) for row in BRADFORD]
    red, green, blue = (there / here for there, here in zip(target, source, strict=True))
    cones = ((red, 0.0, 0.0), (0.0, green, 0.0), (0.0, 0.0, blue))
    return _product(_inverse(BRADFORD), _product(cones, BRADFORD))


def _to_srgb(primaries: Chromaticities) -> Matrix:
    """Light of these primaries as light of sRGB's."""
    if primaries == BT709:
        return (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    return _product(_inverse(_to_xyz(BT709)), _product(_adapted(primaries), _to_xyz(primaries)))


def in_srgb(picture: Image.Image, encoding: Encoding) -> Image.Image:
    """An RGB picture whose values mean what `encoding` says, in sRGB."""
    if encoding == Encoding(_light(_from_srgb), _to_srgb(BT709)):
        return picture
    result = Image.new("RGB", picture.size)
    for top in range(0, picture.height, STRIP):
        strip = picture.crop((0, top, picture.width, min(top + STRIP, picture.height)))
        red, green, blue = (band.point(encoding.light, "F") for band in strip.split())
        shown = ImageMath.lambda_eval(lambda of: _shown(of, encoding), red=red, green=green, blue=blue)
        result.paste(Image.merge("RGB", [band.im for band in shown]), (0, top))
    return result


def _shown(of: dict[str, Any], encoding: Encoding) -> list[Any]:
    """The three bands in sRGB, of operands of ImageMath; a factor is that of all bands."""
    light = [of["red"], of["green"], of["blue"]]
    if encoding.is_hlg:  # from the light of the scene to that of a screen of 1000 nits, in whites
        factor = of["max"](_dot(light, BT2020_LUMA), TINY) ** (HLG_GAMMA - 1) * PEAK
        light = [band * factor for band in light]
    light = [_dot(light, row) for row in encoding.to_srgb]
    if encoding.is_hdr:
        factor = _drawn_together(of, of["max"](of["max"](light[0], light[1]), of["max"](light[2], TINY)))
        light = [band * factor for band in light]
    return [_to_8_bits(of, band) for band in light]


def _drawn_together(of: dict[str, Any], peak: Any) -> Any:
    """Nothing up to the knee is touched; PEAK becomes 1 (Reinhard's curve, from the knee on)."""
    above = of["max"](peak - KNEE, 0.0) / (1 - KNEE)
    most = (PEAK - KNEE) / (1 - KNEE)
    return (of["min"](peak, KNEE) + (above * (above / most**2 + 1)) / (above + 1) * (1 - KNEE)) / peak


def _to_8_bits(of: dict[str, Any], light: Any) -> Any:
    light = of["min"](of["max"](light, 0.0), 1.0)
    # The straight part runs above the power everywhere but where it meets it.
    value = of["max"](light ** (1 / 2.4) * 1.055 - 0.055, of["min"](light, 0.0031308) * 12.92)
    return of["convert"](value * 255 + 0.5, "L")
