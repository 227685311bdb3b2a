"""A file of settings, `NAME=value` a line, as a shell would read it where nothing is filled in or run.

python-dotenv skips what it does not understand, fills in `${…}` and turns `\\b` in a password into a
backspace; and its callers start with what is left. Here a line is understood, or told by its number.
"""

import re
from collections.abc import MutableMapping
from pathlib import Path

from tryon.operations.environment.errors import SettingError

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=(?P<value>.*)", re.ASCII)
_QUOTED = re.compile(r"""\s*(?:'(?P<plain>[^']*)'|"(?P<escaped>(?:[^"\\]|\\.)*)")(?:\s+#.*)?\s*""")
_ESCAPE = re.compile(r'\\([\\"$`])')
_COMMENT = re.compile(r"\s#.*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def load(file: Path, environ: MutableMapping[str, str]) -> None:
    """Put what `file` says into `environ`, where that says nothing of it, as NAME or as NAME_FILE."""
    said = parse(_read(file), str(file))
    given = dict(environ)
    for name, value in said.items():
        base = name.removesuffix("_FILE")
        if base in given or name in given or given.get(f"{base}_FILE"):
            continue
        try:
            environ[name] = value
        except UnicodeEncodeError:
            raise SettingError(
                name, "cannot be kept in the language of this machine: set LANG=C.UTF-8"
            ) from None


def parse(text: str, file: str) -> dict[str, str]:
    """Names and values; of a name that stands twice, the last. SettingError with the lines not understood."""
    said: dict[str, str] = {}
    wrong: list[int] = []
    # str.splitlines would also split at characters that may stand in a value.
    for number, line in enumerate(map(str.strip, re.split("\r\n|\r|\n", text)), 1):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        value = None if found is None or _CONTROL.search(line) else _value(found["value"])
        if found is None or value is None or found["name"] == "ENV_FILE":  # which would name itself
            wrong.append(number)
        else:
            said[found["name"]] = value
    if wrong:
        which = f"line{'s' if len(wrong) > 1 else ''} {', '.join(map(str, wrong))}"
        raise SettingError(file, f"is not understood in {which}: write NAME=value, or # before a comment")
    return said


def _value(text: str) -> str | None:
    """What stands behind the `=`; None for a quote that is not closed at the end."""
    if text.lstrip().startswith(("'", '"')):
        found = _QUOTED.fullmatch(text)
        if found is None:
            return None
        return found["plain"] if found["plain"] is not None else _ESCAPE.sub(r"\1", found["escaped"])
    return _COMMENT.sub("", text).strip()


def _read(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as exc:
        raise SettingError("ENV_FILE", f"names a file that cannot be read ({exc.strerror})") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise SettingError(str(file), f"is not UTF-8 in line {line}: save it as UTF-8") from None
