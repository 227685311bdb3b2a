"""JSON as it really comes: whole is an object whose outermost brace closes, whatever stands inside or behind.

The standard library refuses a whole answer for one wrong escape, a trailing comma or a number that is none,
and copies each string; a picture in it was paid for. Here nothing is copied, and strings are places in the
document until somebody asks for their text.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from mmap import mmap

MOST_TOKENS = 1_000_000  # signs, strings and numbers: far more than any answer has, far less than memory
DEEPEST = 12  # levels that are kept; what lies deeper is walked through
LONGEST_TEXT = 16 * 1024  # bytes kept of a text
LONGEST_SCALAR = 40  # and of a number

Document = bytes | mmap

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?=\{)")
_TOKEN = re.compile(
    rb"(?P<quote>\")|(?P<open>[{\[])|(?P<close>[}\]])|(?P<colon>:)|(?P<scalar>[^\s,:\"{}\[\]]++)"
)


class BrokenAnswer(ValueError):
    """The document is not a whole object."""


@dataclass(frozen=True, slots=True)
class String:
    """A string in the document, not read yet: its bytes between the quotes are `document[start:end]`."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def raw(self, document: Document) -> bytes:
        return document[self.start : self.end]

    def text(self, document: Document) -> str:
        """Its text, cut at about LONGEST_TEXT bytes, fit for any database."""
        string = document[self.start : min(self.end, self.start + LONGEST_TEXT)].decode(errors="replace")
        # A wrong escape in some words must not cost the pictures beside them: such words stay as they came.
        with suppress(ValueError):
            string = json.loads(f'"{string}"', strict=False)
        # Half a surrogate pair and NUL are legal in JSON and refused by databases.
        return string.replace("\0", "").encode(errors="replace").decode()


# A scalar (number, true, NaN …) stays as it is written.
Node = dict[str, "Node"] | list["Node"] | String | str


class _Open:
    """An object or a list that has not closed yet."""

    def __init__(self, closes_with: bytes) -> None:
        self.closes_with = closes_with
        self.kept: dict[str, Node] | list[Node] = {} if closes_with == b"}" else []
        self.key: str | None = None
        self.last: Node = ""

    def add(self, node: Node) -> None:
        if isinstance(self.kept, list):
            self.kept.append(node)
        elif self.key is not None:
            self.kept.setdefault(self.key, node)
            self.key = None
        self.last = node

    def name(self, document: Document) -> None:
        """What stood before a colon was a key."""
        if isinstance(self.last, String):
            self.key = self.last.text(document)


def parse(document: Document) -> dict[str, Node]:
    """The object that the document begins with; BrokenAnswer where it is none, or is cut off."""
    begin = _BEGIN.match(document)
    if begin is None:
        raise BrokenAnswer("the answer is no JSON object")
    around: list[_Open] = []  # what has opened and not closed yet, the outermost first
    for kind, start, end in itertools.islice(_tokens(document, begin.end()), MOST_TOKENS):
        sign = document[start : min(end, start + LONGEST_SCALAR)]
        if kind == "open":
            inner = _Open(b"}" if sign == b"{" else b"]")
            if 0 < len(around) <= DEEPEST:
                around[-1].add(inner.kept)
            around.append(inner)
        elif kind == "close":
            closed = around.pop()
            if sign != closed.closes_with:
                raise BrokenAnswer("the answer closes what it has not opened")
            if not around and isinstance(closed.kept, dict):
                return closed.kept
        elif kind == "colon":
            around[-1].name(document)
        else:
            around[-1].add(String(start, end) if kind == "string" else sign.decode(errors="replace"))
    raise BrokenAnswer("the answer is cut off")


def _tokens(document: Document, at: int) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of all that has a meaning; of a string what stands between its quotes."""
    while token := _TOKEN.search(document, at):
        kind, start, at = str(token.lastgroup), token.start(), token.end()
        if kind != "quote":
            yield kind, start, at
            continue
        end = _closing_quote(document, at)
        if end < 0:
            return
        yield "string", at, end
        at = end + 1


def _closing_quote(document: Document, start: int) -> int:
    """Where a string ends; -1 when it does not. By searching: a regular expression is 20 times slower."""
    at = start
    while (end := document.find(b'"', at)) >= 0:
        first = end
        while first > start and document[first - 1 : first] == b"\\":
            first -= 1
        if (end - first) % 2 == 0:
            return end
        at = end + 1
    return -1
