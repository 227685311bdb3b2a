"""What models take, as far as it is known by their ids, and how a request is spelled for each.

Pure rules: which models are offered, what the gateway's list or staff say of them, and what they cost is
kept in rows (`tryon.models.Offer`), and what a model takes is handed on as a value.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SIZES = ("512", "1K", "2K")
RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
MODES = ("try_on", "remix", "compose", "imagine")
# The fewest and the most pictures that each way of asking takes.
REFERENCES = {"try_on": (2, 8), "remix": (1, 1), "compose": (2, 8), "imagine": (0, 0)}
MOST_PICTURES = 4

# Micro-USD a picture of Gemini 3.1 Flash by size: Google's list prices, where the catalogue names none.
LIST_PRICES = {"512": 45_000, "1K": 67_000, "2K": 101_000}
# Without LLMTR_MODEL the first of these that the gateway lists is offered at the first start.
PREFERRED = (
    "google/gemini-3.1-flash-image",
    "google/gemini-nano-banana-2.1",
    "google/gemini-2.5-flash-image",
)
# What the gateway's list or staff may say of one model, whatever its family takes.
FACTS = ("sizes", "ratios", "references", "most_pictures", "edits")
MOST_REFERENCES = 8
SIDES = {"512": 512, "1K": 1024, "2K": 2048}  # pixels: the side of a square picture of this size
EDIT = "edit"  # stands as a size in the rows of prices: that of a picture which was changed


@dataclass(frozen=True)
class Family:
    """What a model takes; no `sizes` or `ratios` means: send none.

    `most_pictures` is for one call; where that is 1, `n` is not sent, or with `says_one` sent as 1.
    `ratio_is_size`: the ratio goes into the field `size`. `edits`: its one reference goes to
    `/v1/images/edits`.
    """

    name: str
    references: int
    sizes: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    most_pictures: int = 1
    says_one: bool = False
    ratio_is_size: bool = False
    edits: bool = False

    def is_edit(self, mode: str) -> bool:
        """Whether this way of asking changes a picture at `/v1/images/edits`."""
        return self.edits and REFERENCES[mode][0] > 0

    def serves(self, mode: str) -> bool:
        """Whether this way of asking is possible with it."""
        return self.references >= REFERENCES[mode][0]

    def nearest_size(self, size: str) -> str:
        """The size that it makes in place of `size`, the greater of two as near; "" where it takes none."""
        if not size or size in self.sizes:
            return size
        return min(
            self.sizes, key=lambda own: (abs(math.log(SIDES[own] / SIDES[size])), -SIDES[own]), default=""
        )

    def corrected(self, facts: Mapping[str, Any]) -> "Family":
        """The same with what is known better, by the names in FACTS; lists as JSON has them."""
        known: dict[str, Any] = {
            name: tuple(fact) if isinstance(fact, list) else fact
            for name, fact in facts.items()
            if name in FACTS
        }
        return replace(self, **known)

    def facts(self) -> dict[str, Any]:
        """What of it a row may say otherwise, as JSON has it."""
        found = {name: getattr(self, name) for name in FACTS}
        return {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in found.items()}


# The first pattern that fits the whole id decides. The provider before the slash may be missing.
_FAMILIES = (
    (r"(google/)?gemini-2\.5-flash-image.*", Family("Gemini 2.5 Flash", 3, SIZES, RATIOS, 4)),
    (r"(google/)?imagen-.*", Family("Imagen", 0)),
    (r"(google/)?(gemini-)?nano-banana-.*", Family("Gemini Nano Banana", 8, SIZES[1:], RATIOS, 4)),
    (r"(google/)?gemini-.*|google/.*", Family("Gemini", 8, SIZES, RATIOS, 4)),
    (r"(openai/)?gpt-image-.*", Family("GPT Image", 0, most_pictures=4)),
    (r"(xai/)?grok-imagine-.*", Family("Grok Imagine", 1, edits=True)),
    (r"(recraft/)?recraft-.*", Family("Recraft", 0, ratios=RATIOS, says_one=True, ratio_is_size=True)),
)
# Of a model nobody knows only this much is sure: it takes words. Anything more could be a 400.
UNKNOWN = Family("unknown", 0)


def family(model: str) -> Family:
    """What is known by a model's id, such as `google/gemini-3.1-flash-image`."""
    name = model.strip().lower()
    return next((known for pattern, known in _FAMILIES if re.fullmatch(pattern, name)), UNKNOWN)


def preferred(listed: Sequence[str], but: Collection[str] = ()) -> str:
    """Which of the listed models to offer where nobody chose one, or in the place of others; "" for none.

    The first of PREFERRED, else the first that can dress a person.
    """
    able = [name for name in listed if family(name).serves("try_on")]
    order = [*(name for name in PREFERRED if name in listed), *able]
    return next((name for name in order if name not in but), "")


def answers_vectors(model: str) -> bool:
    """Whether its pictures are drawings in SVG, which are not kept and not shown: it is never offered."""
    return re.search(r"-(vector|svg)\b", model.lower()) is not None


def nearest_ratio(width: int, height: int, ratios: Sequence[str] = RATIOS) -> str:
    """The shape out of `ratios` nearest to a picture of `width` x `height` pixels, wide and tall alike."""
    shape = math.log(width / height)

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return abs(shape - math.log(across / down))

    return min(ratios, key=distance)


SIDE_TOLERANCE = 1.35  # times more or less: half way to the next size


def deviation(size: str, aspect_ratio: str, width: int, height: int) -> str:
    """`shape` or `size` where a picture has another than was asked for; "" otherwise, or where none was."""
    if aspect_ratio in RATIOS and nearest_ratio(width, height) != aspect_ratio:
        return "shape"
    times = math.sqrt(width * height) / SIDES[size] if size in SIDES else 1
    return "" if 1 / SIDE_TOLERANCE <= times <= SIDE_TOLERANCE else "size"


@dataclass(frozen=True)
class Options:
    """The fields of a call beside model, prompt and references; None is not sent."""

    size: str | None
    aspect_ratio: str | None
    n: int | None


def options(takes: Family, *, size: str, aspect_ratio: str, count: int, references: int) -> Options:
    """How these choices ("" is left open) are spelled for a model that takes this."""
    if takes.edits and references:
        return Options(None, None, None)
    n = count if takes.most_pictures > 1 else 1 if takes.says_one else None
    if takes.ratio_is_size:
        return Options(aspect_ratio or None, None, n)
    return Options(takes.nearest_size(size) or None, aspect_ratio or None, n)
