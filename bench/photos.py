"""Photos that nobody has uploaded yet: the drawn pictures of the tests, a person of 12 megapixels among them.

Not the samples: the sandbox knows these, and paints nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).resolve().parent.parent / "tests" / "pictures"
PHONE = (3024, 4032)
GRAIN = 0.06  # part of noise, so that the enlarged drawing is as hard to code as a photograph


@dataclass(frozen=True)
class Pair:
    person: Path
    garment: Path

    @property
    def megabytes(self) -> float:
        return sum(photo.stat().st_size for photo in (self.person, self.garment)) / 1e6


class Photographer:
    """Makes pairs that differ in a few pixels, hence in every digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with Image.open(PICTURES / "person.jpg") as drawn:
            person = drawn.convert("RGB").resize(PHONE)
        noise = Image.effect_noise(PHONE, 60).convert("RGB")
        self._person = Image.blend(person, noise, GRAIN)
        with Image.open(PICTURES / "red-dress.jpg") as drawn:
            self._garment = drawn.convert("RGB")

    def pair(self, number: int) -> Pair:
        return Pair(
            self._marked(self._person, f"person-{number}", number),
            self._marked(self._garment, f"garment-{number}", number),
        )

    def _marked(self, photo: Image.Image, name: str, number: int) -> Path:
        """A grey square of its own shade in a corner, large enough to outlive any scaling."""
        path = self._folder / f"{name}.jpg"
        marked = photo.copy()
        marked.paste((number * 7 % 256,) * 3, (0, 0, 32, 32))
        marked.save(path, "JPEG", quality=92)
        return path
