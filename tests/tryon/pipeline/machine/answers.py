"""What the gateway may say to a call for pictures, or to an upload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """`status` 0 is a line that breaks, and without `type` an error is a page of somebody in between.

    `made` pictures are more or fewer than asked for, and billed where there are any. `whole` False breaks
    the line amid the body. `upload` is the status that an upload gets instead; 0 where it cannot connect.
    """

    name: str
    status: int = 200
    type: str = ""
    made: int | None = None  # None: exactly what was asked for
    can_be_opened: bool = True
    whole: bool = True
    retry_after: str = ""
    upload: int = 200

    def __repr__(self) -> str:
        return self.name

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As Hypothesis prints it."""
        printer.text(self.name)

    def pictures(self, asked: int) -> int:
        return asked if self.made is None else max(0, asked + self.made)


NOTHING = -9  # fewer than any call asks for


def _error(status: int, kind: str, *, billed: bool = False, **more: str) -> Answer:
    name = f"{status} {kind or 'page'}{', billed' if billed else ''}{''.join(more.values())}"
    return Answer(name, status, kind, None if billed else NOTHING, **more)


PICTURES = Answer("pictures")
ANSWERS = (
    PICTURES,
    Answer("one fewer", made=-1),
    Answer("one more", made=1),
    Answer("no picture", made=NOTHING),
    Answer("not a picture", can_be_opened=False),
    Answer("half an answer", whole=False),
    Answer("no connection", 0, "connect", NOTHING),
    Answer("silence", 0, "read", NOTHING),
    Answer("silence, billed", 0, "read"),
    _error(400, "invalid_request"),
    _error(400, "file_gone"),
    _error(401, "auth_error"),
    _error(402, "insufficient_balance"),
    _error(403, "forbidden"),
    _error(403, ""),
    _error(404, "model_not_found"),
    _error(404, ""),
    _error(410, "model_retired"),
    _error(413, "request_too_large"),
    _error(429, "rate_limit_exceeded"),
    _error(429, "rate_limit_exceeded", retry_after="7"),
    _error(503, "provider_unavailable"),
    _error(503, "", billed=True),
    _error(500, "internal_error"),
    _error(500, "internal_error", billed=True),
    _error(502, "provider_error", billed=True),
    _error(502, "", billed=True),
    _error(504, "timeout", billed=True),
    _error(302, "", billed=True),
)
UPLOADS = tuple(Answer(f"upload: {status}", upload=status) for status in (0, 400, 401, 413, 429, 500, 503))
