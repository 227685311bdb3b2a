"""One accent colour in, the shades of the light and the dark theme out, each readable on its grounds (pure).

Contrast is WCAG 2's; lightness, chroma and hue are OKLCH's, https://bottosson.github.io/posts/oklab/.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coloraide import Color

BUILT_IN = "#14493f"  # what site.css has
PAPER = "#f8f5ef"  # of its light pages
ENOUGH = 4.5
LIGHT_GROUND = "#ece6da"  # the darkest ground of the light theme that holds text: linen


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
def shades(accent: str) -> dict[str, tuple[str, str]]:
    """By name, in the light theme and in the dark one."""
    lightness, chroma, hue = _lch(accent)
    soft = min(chroma, 0.1)
    return {
        "accent": (accent, _hex(0.8, soft, hue)),
        "accent-deep": (_hex(0.78 * lightness, chroma, hue), _hex(0.88, 0.7 * soft, hue)),
        "on-accent": ("#fffdf9", _hex(0.26, 0.5 * soft, hue)),
        "wash": (_hex(0.935, 0.2 * soft, hue), _hex(0.28, 0.25 * soft, hue)),
    }


@lru_cache(maxsize=16)
def sheet(accent: str) -> str:
    """The style sheet that puts these shades in place of the built-in ones."""
    lines = (f"  --{name}: light-dark({light}, {dark});" for name, (light, dark) in shades(accent).items())
    return "\n".join([":root {", *lines, "}\n"])


def sheet_name(accent: str) -> str:
    """`8a6d00-` and a digest of the sheet: a name that changes whenever the content does."""
    digest = hashlib.sha256(sheet(accent).encode()).hexdigest()
    return f"{accent[1:]}-{digest[:8]}"


def _colour(css: str) -> Color:
    """Imported late: a twentieth of every process's start, and few draw a style sheet."""
    from coloraide import Color

    return Color(css)


def _luminance(colour: str) -> float:
    red, green, blue = _colour(colour).convert("srgb-linear").coords()
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lch(colour: str) -> tuple[float, ...]:
    """Lightness 0 to 1, chroma 0 to about 0.32, hue in degrees."""
    return tuple(_colour(colour).convert("oklch").coords(nans=False))


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """The colour as #rrggbb, paler where no screen shows it as deep as asked."""
    colour = _colour(f"oklch({max(0.0, lightness)} {chroma} {hue})")
    while colour["chroma"] > 0 and not colour.in_gamut("srgb-linear", tolerance=0.001):
        colour["chroma"] = max(0.0, colour["chroma"] - 0.004)
    return str(colour.convert("srgb").clip().to_string(hex=True))
