"""The models of this gateway: what each takes, what it answers and what it costs (list prices of 2026)."""

from dataclasses import dataclass

GENERATIONS = "IMAGES_GENERATIONS"
EDITS = "IMAGES_EDITS"
SIZES = ("512", "1K", "2K")
RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
REFERENCE_FIELDS = ("file_id", "file_ids", "image_url", "image_urls")


@dataclass(frozen=True)
class Model:
    """`prices` are micro-USD a picture by size, under "" for a model without sizes.

    `references` is the most that one generation takes, `most` the greatest `n` (1: it takes no `n`, or with
    `says_one` no other).
    `ratio_is_size`: the field `size` holds the ratio. `edits`: it also changes a picture at
    `/v1/images/edits`. `by_address`: it answers `url` in place of `b64_json`.
    """

    id: str
    prices: dict[str, int]
    references: int = 0
    ratios: tuple[str, ...] = ()
    most: int = 1
    says_one: bool = False
    ratio_is_size: bool = False
    edits: bool = False
    by_address: bool = False

    @property
    def sizes(self) -> tuple[str, ...]:
        return tuple(size for size in self.prices if size)

    @property
    def takes(self) -> frozenset[str]:
        """The fields of a generation beside `model` and `prompt`; any other is refused."""
        fields = set(REFERENCE_FIELDS) if self.references else set()
        if self.sizes or self.ratio_is_size:
            fields.add("size")
        if self.ratios and not self.ratio_is_size:
            fields.add("aspect_ratio")
        if self.most > 1 or self.says_one:
            fields.add("n")
        return frozenset(fields)

    @property
    def operations(self) -> tuple[str, ...]:
        return (GENERATIONS, EDITS) if self.edits else (GENERATIONS,)


def _gemini(name: str, references: int, *prices: int) -> Model:
    sized = dict(zip(SIZES, prices, strict=True))
    return Model(f"google/{name}", sized, references, RATIOS, most=4)


def _recraft(name: str, price: int) -> Model:
    return Model(
        f"recraft/{name}", {"": price}, ratios=RATIOS, says_one=True, ratio_is_size=True, by_address=True
    )


MODELS = {
    model.id: model
    for model in (
        _gemini("gemini-3.1-flash-image", 8, 45_000, 67_000, 101_000),
        _gemini("gemini-2.5-flash-image", 3, 39_000, 39_000, 39_000),
        _gemini("gemini-2.5-flash-image-preview", 3, 39_000, 39_000, 39_000),
        Model(
            "google/gemini-nano-banana-2.1",
            {"1K": 34_000, "2K": 51_000},
            references=8,
            ratios=RATIOS,
            most=4,
        ),
        Model("google/imagen-4", {"": 40_000}),
        Model("google/imagen-4-fast", {"": 20_000}),
        Model("google/imagen-4-ultra", {"": 60_000}),
        Model("google/imagen-3", {"": 40_000}),
        Model("openai/gpt-image-2", {"": 53_000}, most=4),
        Model("xai/grok-imagine-image", {"": 20_000}, edits=True),
        Model("xai/grok-imagine-image-quality", {"": 70_000}, edits=True),
        _recraft("recraft-v4", 40_000),
        _recraft("recraft-v4-pro", 250_000),
        _recraft("recraft-v3", 40_000),
    )
}
# Retired from the start, with what takes their place.
RETIRED = {
    "google/gemini-2.5-flash-image-preview": "google/gemini-2.5-flash-image",
    "google/imagen-3": "google/imagen-4",
}
