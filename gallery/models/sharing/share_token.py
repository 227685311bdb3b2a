"""The secret in the address of a share link: made, kept as a digest, found in what chats make of it."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # TOKEN_BYTES in base64


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> str:
    """What the database keeps of a share token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def token_in(address: str) -> str:
    """The token in what stands behind `/s/`; the text as it is where there is none.

    Chats take into a link what stands around it (a full stop, a quotation mark, a word), put characters
    without width and backslashes into it, and make a finer dash of a hyphen.
    """
    seen = "".join(map(_as_made, address))
    found = _TOKEN.search(seen)
    return found[0] if found else address


def _as_made(letter: str) -> str:
    """A letter of a link as it was before a chat wrote it its own way."""
    kind = unicodedata.category(letter)
    return "" if kind == "Cf" or letter == "\\" else "-" if kind == "Pd" or letter == "\u2212" else letter
