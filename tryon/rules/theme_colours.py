"""One accent colour in, the shades of the light and the dark theme out, each readable on its grounds (pure).

Contrast is WCAG 2's; lightness, chroma and hue are OKLCH's, https://bottosson.github.io/posts/oklab/.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

BUILT_IN = "#14493f"  # what site.css has
ENOUGH = 4.5
LIGHT_GROUND = "#ece6da"  # the darkest ground of the light theme that holds text: linen
DARK_GROUND = "#2a2621"  # and the lightest of the dark theme

Lab = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """From 1 (alike) to 21 (black on white), of two colours as #rrggbb."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def passes(accent: str) -> bool:
    """Whether links in this colour, and light words on it, can be read in the light theme."""
    return contrast(accent, LIGHT_GROUND) >= ENOUGH


def nearest(accent: str) -> str:
    """The lightest colour of the same hue that passes; the colour itself where it does."""
    lightness, chroma, hue = _lch(accent)
    while not passes(accent):
        lightness -= 0.005
        accent = _hex(lightness, chroma, hue)
    return accent


@lru_cache(maxsize=16)
def sheet(accent: str) -> str:
    """The style sheet that puts these shades in place of the built-in ones."""
    lightness, chroma, hue = _lch(accent)
    soft = min(chroma, 0.1)
    shades = {
        "accent": (accent, _hex(0.8, soft, hue)),
        "accent-deep": (_hex(0.78 * lightness, chroma, hue), _hex(0.88, 0.7 * soft, hue)),
        "on-accent": ("#fffdf9", _hex(0.26, 0.5 * soft, hue)),
        "wash": (_hex(0.935, 0.2 * soft, hue), _hex(0.28, 0.25 * soft, hue)),
    }
    lines = (f"  --{name}: light-dark({light}, {dark});" for name, (light, dark) in shades.items())
    return "\n".join([":root {", *lines, "}\n"])


def sheet_name(accent: str) -> str:
    """`8a6d00-` and a digest of the sheet: a name that changes whenever the content does."""
    digest = hashlib.sha256(sheet(accent).encode()).hexdigest()
    return f"{accent[1:]}-{digest[:8]}"


def _linear(accent: str) -> Lab:
    values = [int(accent[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue


def _luminance(accent: str) -> float:
    red, green, blue = _linear(accent)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lch(accent: str) -> Lab:
    """Lightness 0 to 1, chroma 0 to about 0.32, hue in radians."""
    red, green, blue = _linear(accent)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        math.hypot(a, b),
        math.atan2(b, a),
    )


def _rgb(lightness: float, chroma: float, hue: float) -> Lab:
    """Linear red, green and blue; outside 0 to 1 where no screen shows the colour."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """The colour as #rrggbb, paler where no screen shows it as deep as asked."""
    lightness = max(0.0, lightness)
    while chroma > 0 and not all(-0.001 <= value <= 1.001 for value in _rgb(lightness, chroma, hue)):
        chroma = max(0.0, chroma - 0.004)
    return "#" + "".join(f"{_byte(value):02x}" for value in _rgb(lightness, chroma, hue))


def _byte(value: float) -> int:
    value = min(1.0, max(0.0, value))
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))
