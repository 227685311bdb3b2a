"""Which addresses are public, and which addresses of pictures are passed on to the gateway.

Judged by their form alone: nothing here looks a name up or fetches anything.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from tryon.rules.sentences import gettext_noop as _
from tryon.rules.sentences import sentence

LONGEST_URL = 2000  # characters
LONGEST_HOST = 253
HTTPS_PORTS = (443, 8443)  # where shops serve pictures; behind other ports are doors of other kinds

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What older Pythons take for global: protocol assignments (a cloud keeps its keys there), 6to4's relay,
# documentation.
NOT_GLOBAL: tuple[_Network, ...] = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("3fff::/20"),
)
PRIVATE_TLDS = frozenset({
    "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost",
    "onion", "private", "test",
})  # fmt: skip
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class BadImageUrl(ValueError):
    """The address cannot be passed on; the text is a sentence for the user."""


def validate_image_url(url: str) -> str:
    """The address as it is passed on: public https without a password in it. Raises BadImageUrl."""
    url = url.strip()
    if len(url) > LONGEST_URL:
        raise BadImageUrl(sentence("The address must be shorter than %(most)s characters", most=LONGEST_URL))
    if re.search(r"[\x00-\x20\x7f\\\"<>^`{|}]", url):
        raise BadImageUrl(_("The address of the picture has a character that no address has"))
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode().lower().rstrip(".")
        port = parts.port
    except ValueError as exc:
        raise BadImageUrl(_("We could not read this address. Copy it from the browser again")) from exc
    if parts.scheme.lower() != "https" or not host:
        raise BadImageUrl(_("The address of the picture must begin with https://"))
    if parts.username is not None or parts.password is not None:
        raise BadImageUrl(_("The address must not carry a name or a password"))
    if port not in (None, *HTTPS_PORTS):
        raise BadImageUrl(_("The address must not name a port, unless it is 8443"))
    if _parse_ip(host) or not host_may_be_public(host):
        raise BadImageUrl(_("The address must be one that everybody can open, as on a shop's page"))
    passed_on = parts._replace(
        scheme="https", netloc=host if port in (None, 443) else f"{host}:{port}", fragment=""
    )
    return passed_on.geturl()


def host_may_be_public(host: str) -> bool:
    """Whether a host, in small letters, could be public by its form alone: an IP address or a full name.

    A name that ends in a number is an address in disguise (`127.1`, `0x7f.1`, `2130706433`).
    """
    host = host.removesuffix(".")
    if _parse_ip(host):
        return is_public_ip(host)
    tld = host.rpartition(".")[2]
    return (
        len(host) <= LONGEST_HOST
        and _NAME.fullmatch(host) is not None
        and _NUMBER.fullmatch(tld) is None
        and tld not in PRIVATE_TLDS
    )


def is_public_ip(address: str) -> bool:
    """Whether this IP address is one of the open internet, and hides none that is not."""
    ip = _parse_ip(address)
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = _embedded_ipv4(ip)
        return _is_global(embedded) if embedded else ip in GLOBAL_UNICAST and _is_global(ip)
    return ip is not None and _is_global(ip)


def _parse_ip(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_global(address: _Address) -> bool:
    if any(address in network for network in NOT_GLOBAL):
        return False
    return address.is_global and not address.is_multicast


def _embedded_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a router on the way would turn this one into."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
