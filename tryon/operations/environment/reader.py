"""The environment by name and kind. Empty means unset, and each NAME may come from a file, as NAME_FILE.

pydantic-settings and environs were tried: either costs each of many processes 200 ms at its start, and both
read the file by python-dotenv (see env_file.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from tryon.operations.environment import service_urls
from tryon.operations.environment.errors import SettingError

_SWITCH = dict.fromkeys(("1", "true", "yes", "on", "y", "t"), True)
_SWITCH |= dict.fromkeys(("0", "false", "no", "off", "n", "f"), False)
_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d*)?|\.\d+)", re.ASCII)
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f]|[\ud800-\udfff]")
MOST = 1_000_000  # seconds, hours or dollars: beyond any sense, and within what a date can be moved by
MOST_DAYS = 36_500
NO_CAP = "none"
LIKENESS = 0.87  # of two names, as difflib measures it: a letter too many, too few or another one
T = TypeVar("T")


class Environment:
    """What `source` says. What it says in no spelling of the kind asked for raises SettingError."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source
        self._asked: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """As it stands, without space at its ends."""
        value = self.secret(name)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            # `docker run --env-file` passes on the quotes that everything else takes away.
            raise SettingError(name, "stands in quotes, which are part of it here: leave them out")
        return value or default

    def secret(self, name: str) -> str:
        """As text, but quotes may be part of it."""
        value = self._given(name)
        if _UNPRINTED.search(value):
            raise SettingError(name, "has a line break in it, or what is not UTF-8")
        return value

    def is_left_empty(self, name: str) -> bool:
        """Whether it is there with nothing behind it."""
        return name in self._source and not self._given(name)

    def mistyped(self) -> dict[str, str]:
        """Names that nobody has asked for, with the setting that each is most like."""
        strangers = [name for name in self._source if not {name, name.removesuffix("_FILE")} & self._asked]
        found = {name: get_close_matches(name.upper(), self._asked, 1, LIKENESS) for name in strangers}
        return {name: near[0] for name, near in found.items() if near}

    def switch(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if value not in _SWITCH and value:
            raise SettingError(name, "is a switch: write 1 or 0 (or true, false, yes, no, on, off)")
        return _SWITCH.get(value, default)

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        """One of `options`, in capitals or not."""
        value = self.text(name).upper()
        if value and value not in options:
            raise SettingError(name, f"is not one of {', '.join(options)}")
        return value or default

    def whole(self, name: str, default: int, *, least: int = 0, most: int = MOST) -> int:
        value = self.text(name)
        if not value:
            return default
        if not (_WHOLE.fullmatch(value) and least <= int(value) <= most):
            raise SettingError(name, f"is not a whole number from {least} to {most}, in digits alone")
        return int(value)

    def number(self, name: str, default: float, *, least: float = 0, most: float = MOST) -> float:
        """In the unit that .env.example names: no unit is read, so none is misread."""
        value = self.text(name)
        if not value:
            return default
        if not (_NUMBER.fullmatch(value) and least <= float(value) <= most):
            raise SettingError(
                name, f"is not a number from {least} to {most}: digits, a point if need be, and no unit"
            )
        return float(value)

    def whole_or_none(self, name: str, default: int | None) -> int | None:
        """A cap in whole numbers; `none` is no cap."""
        return self._or_none(name, default, self.whole)

    def number_or_none(self, name: str, default: float | None) -> float | None:
        """A cap; `none` is no cap."""
        return self._or_none(name, default, self.number)

    def items(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """What stands between commas."""
        found = [item.strip() for item in self.text(name).split(",")]
        if any(re.search(r"""[\s;'"]""", item) for item in found):
            raise SettingError(name, "is a list: put commas between its items, and no quotes")
        return [item for item in found if item] or list(default)

    def path(self, name: str, default: Path) -> Path:
        """Absolute; `~` is the home of whoever runs this."""
        value = self.text(name)
        try:
            return Path(value).expanduser().resolve() if value else default.resolve()
        except (RuntimeError, OSError):
            raise SettingError(name, "is no path that can be followed") from None

    def url(self, name: str, schemes: Sequence[str]) -> str:
        return self._parsed(name, lambda value: service_urls.checked(value, schemes), "")

    def origin(self, name: str) -> str:
        """Scheme, host and port of a site."""
        return self._parsed(name, service_urls.origin, "")

    def database(self, name: str, default: Path) -> dict[str, Any]:
        """Django's settings of a database; SQLite in the file `default` where nothing is set."""
        return self._parsed(name, service_urls.database, service_urls.sqlite(str(default)))

    def email(self, name: str) -> dict[str, Any]:
        """Django's settings of outgoing mail; unset, none is sent."""
        return self._parsed(name, service_urls.email, service_urls.email("dummymail://"))

    def _parsed(self, name: str, parse: Callable[[str], T], default: T) -> T:
        value = self.text(name)
        try:
            return parse(value) if value else default
        except service_urls.UrlError as exc:
            raise SettingError(name, str(exc)) from None

    def _or_none(self, name: str, default: T | None, read: Callable[[str, Any], T]) -> T | None:
        if self.text(name).lower() == NO_CAP:
            return None
        try:
            return read(name, default) if self.text(name) else default
        except SettingError as exc:
            raise SettingError(name, f"{exc.says}; `{NO_CAP}` is no cap") from None

    def _given(self, name: str) -> str:
        self._asked.add(name)
        value, file = (self._source.get(key, "").strip() for key in (name, f"{name}_FILE"))
        if value and file:
            raise SettingError(name, f"is set, and so is {name}_FILE: unset one of them")
        return self._from_file(f"{name}_FILE", file) if file else value

    def _from_file(self, name: str, file: str) -> str:
        try:
            return Path(file).read_text(encoding="utf-8-sig").strip()
        except OSError as exc:
            raise SettingError(name, f"names a file that cannot be read ({exc.strerror})") from None
        except ValueError:
            raise SettingError(name, "names a file that is not UTF-8") from None
