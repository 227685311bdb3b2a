"""Normalising an upload, against Pillow written by hand: `python -m bench normalise [PHOTO ...]`.

Peer and product run in turn, on photos of 12 and 48 megapixels that this file makes (noise on gradients)
or on those named. The ratio is that of the work alone, in this process; what the child process adds to it
is in a column of its own. Medians over the rounds.
"""

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report, Row
from gallery import pictures
from gallery.decode import tasks

SIZES = {"12 MP": (4032, 3024), "48 MP": (8064, 6048)}
TARGETS = {"12 MP": 0.30, "48 MP": 0.25}
COLUMNS = ("by hand", "ours", "ratio", "+ child", "in all", "ratio in all")
JOB: tasks.Job = {
    "formats": pictures.PHOTOS,
    "most_pixels": pictures.MOST_PIXELS,
    "longest_side": pictures.LONGEST_SIDE,
    "shortest_side": pictures.SHORTEST_SIDE,
    "bound": pictures.BOUND,
}


def drawn(path: Path, size: tuple[int, int]) -> Path:
    """A JPEG of gradients under noise, about as hard to code as a photograph."""
    ramp = Image.linear_gradient("L")
    bands = [ramp.rotate(turn).resize(size) for turn in (0, 90, 180)]
    noise = Image.effect_noise((size[0] // 2, size[1] // 2), 24).resize(size)
    Image.merge("RGB", [Image.blend(band, noise, 0.3) for band in bands]).save(path, "JPEG", quality=92)
    return path


def peer(path: Path) -> bytes:
    with Image.open(path) as photo:
        small = ImageOps.exif_transpose(photo).convert("RGB")
        small.thumbnail((pictures.BOUND, pictures.BOUND), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    small.save(target, "JPEG", quality=90)
    return target.getvalue()


def alone(path: Path) -> bytes:
    """What the child does, in this process."""
    (made,) = tasks.normalise(tasks.opened(path.read_bytes(), JOB), JOB)
    return made.content


def product(path: Path) -> bytes:
    return pictures.normalise(path).content


def milliseconds(work: Callable[[Path], bytes], path: Path) -> float:
    start = time.perf_counter()
    work(path)
    return (time.perf_counter() - start) * 1000


def figures(path: Path, rounds: int) -> tuple[float, ...]:
    """One for each of COLUMNS: medians over the rounds, in milliseconds and ratios."""
    works = (peer, alone, product)
    for work in works:
        work(path)
    laps = [[milliseconds(work, path) for work in works] for _ in range(rounds)]
    by_hand, ours, whole = (statistics.median(column) for column in zip(*laps, strict=True))
    child = statistics.median(lap[2] - lap[1] for lap in laps)
    return by_hand, ours, ours / by_hand, child, whole, whole / by_hand


def measured(options: argparse.Namespace) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Each photo's name and figures."""
    with tempfile.TemporaryDirectory() as folder:
        photos = {photo.name: photo for photo in options.photos} or {
            name: drawn(Path(folder) / f"{size[0]}.jpg", size) for name, size in SIZES.items()
        }
        for name, photo in photos.items():
            yield name, figures(photo, options.rounds)


def line(name: str, of_photo: tuple[float, ...]) -> str:
    shown = (
        f"{figure:13.2f}" if "ratio" in column else f"{figure:13.0f}"
        for column, figure in zip(COLUMNS, of_photo, strict=True)
    )
    return f"{name:16.16}" + "".join(shown)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=9)


def run(options: argparse.Namespace) -> Report:
    report = Report()
    for name, (by_hand, ours, _, child, whole, whole_ratio) in measured(options):
        report.rows.append(Row(f"normalise, {name}", ours, "ms", by_hand, TARGETS.get(name)))
        report.notes.append(
            f"Normalise, {name}: the child process adds {child:.0f} ms; "
            f"in all {whole:.0f} ms, {whole_ratio:.2f} x."
        )
    return report


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(arguments)
    options = arguments.parse_args()
    print(f"{'ms, medians':16}" + "".join(f"{name:>13}" for name in COLUMNS))
    for name, of_photo in measured(options):
        print(line(name, of_photo), flush=True)


if __name__ == "__main__":
    main()
