"""Draw the contact sheet of people x garments, `docs/contact-sheet.jpg`: what the sandbox answers.

Run from the root of the checkout: `python -m bench.contact_sheet`. The last person is no sample, so that the
sandbox paints; so it does where no look was rendered.
"""

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.photos import PICTURES
from tryon.samples.table import CAPTION, GARMENTS, PEOPLE, Sample
from tryon.sandbox.painting.painter import paint

TARGET = Path(__file__).resolve().parent.parent / "docs" / "contact-sheet.jpg"
CELL = (240, 320)
GAP, MARGIN, CAPTION_ROOM = 14, 36, 36
PAPER, INK = (247, 243, 236), (52, 45, 40)


def main() -> None:
    """Ask for every garment on every person and paste the pictures on one sheet of paper."""
    people = [*(person.path for person in PEOPLE), PICTURES / "person.jpg"]
    columns, rows = 1 + len(GARMENTS), 1 + len(people)
    width = 2 * MARGIN + columns * CELL[0] + (columns - 1) * GAP
    height = 2 * MARGIN + CELL[1] * rows + GAP * (rows - 1) + CAPTION_ROOM
    sheet = Image.new("RGB", (width, height), PAPER)
    for column, garment in enumerate(GARMENTS, start=1):
        _place(sheet, Image.open(garment.path), column, 0)
    for row, person in enumerate(people, start=1):
        _place(sheet, Image.open(person), 0, row)
        for column, garment in enumerate(GARMENTS, start=1):
            _place(sheet, _dressed(person, garment), column, row)
    _captions(sheet)
    sheet.save(TARGET, quality=84, optimize=True, progressive=True)
    print(f"{TARGET.name}: {sheet.width} x {sheet.height}, {TARGET.stat().st_size // 1024} KB")


def _dressed(person: Path, garment: Sample) -> Image.Image:
    prompt = f"Image 1 is the person.\nImage 2, {garment.category}: put it on."
    references = [person.read_bytes(), garment.path.read_bytes()]
    (data,) = paint(references, prompt, size="512", aspect_ratio="3:4")
    return Image.open(io.BytesIO(data))


def _corner(column: int, row: int) -> tuple[int, int]:
    top = MARGIN + row * (CELL[1] + GAP) + (CAPTION_ROOM if row else 0)
    return MARGIN + column * (CELL[0] + GAP), top


def _place(sheet: Image.Image, picture: Image.Image, column: int, row: int) -> None:
    """One picture with rounded corners in its cell."""
    mask = Image.new("L", (CELL[0] * 2, CELL[1] * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 28, fill=255)
    small = picture.convert("RGB").resize(CELL, Image.Resampling.LANCZOS)
    sheet.paste(small, _corner(column, row), mask.resize(CELL, Image.Resampling.LANCZOS))


def _captions(sheet: Image.Image) -> None:
    drawing = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for column, garment in enumerate(GARMENTS, start=1):
        left, top = _corner(column, 0)
        middle = (left + CELL[0] / 2, top + CELL[1] + CAPTION_ROOM / 2)
        drawing.text(middle, garment.label, INK, font, anchor="mm")
    left, top = _corner(0, 0)
    title = ImageFont.load_default(size=30)
    drawing.multiline_text((left, top + CELL[1] / 2 - 90), "People\nx garments", INK, title, spacing=10)
    note = (
        f"{CAPTION.replace(' no AI', chr(10) + 'no AI')}.\n\n"
        "Painted by the sandbox: the last\nperson, Cai in dress and skirt."
    )
    drawing.multiline_text((left, top + CELL[1] / 2 + 10), note, INK, font, spacing=6)


if __name__ == "__main__":
    main()
