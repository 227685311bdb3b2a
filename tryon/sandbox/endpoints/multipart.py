"""multipart/form-data, as far as an upload needs it (RFC 7578)."""

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from tryon.sandbox.errors import bad_request

MOST_PARTS = 16


@dataclass(frozen=True)
class Part:
    """`filename` and `content_type` are None where the part does not say."""

    name: str
    filename: str | None
    content_type: str | None
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def read_multipart(content_type: str, body: bytes) -> list[Part]:
    """The parts in order. Raises RefusedError (400) for anything that is not a whole multipart body."""
    boundary = _boundary(content_type)
    delimiter = b"\r\n--" + boundary
    # The first delimiter has no line end before it; the slice gives it one.
    start = 0 if body.startswith(delimiter[2:]) else body.find(delimiter)
    if start < 0:
        raise bad_request("the multipart body has no part")
    at = start + len(boundary) + (2 if start == 0 else 4)
    parts: list[Part] = []
    while not body.startswith(b"--", at):
        end = body.find(delimiter, at)
        if end < 0 or len(parts) == MOST_PARTS:
            raise bad_request("the multipart body is cut short or has too many parts")
        parts.append(_part(body, body.find(b"\r\n", at) + 2, end))
        at = end + len(delimiter)
    return parts


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise bad_request("send the file as multipart/form-data")
    return boundary.encode("latin-1", "replace")


def _part(body: bytes, start: int, end: int) -> Part:
    # A part without headers begins with the empty line itself.
    blank = start - 2 if body.startswith(b"\r\n", start) else body.find(b"\r\n\r\n", start, end)
    if blank < 0:
        raise bad_request("a part of the multipart body has no headers")
    headers = HeaderParser().parsestr(body[start:blank].decode("utf-8", "replace"))
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise bad_request("a part of the multipart body has no name")
    content_type = headers.get_content_type() if "content-type" in headers else None
    return Part(name, headers.get_filename(), content_type, body[blank + 4 : end])
