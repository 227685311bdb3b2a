"""Rows that make pictures and are paid: the ones that tell most for their price come first."""

from typing import Any

from tryon.conformance.expectations import Expectation, assumed, count, made, nothing_else, shaped
from tryon.conformance.row import EDITS, GENERATIONS, Address, FileId, Row
from tryon.conformance.rows.models import FAMILIES, GEMINI, GEMINI_25
from tryon.conformance.rows.refusals import PROMPT
from tryon.conformance.sample_pictures import data_url, jpeg_and_webp

RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
WORDS = "Paint one plain circle in the colour of the first image on a white sheet."
EIGHT: dict[str, Any] = {
    "file_id": FileId(0),
    "file_ids": [FileId(0), FileId(1), FileId(2), FileId(1)],
    "image_url": data_url(10),
    "image_urls": [data_url(number) for number in (10, 11, 12, 13, 14)],
}
PLAIN = assumed("An answer names no price, no usage and no id.", nothing_else())


def _as_asked(ratio: str) -> Expectation:
    return assumed("A picture has the shape that was asked for.", shaped(ratio))


def _gemini(name: str, asks: str, *expectations: Expectation, pictures: int = 1, **fields: Any) -> Row:
    """A call at the lowest price, unless `fields` say otherwise; a shape asked for is also looked at."""
    body = {"model": GEMINI, "prompt": WORDS, "size": "512"} | fields
    if "aspect_ratio" in fields:
        expectations += (_as_asked(fields["aspect_ratio"]),)
    return Row(
        f"gemini.{name}",
        "gemini",
        asks,
        GENERATIONS,
        (made("b64_json"), *expectations),
        body,
        pictures=pictures,
    )


def _words(model: str, *expectations: Expectation, **more: Any) -> Row:
    """A call with words and nothing that is not given here; Recraft answers with addresses."""
    family = next(name for name, models in FAMILIES.items() if model in models)
    short = model.partition("/")[2]
    asks = " and ".join(["words", *(f"{name} {value}" for name, value in more.items())])
    name = ".".join([family, short, *(str(value).replace(":", "x") for value in more.values())])
    body = {"model": model, "prompt": PROMPT} | more
    fields = ("url",) if family == "recraft" else ("b64_json", "url")
    expectations = (made(*fields), *expectations)
    return Row(name, family, f"{short}: {asks}", GENERATIONS, expectations, body, pictures=more.get("n", 1))


def _edit(name: str, model: str, kind: str, image: str | Address) -> Row:
    expectation = assumed(f"Grok Imagine edits one picture, sent as {kind}.", made("b64_json", "url"))
    asks = f"{model.partition('/')[2]}: an edit of {kind}"
    body = {"model": model, "prompt": "Make it green.", "image": image}
    return Row(f"xai.edits.{name}", "xai", asks, EDITS, (expectation,), body, pictures=1)


IMAGEN, GROK, RECRAFT = FAMILIES["imagen"], FAMILIES["xai"], FAMILIES["recraft"]
GPT = FAMILIES["openai"][0]
SHAPED_RECRAFT = assumed("Recraft's size is a ratio, and its picture has this shape.", shaped("3:4"))

PAID_ROWS = (
    _gemini("file_id", "1 file, 512, 3:4", PLAIN, file_id=FileId(0), aspect_ratio="3:4"),
    _gemini("eight", "8 references in the four fields, with duplicates", **EIGHT),
    _words(IMAGEN[0]),
    _words(RECRAFT[0], SHAPED_RECRAFT, size="3:4"),
    _words(GROK[0]),
    _words(GPT),
    _gemini("words", "words, n 1, 1:1", n=1, aspect_ratio="1:1"),
    _gemini("file_ids", "2 files, 4:3", file_ids=[FileId(0), FileId(1)], aspect_ratio="4:3"),
    _gemini("image_url", "1 data URL, 9:16", image_url=data_url(0), aspect_ratio="9:16"),
    _gemini("image_urls", "2 data URLs, 16:9", image_urls=[data_url(0), data_url(1)], aspect_ratio="16:9"),
    _gemini("https", "1 https address", image_url=Address()),
    Row(
        "gemini.jpeg-webp",
        "gemini",
        "data URLs of a JPEG and a WebP",
        GENERATIONS,
        (assumed("A data URL may also hold a JPEG or a WebP.", made("b64_json")),),
        {"model": GEMINI, "prompt": WORDS, "size": "512", "image_urls": jpeg_and_webp()},
        pictures=1,
    ),
    _gemini("mixed", "1 file and 1 data URL", file_id=FileId(0), image_url=data_url(1)),
    _gemini("1K", "size 1K", size="1K"),
    _gemini("2K", "size 2K", size="2K"),
    Row(
        "gemini.plain",
        "gemini",
        "neither size, ratio nor n",
        GENERATIONS,
        (made("b64_json"), assumed("Without n one picture is made.", count(1))),
        {"model": GEMINI, "prompt": PROMPT},
        pictures=1,
    ),
    _gemini(
        "n.4",
        "n 4",
        assumed("As many pictures come as were asked for.", count(4)),
        pictures=4,
        n=4,
        prompt=PROMPT,
    ),
    Row(
        "gemini-2.5.three",
        "gemini-2.5",
        "3 references, 512, 1:1",
        GENERATIONS,
        (made("b64_json"),),
        {
            "model": GEMINI_25,
            "prompt": WORDS,
            "size": "512",
            "aspect_ratio": "1:1",
            "file_ids": [FileId(number) for number in range(3)],
        },
        pictures=1,
    ),
    _edit("data", GROK[0], "a data URL", data_url(0)),
    _words(GPT, n=4),
    *(_words(RECRAFT[0], size=ratio) for ratio in RATIOS if ratio != "3:4"),
    *(_words(model) for model in (*IMAGEN[1:], *GROK[1:])),
    *(_words(model) for model in RECRAFT[1:]),
    _edit("quality", GROK[1], "a data URL", data_url(0)),
    _edit("https", GROK[0], "an https address", Address()),
)
