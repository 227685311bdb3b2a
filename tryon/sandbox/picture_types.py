"""Which kind of picture some bytes are, by their first bytes alone."""

from tryon.sandbox.errors import bad_value

# The real gateway says "20 MB"; this one reads it as mebibytes.
FILE_LIMIT = 20 * 1024 * 1024
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic")
HEIC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))


def sniff(data: bytes) -> str | None:
    """A member of `PICTURES`, or None."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/heic" if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS else None


def check_mime_type(data: bytes, said: str | None, param: str) -> str:
    """The mime type, when it is allowed and the bytes agree with it. Raises RefusedError (400)."""
    found = sniff(data)
    if found is None:
        raise bad_value(f"the bytes are none of {', '.join(PICTURES)}", param=param)
    if found != said:
        raise bad_value(f"the bytes are {found}, the content type says {said}", param=param)
    return found
