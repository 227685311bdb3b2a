"""Rows about one model, whatever its id: every size in every shape, and the weight of a second reference.

A red sheet and a blue one are sent; the words name neither colour, so what shows came from the sheets.
"""

from dataclasses import asdict
from typing import Any

from tryon.conformance.expectations import fits, made, shows
from tryon.conformance.row import GENERATIONS, FileId, Row
from tryon.conformance.rows.refusals import PROMPT
from tryon.conformance.sample_pictures import BLUE, RED
from tryon.rules.model_families import RATIOS, SIZES, UNKNOWN, Family, family, options

FAMILY = "grid"
BASE = "1K"  # every model with sizes makes this one; any other it may refuse
FLAG = (
    "A flag that fills the whole picture: upright stripes of equal width side by side, one for each image, "
    "each in the one plain colour of its image. No text and nothing else."
)


def grid_rows(model: str) -> tuple[Row, ...]:
    """Those that tell most come first. What its family does not take stands there with the reason."""
    takes = family(model)
    base = BASE if takes.sizes else ""
    sizes = sorted(SIZES, key=lambda size: size != BASE) if takes.sizes else [""]
    one = min(1, _most_references(takes))
    two = [_row(model, f"two.{_name(ratio)}", base, ratio, 2) for ratio in RATIOS]
    grid = [
        _row(model, ".".join(filter(None, (size, _name(ratio)))), size, ratio, one)
        for size in sizes
        for ratio in RATIOS
    ]
    return (*two, *grid)


def _name(ratio: str) -> str:
    return ratio.replace(":", "x")


def _row(model: str, name: str, size: str, ratio: str, references: int) -> Row:
    skip = _not_taken(family(model), size, ratio, references)
    colours = (shows(*("red", "blue")[:references]),) if references else ()
    sent = asdict(options(family(model), size=size, aspect_ratio=ratio, count=1, references=references))
    sent |= {"size": size} if size else {}  # also where it is not offered, for the line that says so
    asks = [size, ratio, "1 reference" if references == 1 else f"{references} references"]
    return Row(
        f"{FAMILY}.{name}",
        FAMILY,
        ", ".join(filter(None, asks)),
        GENERATIONS,
        (made("b64_json", "url"), fits(size, ratio), *colours),
        {"model": model, "prompt": FLAG if references else PROMPT}
        | {field: value for field, value in sent.items() if value is not None}
        | _sheets(references),
        pictures=0 if skip else 1,
        skip=skip,
        optional="" if size in ("", BASE) else "size",
    )


def _sheets(references: int) -> dict[str, Any]:
    if references == 2:
        return {"file_ids": [FileId(RED), FileId(BLUE)]}
    return {"file_id": FileId(RED)} if references else {}


def _most_references(takes: Family) -> int:
    """In a generation; the one picture of an edit goes elsewhere."""
    return 0 if takes.edits else takes.references


def _not_taken(takes: Family, size: str, ratio: str, references: int) -> str:
    """Why a model of this family is not asked; "" where it is."""
    if takes == UNKNOWN:
        return "a model that nobody knows: what it takes is not known"
    if references > _most_references(takes):
        return "it takes fewer than two references"
    if ratio not in takes.ratios:
        return "it takes no aspect ratio"
    return "" if size in ("", *takes.sizes) else f"not offered at {size}"
