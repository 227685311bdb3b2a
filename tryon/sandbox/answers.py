"""Answers as pieces, so that a picture is encoded while it is sent and never copied whole."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tryon.sandbox.errors import RefusedError, envelope

# A multiple of three, so that the base64 of the parts is the base64 of the whole.
SLICE = 3 * 64 * 1024


@dataclass(frozen=True)
class Base64:
    """A picture that will be sent as base64."""

    picture: bytes

    def __len__(self) -> int:
        return 4 * ((len(self.picture) + 2) // 3)

    def blocks(self) -> Iterator[bytes]:
        view = memoryview(self.picture)
        for start in range(0, len(view), SLICE):
            yield base64.b64encode(view[start : start + SLICE])


Piece = bytes | Base64


@dataclass(frozen=True)
class Answer:
    """What is sent, and how: `wait` seconds of silence first, `cut_at` bytes of the body and then no more,
    `rate` in bytes a second, `dropped` for no answer at all. `delivered` is the word for the bill when the
    whole of it went out; `bill` is the row that it pays."""

    status: int = 200
    body: tuple[Piece, ...] = ()
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut_at: int | None = None
    rate: float | None = None
    dropped: bool = False
    delivered: str = "ok"
    bill: int | None = None

    def __len__(self) -> int:
        return sum(len(piece) for piece in self.body)

    def blocks(self) -> Iterator[bytes]:
        for piece in self.body:
            if isinstance(piece, Base64):
                yield from piece.blocks()
            else:
                yield piece

    def whole(self) -> bytes:
        return b"".join(self.blocks())


def dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, (dumped(value),), headers=headers or {})


def refusal_answer(refusal: RefusedError) -> Answer:
    body = envelope(refusal.kind, refusal.message, refusal.details)
    allowed = refusal.details.get("allowed_methods")
    return json_answer(body, refusal.status, {"Allow": ", ".join(allowed)} if allowed else {})


def plain_entry(picture: bytes) -> tuple[Piece, ...]:
    """One member of a JSON object, its comma included."""
    return (b'"b64_json":"', Base64(picture), b'",')


def address_entry(url: str) -> tuple[Piece, ...]:
    """The same for a picture that is to be fetched."""
    return (b'"url":' + dumped(url) + b",",)


def pictures_answer(created: int, entries: Iterable[Sequence[Piece]], prompt: str) -> Answer:
    """`{"created", "data": [{…entry, "revised_prompt"}]}`."""
    body: list[Piece] = [b'{"created":%d,"data":[' % created]
    for number, entry in enumerate(entries):
        body += [b",{" if number else b"{", *entry, b'"revised_prompt":' + dumped(prompt) + b"}"]
    body.append(b"]}")
    return Answer(body=tuple(body))
