"""Responses in chunks, so that a picture is encoded while it is sent and never copied whole."""

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


Chunk = bytes | Base64


@dataclass(frozen=True)
class Response:
    """What is sent, and how: `wait` seconds of silence first, `cut_at` bytes of the body and then no more,
    `rate` in bytes a second, `dropped` for no answer at all, `missing` bytes that are promised and never
    come, while the line is `held` open for so many seconds. `delivered` is the word for the bill when the
    whole of it went out; `bill` is the row that it pays."""

    status: int = 200
    body: tuple[Chunk, ...] = ()
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut_at: int | None = None
    rate: float | None = None
    missing: int = 0
    held: float = 0.0
    dropped: bool = False
    delivered: str = "ok"
    bill: int | None = None

    def __len__(self) -> int:
        return sum(len(chunk) for chunk in self.body)

    def blocks(self) -> Iterator[bytes]:
        for chunk in self.body:
            if isinstance(chunk, Base64):
                yield from chunk.blocks()
            else:
                yield chunk

    def whole(self) -> bytes:
        return b"".join(self.blocks())


def dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, (dumped(value),), headers=headers or {})


def error_response(refusal: RefusedError) -> Response:
    body = envelope(refusal.kind, refusal.message, refusal.details)
    allowed = refusal.details.get("allowed_methods")
    return json_response(body, refusal.status, {"Allow": ", ".join(allowed)} if allowed else {})


def base64_entry(picture: bytes) -> tuple[Chunk, ...]:
    """One member of a JSON object, its comma included."""
    return (b'"b64_json":"', Base64(picture), b'",')


def url_entry(url: str) -> tuple[Chunk, ...]:
    """The same for a picture that is to be fetched."""
    return (b'"url":' + dumped(url) + b",",)


def images_response(created: int, entries: Iterable[Sequence[Chunk]], prompt: str) -> Response:
    """`{"created", "data": [{…entry, "revised_prompt"}]}`."""
    body: list[Chunk] = [b'{"created":%d,"data":[' % created]
    for number, entry in enumerate(entries):
        body += [b",{" if number else b"{", *entry, b'"revised_prompt":' + dumped(prompt) + b"}"]
    body.append(b"]}")
    return Response(body=tuple(body))
