"""One planted fault: where it goes, and which tests must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class NoPlaceError(Exception):
    """The text to replace is not there exactly once: the code has moved on, and the mutant has to follow."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` in `file` becomes `new`; then each of `tests` fails.

    They are node ids of pytest; one without its parameters fails with any of these.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def planted(self, source: str) -> str:
        if (places := source.count(self.old)) != 1:
            raise NoPlaceError(
                f"{self.name!r} needs a new place: its text is in {self.file} {places} times, not once"
            )
        return source.replace(self.old, self.new)

    def plant(self, tree: Path) -> None:
        file = tree / self.file
        file.write_text(self.planted(file.read_text()))

    def caught_by(self, failed: list[str]) -> list[str]:
        """Which of its tests are among these that failed, by their whole names."""
        return [name for name in failed if any(_is(name, test) for test in self.tests)]

    def missed_by(self, failed: list[str]) -> list[str]:
        """Which of its tests did not notice."""
        return [test for test in self.tests if not any(_is(name, test) for name in failed)]


def _is(name: str, test: str) -> bool:
    return name == test or name.startswith(f"{test}[")
