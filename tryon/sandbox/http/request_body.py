"""Request bodies off the wire: with a length or in chunks, never more than the limit in memory."""

from email.message import Message
from io import BufferedIOBase

from tryon.sandbox.errors import RefusedError

# What is too large is still read and thrown away up to here, so that the client can finish sending and
# read the answer; beyond it the connection is closed.
PATIENCE = 256 * 1024 * 1024
BLOCK = 64 * 1024


class CutOffError(Exception):
    """The client went away, or its framing makes no sense: there is nobody to answer."""


def read_body(source: BufferedIOBase, headers: Message, limit: int) -> bytes:
    """Raises RefusedError (413) or CutOffError."""
    try:
        return _read(source, headers, limit)
    except OSError as exc:
        raise CutOffError from exc


def _read(source: BufferedIOBase, headers: Message, limit: int) -> bytes:
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return _read_chunks(source, limit)
    length = headers.get("Content-Length", "0").strip()
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise CutOffError
    return _read_exactly(source, int(length), limit)


def _read_exactly(source: BufferedIOBase, length: int, limit: int) -> bytes:
    if length > limit:
        _throw_away(source, length)
        raise too_large(limit)
    body = source.read(length)
    if len(body) < length:
        raise CutOffError
    return body


def _throw_away(source: BufferedIOBase, length: int) -> None:
    if length > PATIENCE:
        raise CutOffError
    while length:
        block = source.read(min(length, BLOCK))
        if not block:
            raise CutOffError
        length -= len(block)


def _read_chunks(source: BufferedIOBase, limit: int) -> bytes:
    body, seen = bytearray(), 0
    while size := _chunk_size(source.readline(1024)):
        seen += size
        if seen > limit:
            body.clear()
            _throw_away(source, size if seen <= PATIENCE else PATIENCE + 1)
        else:
            body += _read_exactly(source, size, limit)
        source.readline(3)
    while source.readline(BLOCK).strip():
        pass  # trailers
    if seen > limit:
        raise too_large(limit)
    return bytes(body)


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError as exc:
        raise CutOffError from exc


def too_large(limit: int) -> RefusedError:
    return RefusedError(413, "request_too_large", f"at most {limit // (1024 * 1024)} MB may be sent here")
