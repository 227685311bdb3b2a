"""Draw the contact sheet of people x garments, `docs/contact-sheet.jpg`, with the sandbox's painter.

Run from the root of the checkout: `python -m bench.contact_sheet` (headless Chromium is needed). The people
are the drawn sample and two variants of it: the same source with other colours and another head of hair.
"""

import io
import json
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.render_samples import SAMPLES, SOURCE, rendered
from tryon.sandbox.painting.painter import paint

TARGET = Path(__file__).resolve().parent.parent / "docs" / "contact-sheet.jpg"
CELL = (360, 480)
GAP, MARGIN, CAPTION = 18, 44, 40
PAPER, INK = (247, 243, 236), (52, 45, 40)
VARIANTS = (
    "",
    """
    svg { --skin-light:#8d5a3c; --skin:#744628; --skin-shade:#4a2413; --lip:#7d3a35; --blush:#8a4030;
      --hair:#17100d; --hair-light:#4a382f; --brow:#120c0a; --iris:#2d1b12;
      --tee-light:#6f8f7f; --tee:#587866; --tee-shade:#22372e;
      --jean-light:#55524f; --jean:#3b3937; --jean-shade:#141312; }
    .bob, .short { display:none } .curls, .ears { display:inline }
    """,
    """
    svg { --skin-light:#f6d8c2; --skin:#e8bb9f; --skin-shade:#b0715a; --lip:#c0746a;
      --hair:#8a5a2c; --hair-light:#d09a58; --brow:#6b4420; --iris:#4a6878;
      --tee-light:#8f6d86; --tee:#775770; --tee-shade:#33202f;
      --jean-light:#8d7f6c; --jean:#716452; --jean-shade:#332b21; }
    .bob { display:none } .short, .ears { display:inline }
    """,
)


def main() -> None:
    """Paint every garment on every person and paste the pictures on one sheet of paper."""
    listed = json.loads((SAMPLES / "samples.json").read_text())
    garments = [item for item in listed if item["kind"] == "garment"]
    people = rendered([(SOURCE / "person.svg", css) for css in VARIANTS])
    columns, rows = 1 + len(garments), 1 + len(people)
    width = 2 * MARGIN + columns * CELL[0] + (columns - 1) * GAP
    height = 2 * MARGIN + CELL[1] * rows + GAP * (rows - 1) + CAPTION
    sheet = Image.new("RGB", (width, height), PAPER)
    for column, item in enumerate(garments, start=1):
        _place(sheet, Image.open(SAMPLES / item["file"]), column, 0)
    for row, person in enumerate(people, start=1):
        _place(sheet, person, 0, row)
        for column, item in enumerate(garments, start=1):
            _place(sheet, _dressed(person, item), column, row)
    _captions(sheet, ["", *(item["label"] for item in garments)])
    TARGET.parent.mkdir(exist_ok=True)
    sheet.save(TARGET, quality=84, optimize=True, progressive=True)
    print(f"{TARGET.name}: {sheet.width} x {sheet.height}, {TARGET.stat().st_size // 1024} KB")


def _dressed(person: Image.Image, item: dict[str, str]) -> Image.Image:
    photo = io.BytesIO()
    person.save(photo, "PNG")
    references = [photo.getvalue(), (SAMPLES / item["file"]).read_bytes()]
    (data,) = paint(references, f"Image 2, {item['category']}", size="1K", aspect_ratio="3:4")
    return Image.open(io.BytesIO(data))


def _corner(column: int, row: int) -> tuple[int, int]:
    top = MARGIN + row * (CELL[1] + GAP) + (CAPTION if row else 0)
    return MARGIN + column * (CELL[0] + GAP), top


def _place(sheet: Image.Image, picture: Image.Image, column: int, row: int) -> None:
    """One picture with rounded corners in its cell."""
    mask = Image.new("L", (CELL[0] * 2, CELL[1] * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 28, fill=255)
    small = picture.convert("RGB").resize(CELL, Image.Resampling.LANCZOS)
    sheet.paste(small, _corner(column, row), mask.resize(CELL, Image.Resampling.LANCZOS))


def _captions(sheet: Image.Image, words: list[str]) -> None:
    drawing = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=19)
    for column, word in enumerate(words):
        left, top = _corner(column, 0)
        drawing.text((left + CELL[0] / 2, top + CELL[1] + CAPTION / 2), word, INK, font, anchor="mm")
    left, top = _corner(0, 0)
    title = ImageFont.load_default(size=30)
    drawing.multiline_text((left, top + CELL[1] / 2 - 40), "People\nx garments", INK, title, spacing=10)
    note = "Drawn samples, dressed by the\nsandbox's painter (Pillow alone)"
    drawing.multiline_text((left, top + CELL[1] / 2 + 60), note, INK, font, spacing=6)


if __name__ == "__main__":
    main()
