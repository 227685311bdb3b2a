"""Base64 as gateways write it: behind half a data URL, in lines, padded too much, too little or amid it."""

from __future__ import annotations

import binascii
import json
import re
from contextlib import suppress
from urllib.parse import unquote_to_bytes

PREFIX = 256  # bytes in which the comma of a data URL stands
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

_SPACE = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_ESCAPE = re.compile(rb'\\(?:u00([2-7][0-9a-fA-F])|([/"\\])|[nrtbf])')
_FROM_URLSAFE = bytes.maketrans(b"-_", b"+/")


def decode(raw: bytes) -> bytes | None:
    """The bytes behind a JSON string's raw content; None where it is not base64, or holds nothing."""
    text = _unescaped(raw)
    with suppress(binascii.Error):  # as it should be, which takes half the time
        return binascii.a2b_base64(text, strict_mode=True) or None
    text = _without_prefix(_without_space(text).strip(b"'\"")).translate(_FROM_URLSAFE)
    if text.translate(None, ALPHABET + b"="):
        return None
    try:
        # Whoever padded in between had encoded the pieces one by one.
        found = b"".join(_decoded(piece) for piece in text.split(b"="))
    except binascii.Error:
        return None
    return found or None


def _decoded(piece: bytes) -> bytes:
    missing = b"=" * (-len(piece) % 4)
    return binascii.a2b_base64(piece + missing if missing else piece)


def _without_space(text: bytes) -> bytes:
    if not text.isascii():
        text = _SPACE.sub("", text.decode(errors="replace")).encode()
    return text.translate(None, b" \t\r\n\f\v\0")


def _without_prefix(text: bytes) -> bytes:
    """Without `data:image/png;base64,`, in any case, or what is left of it: base64 has no such signs."""
    head = text[:PREFIX]
    cut = max(head.rfind(sign) for sign in (b",", b";", b":")) + 1
    if cut and head[cut - 1 : cut] != b"," and head[cut : cut + 6].lower() == b"base64":
        cut += 6
    rest = text[cut:] if cut else text
    return unquote_to_bytes(rest) if b"%" in rest else rest


def _unescaped(raw: bytes) -> bytes:
    """The text of a JSON string of any length, in UTF-8."""
    plain = raw.replace(b"\\/", b"/")  # which may stand in it a hundred thousand times
    if b"\\" not in plain:
        return plain
    try:
        return str(json.loads(b'"%b"' % raw, strict=False)).encode(errors="replace")
    except ValueError:
        return _ESCAPE.sub(_unescape, raw)


def _unescape(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else match[2] or b""
