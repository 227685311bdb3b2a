"""Put rendered pictures in their places: `tryon/samples/` in full, marked; `static/samples/` as small copies.

Run from the root of the checkout: `python -m bench.prepare_samples FOLDER`. The folder has a JPEG of each
sample and look under its name in `tryon/samples/table.py`. Pixels of the full pictures stay as they are.
"""

import io
import sys
from pathlib import Path

from PIL import Image

from gallery.xmp import Mark, marked_bytes
from tryon.samples.table import CAPTION, GARMENTS, LOOKS, PEOPLE, SAMPLES

SMALL = Path(__file__).resolve().parent.parent / "static" / "samples"
MARK = Mark("digitalCreation", CAPTION)
THUMB, LARGE = (144, 192), (960, 1280)  # three times 48 x 64; the first page's picture at 2x


def main(folder: Path) -> None:
    for each in (*SAMPLES, *LOOKS):
        content = (folder / each.path.name).read_bytes()
        each.path.write_bytes(marked_bytes(content, MARK))
    for person in PEOPLE:
        _copy(person.path, LARGE)
    for look in LOOKS:
        _copy(look.path, LARGE)
    for garment in GARMENTS:
        _copy(garment.path, THUMB)


def _copy(path: Path, size: tuple[int, int]) -> None:
    out = io.BytesIO()
    with Image.open(path) as picture:
        picture.resize(size, Image.Resampling.LANCZOS).save(out, "WEBP", quality=80, method=6)
    (SMALL / f"{path.stem}.webp").write_bytes(marked_bytes(out.getvalue(), MARK))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
