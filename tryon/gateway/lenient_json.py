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


def parse(document: Document) -> dict[str, Node]:
    """The object that the document begins with; BrokenAnswer where it is none, or is cut off."""
    begin = _BEGIN.match(document)
    if begin is None:
        raise BrokenAnswer("the answer is no JSON object")
    tree = _Tree(document)
    for kind, start, end in itertools.islice(_tokens(document, begin.end()), MOST_TOKENS):
        if (whole := tree.take(kind, start, end)) is not None:
            return whole
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


class _Tree:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._open: list[_Open] = []

    def take(self, kind: str, start: int, end: int) -> dict[str, Node] | None:
        """The next token; the outermost object, once it closes."""
        sign = self._document[start : min(end, start + LONGEST_SCALAR)]
        match kind:
            case "open":
                self._begin(b"}" if sign == b"{" else b"]")
            case "close":
                return self._end(sign)
            case "colon":
                self._name()
            case "string":
                self._open[-1].add(String(start, end))
            case _:
                self._open[-1].add(sign.decode(errors="replace"))
        return None

    def _begin(self, closes_with: bytes) -> None:
        inner = _Open(closes_with)
        if self._open and len(self._open) <= DEEPEST:
            self._open[-1].add(inner.kept)
        self._open.append(inner)

    def _end(self, sign: bytes) -> dict[str, Node] | None:
        inner = self._open.pop()
        if sign != inner.closes_with:
            raise BrokenAnswer("the answer closes what it has not opened")
        if self._open or not isinstance(inner.kept, dict):
            return None
        return inner.kept

    def _name(self) -> None:
        """What stood before a colon was a key."""
        inner = self._open[-1]
        if isinstance(inner.last, String):
            inner.key = inner.last.text(self._document)
