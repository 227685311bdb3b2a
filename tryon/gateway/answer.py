"""Pictures, and words in their place, out of a spooled answer to `/v1/images/generations`.

`{"created": 1739200000, "data": [{"b64_json": "...", "revised_prompt": "..."}]}` is what the documents say;
what comes is read as generously as it can be without guessing: each picture in it was paid for.
"""

from __future__ import annotations

import mmap
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tryon.gateway import base64_text, lenient_json
from tryon.gateway.lenient_json import BrokenAnswer, Document, Node, String

__all__ = ["Answer", "AnsweredPicture", "BrokenAnswer", "is_whole", "read"]

PICTURE_KEYS = ("b64_json", "url")
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
LONG = 1000  # letters: a string like that which holds a picture is one, whatever its key
MOST_WORDS = 2000  # letters kept of what an answer says in place of pictures
WRAPPED = 4  # levels of `data` in `data`

_ADDRESS = re.compile(r"\s*https?:", re.IGNORECASE)
_SAFETY = re.compile(
    r"safety|moderat|polic(?:y|ies)|prohibited|blocked|blocklist|violat|nsfw|content.?filter|recitation"
    r"|sexual|explicit|not allowed|guideline",
    re.IGNORECASE,
)
_NO_PICTURE = re.compile(
    r"no.?(?:image|picture)|(?:image|picture) (?:was )?not"
    r"|(?:can(?:not|'t| not)|could(?: not|n't)|unable to|not able to) (?:\w+ ){1,4}(?:image|picture)",
    re.IGNORECASE,
)
# Decoding holds a picture's base64 three times: a few at once, however many calls are answered at once.
_seats = threading.BoundedSemaphore(os.cpu_count() or 1)


@dataclass
class AnsweredPicture:
    """One picture: bytes in `file`, or a `url` to fetch; neither when what came could not be decoded."""

    file: Path | None
    url: str | None
    revised_prompt: str


@dataclass
class Answer:
    """The pictures in the order they came; where none came, what the answer says instead.

    `error` is the gateway's error object, `words` is every other text in it, for staff.
    """

    pictures: list[AnsweredPicture]
    error: dict[str, Any] | None = None
    words: str = ""

    @property
    def says(self) -> str:
        """Of which kind the words are: `safety`, `no_picture` (there are none, or they say so) or `words`."""
        if is_about_safety(self.words):
            return "safety"
        return "words" if self.words and not _NO_PICTURE.search(self.words) else "no_picture"


def is_about_safety(words: str) -> bool:
    """Whether they say that the rules of the model or of its provider forbid a picture."""
    return _SAFETY.search(words) is not None


def is_whole(body: Path) -> bool:
    """Whether the file holds a JSON object from its first brace to its last, whatever follows."""
    try:
        with _opened(body) as document:
            lenient_json.parse(document)
    except BrokenAnswer:
        return False
    return True


def read(body: Path, into: Path) -> Answer:
    """Decode the answer in `body` to the files `into/0`, `into/1` …; raises BrokenAnswer."""
    into.mkdir(parents=True, exist_ok=True)
    with _seats, _opened(body) as document:
        return _Reader(document, into).read()


@contextmanager
def _opened(body: Path) -> Iterator[Document]:
    """The file's bytes, without a copy of them in memory."""
    with body.open("rb") as file:
        try:
            document = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as exc:
            raise BrokenAnswer("the answer is empty") from exc
        with document:
            yield document


class _Reader:
    def __init__(self, document: Document, into: Path) -> None:
        self._document = document
        self._into = into
        self._found = Answer([])

    def read(self) -> Answer:
        told = lenient_json.parse(self._document)
        for entry in _entries(told):
            self._keep(entry)
        if not self._found.pictures:
            self._keep_unnamed(told)
        if not self._found.pictures:
            self._found.error = self._error(told)
            self._found.words = self._words(told)
        return self._found

    def _keep(self, entry: dict[str, Node]) -> None:
        """One entry of `data`: whichever of its strings is a picture or leads to one."""
        said = {key: value for key in PICTURE_KEYS if isinstance(value := entry.get(key), String) and value}
        if not said:
            return
        picture = AnsweredPicture(None, None, self._text(entry.get("revised_prompt")))
        for key, value in said.items():
            self._take(picture, key, value)
        self._found.pictures.append(picture)

    def _take(self, picture: AnsweredPicture, key: str, value: String) -> None:
        """Base64 or an address, whichever key it stands under."""
        text = self._text(value)
        if _ADDRESS.match(text):
            picture.url = text.strip()
            return
        is_data = text.lstrip().lower().startswith("data:")
        if picture.file is None:
            picture.file = self._decoded(value, only_pictures=key == "url" and not is_data)
        if picture.file is None and key == "url" and not is_data:
            picture.url = text

    def _keep_unnamed(self, told: dict[str, Node]) -> None:
        """Pictures under keys that nobody has documented."""
        for _, value in _strings(told):
            if len(value) > LONG and (file := self._decoded(value, only_pictures=True)):
                self._found.pictures.append(AnsweredPicture(file, None, ""))

    def _decoded(self, value: String, *, only_pictures: bool = False) -> Path | None:
        content = base64_text.decode(value.raw(self._document))
        if content is None or (only_pictures and not content.startswith(MAGIC)):
            return None
        file = self._into / str(len(self._found.pictures))
        file.write_bytes(content)
        return file

    def _text(self, node: Node | None) -> str:
        return node.text(self._document) if isinstance(node, String) else ""

    def _error(self, told: dict[str, Node]) -> dict[str, Any] | None:
        error = told.get("error")
        if isinstance(error, String) and len(error):
            return {"message": self._text(error)}
        if not isinstance(error, dict):
            return None
        plain = self._plain(error)
        return plain if plain.get("message") or plain.get("type") or plain.get("code") else None

    def _plain(self, node: Node) -> Any:
        if isinstance(node, dict):
            return {key: self._plain(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self._plain(value) for value in node]
        return self._text(node) if isinstance(node, String) else node

    def _words(self, told: dict[str, Node]) -> str:
        said = (f"{key}: {self._text(value)}" for key, value in _strings(told) if 0 < len(value) <= LONG * 4)
        return "\n".join(said)[:MOST_WORDS]


def _entries(node: Node | None, level: int = 0) -> Iterator[dict[str, Node]]:
    """The objects that may hold a picture: of `data`, a list or one object, however often it is wrapped."""
    if isinstance(node, list):
        for item in node:
            yield from _entries(item, level)
    elif isinstance(node, dict):
        inner = node.get("data")
        if isinstance(inner, dict | list) and level < WRAPPED:
            yield from _entries(inner, level + 1)
        elif level:
            yield node


def _strings(node: Node, key: str = "") -> Iterator[tuple[str, String]]:
    """Every string with the key that it stands under, in the order they came."""
    if isinstance(node, String):
        yield key, node
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item, key)
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _strings(value, name)
