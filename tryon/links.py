"""Which addresses of pictures are passed on to the gateway. Nothing here, or anywhere else, fetches them."""

import ipaddress
import re
from urllib.parse import urlsplit

from tryon.gateway.public import may_be_public

LONGEST = 2000  # characters


class BadLink(ValueError):
    """The address cannot be passed on; the text is a sentence for the user."""


def checked(address: str) -> str:
    """The address as it is passed on: public https without a password in it. Raises BadLink."""
    address = address.strip()
    if len(address) > LONGEST:
        raise BadLink(f"The address must be shorter than {LONGEST} characters")
    if re.search(r"[\x00-\x20\x7f\\\"<>^`{|}]", address):
        raise BadLink("The address of the picture has a character that no address has")
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode().lower().rstrip(".")
        port = parts.port
    except ValueError as exc:
        raise BadLink("We could not read this address. Copy it from the browser again") from exc
    if parts.scheme.lower() != "https" or not host:
        raise BadLink("The address of the picture must begin with https://")
    if parts.username is not None or parts.password is not None:
        raise BadLink("The address must not carry a name or a password")
    if not _is_public(host):
        raise BadLink("The address must be one that everybody can open, as on a shop's page")
    passed_on = parts._replace(
        scheme="https", netloc=host if port in (None, 443) else f"{host}:{port}", fragment=""
    )
    return passed_on.geturl()


def _is_public(host: str) -> bool:
    """By its form alone: the full name of a host, and no address in figures."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return may_be_public(host)
    return False
