"""Rows about calls that must be refused, so that they cost nothing where the documents are right."""

from collections.abc import Iterator
from typing import Any

from tryon.conformance.expectations import BAD, EDIT_DETAILS, Expectation, assumed, names_the_file, refused
from tryon.conformance.row import EDITS, FILES, GENERATIONS, FileId, Form, Row
from tryon.conformance.rows.models import FAMILIES, GEMINI, GEMINI_25, MADE_UP, RETIRED, TEXT_ONLY
from tryon.conformance.sample_pictures import data_url

PROMPT = "One plain circle in the middle of a white sheet."
NINE_FILES = [FileId(number) for number in range(9)]
HTTP = "http://shop.example/a.png"
GONE = "file_0123456789abcdef01234567"
BODY: dict[str, Any] = {"model": GEMINI, "prompt": PROMPT, "size": "512"}

# Field, value, and the pictures that would come if it were taken.
VALUES: tuple[tuple[str, str, Any, int], ...] = (
    ("n.0", "n", 0, 1),
    ("n.5", "n", 5, 5),
    ("n.text", "n", "2", 2),
    ("size.4K", "size", "4K", 1),
    ("size.pixels", "size", "1024x1024", 1),
    ("ratio.2x3", "aspect_ratio", "2:3", 1),
    ("ratio.auto", "aspect_ratio", "auto", 1),
    ("seed", "seed", 1, 1),
    ("response_format", "response_format", "b64_json", 1),
    ("image_url.http", "image_url", HTTP, 1),
)
# Beside the documented refusal of pictures: what each family takes none of, as far as is known.
NOT_TAKEN: dict[str, dict[str, tuple[Any, str]]] = {
    "imagen": {
        "size": ("1K", "Imagen takes no size."),
        "aspect_ratio": ("1:1", "Imagen takes no aspect_ratio."),
        "n": (2, "Imagen takes no n."),
    },
    "openai": {
        "size": ("1K", "GPT Image takes none of Gemini's sizes."),
        "aspect_ratio": ("1:1", "GPT Image takes no aspect_ratio."),
        "n": (5, "GPT Image makes 4 pictures a call at most."),
    },
    "xai": {
        "size": ("1K", "Grok Imagine takes no size."),
        "aspect_ratio": ("1:1", "Grok Imagine takes no aspect_ratio."),
        "n": (2, "Grok Imagine takes no n."),
    },
    "recraft": {
        "size": ("1K", "Recraft takes none of Gemini's sizes."),
        "aspect_ratio": ("1:1", "Recraft takes no aspect_ratio."),
        "n": (2, "Recraft takes no n."),
    },
}
REFERENCES: dict[str, Any] = {
    "file_id": FileId(0),
    "file_ids": [FileId(0), FileId(1)],
    "image_url": data_url(0),
    "image_urls": [data_url(0), data_url(1)],
}
TOO_MANY: dict[str, dict[str, Any]] = {
    "file_ids": {"file_ids": NINE_FILES},
    "image_urls": {"image_urls": [data_url(number) for number in range(9)]},
    "mixed": {
        "file_id": FileId(0),
        "file_ids": [FileId(1), FileId(2), FileId(3)],
        "image_url": data_url(10),
        "image_urls": [data_url(number) for number in range(11, 15)],
    },
}


def _values() -> Iterator[Row]:
    for name, field, value, pictures in VALUES:
        yield Row(
            f"gemini.{name}",
            "gemini",
            f"{field} {value!r}",
            GENERATIONS,
            (refused(400, *BAD),),
            BODY | {field: value},
            pictures=pictures,
        )


def _too_many() -> Iterator[Row]:
    for name, fields in TOO_MANY.items():
        asks = f"9 references in {', '.join(fields)}"
        yield _generation(f"gemini.nine.{name}", "gemini", asks, BODY | fields, refused(400, *BAD))
    four = {"model": GEMINI_25, "prompt": PROMPT, "size": "512", "file_ids": NINE_FILES[:4]}
    yield _generation("gemini-2.5.four", "gemini-2.5", "4 references", four, refused(400, *BAD))


def _generation(
    name: str, family: str, asks: str, body: dict[str, Any], expectation: Expectation, pictures: int = 1
) -> Row:
    return Row(name, family, asks, GENERATIONS, (expectation,), body, pictures=pictures)


def _text_only() -> Iterator[Row]:
    for family in TEXT_ONLY:
        body = {"model": FAMILIES[family][0], "prompt": PROMPT}
        for field, value in REFERENCES.items():
            yield _generation(f"{family}.{field}", family, field, body | {field: value}, refused(400, *BAD))
        for field, (value, sentence) in NOT_TAKEN[family].items():
            expectation = assumed(sentence, refused(400, *BAD))
            pictures = value if field == "n" else 1
            yield _generation(
                f"{family}.{field}",
                family,
                f"{field} {value!r}",
                body | {field: value},
                expectation,
                pictures,
            )


def _edit(
    name: str, family: str, asks: str, expectation: Expectation, model: str, pictures: int = 1, **more: Any
) -> Row:
    body = {"model": model, "prompt": PROMPT, "image": data_url(0)} | more
    return Row(name, family, asks, EDITS, (expectation,), body, pictures=pictures)


def _edits() -> Iterator[Row]:
    unsupported = refused(400, "unsupported_operation", details=EDIT_DETAILS)
    for family in ("gemini", "imagen", "openai"):
        yield _edit(f"{family}.edits", family, "an edit", unsupported, FAMILIES[family][0])
    recraft = assumed("Edits are refused for Recraft in the same words as for Google.", unsupported)
    yield _edit("recraft.edits", "recraft", "an edit", recraft, FAMILIES["recraft"][0])
    plain = assumed("The address of an edit's picture is https.", refused(400, *BAD))
    yield _edit("xai.edits.http", "xai", "an edit of an http address", plain, FAMILIES["xai"][0], image=HTTP)
    for field, value in {"n": 2, "size": "1K", "aspect_ratio": "1:1"}.items():
        expectation = assumed(f"An edit takes no {field}.", refused(400, *BAD))
        pictures = 2 if field == "n" else 1
        yield _edit(
            f"xai.edits.{field}",
            "xai",
            f"an edit with {field}",
            expectation,
            FAMILIES["xai"][0],
            pictures,
            **{field: value},
        )


def _broken_references() -> Iterator[Row]:
    gone = assumed("A file that is not there is a 4xx that names it.", names_the_file())
    yield _generation(
        "gemini.file-gone", "gemini", "a file that is not there", BODY | {"file_ids": [GONE]}, gone
    )
    expectation = assumed("A data URL that is no base64 is refused with 400.", refused(400, *BAD))
    broken = BODY | {"image_url": "data:image/png;base64,?"}
    yield _generation(
        "gemini.image_url.broken", "gemini", "a data URL that is no base64", broken, expectation
    )


def _rude() -> Iterator[Row]:
    no_prompt = {"model": GEMINI, "size": "512"}
    calls: tuple[tuple[str, str, dict[str, Any], Expectation], ...] = (
        (
            "model.unknown",
            "a made-up model",
            {"model": MADE_UP, "prompt": PROMPT},
            refused(404, "model_not_found"),
        ),
        (
            "model.retired",
            "a retired model",
            {"model": RETIRED, "prompt": PROMPT},
            assumed(
                f"{RETIRED} is answered as retired, with its replacement.",
                refused(410, "model_retired", details=("replacement_model",)),
            ),
        ),
        ("model.missing", "no model", {"prompt": PROMPT}, refused(400, *BAD)),
        ("prompt.missing", "no prompt", no_prompt, refused(400, *BAD)),
        ("prompt.empty", "an empty prompt", no_prompt | {"prompt": ""}, refused(400, *BAD)),
    )
    for name, asks, body, expectation in calls:
        yield Row(f"calls.{name}", "calls", asks, GENERATIONS, (expectation,), body, pictures=1, rude=True)
    empty = refused(400, *BAD)
    yield Row("calls.empty", "calls", "an empty object", GENERATIONS, (empty,), {}, rude=True)
    yield Row(
        "calls.bad-json", "calls", "a body that is no JSON", GENERATIONS, (empty,), raw=b'{"model"', rude=True
    )
    yield Row(
        "calls.no-key",
        "calls",
        "a call without a key",
        GENERATIONS,
        (refused(401, "auth_error"),),
        BODY,
        pictures=1,
        keyed=False,
        rude=True,
    )
    keyless = Form(b"no picture", "a.txt", "text/plain")
    yield Row(
        "calls.no-key.files",
        "calls",
        "an upload without a key",
        FILES,
        (refused(401, "auth_error"),),
        form=keyless,
        keyed=False,
        rude=True,
    )


REFUSAL_ROWS = (*_values(), *_too_many(), *_text_only(), *_edits(), *_broken_references(), *_rude())
