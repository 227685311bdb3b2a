"""Where a request comes from: the address that our proxy names, or that of the connection."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

IPV6_PREFIX = 64  # bits: what one household gets; each of its machines has as many addresses as it likes
PRIVATE = "private"
UNKNOWN = ipaddress.IPv4Address(0)  # a socket file has no address

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> Address:
    """As CLIENT_IP_HEADER names it, else the connection's. Of a list the last, which our proxy wrote."""
    header = settings.CLIENT_IP_HEADER
    for text in (request.headers.get(header, "") if header else "", request.META.get("REMOTE_ADDR", "")):
        with suppress(ValueError):
            address = ipaddress.ip_address(text.rpartition(",")[2].strip())
            return getattr(address, "ipv4_mapped", None) or address
    return UNKNOWN


def address_name(request: HttpRequest) -> str:
    """Under what pictures are counted by address: its digest, with a word before that of a private network.

    Where most guests have one and the same of these, it is a proxy's that does not name theirs.
    """
    digest = address_digest(request)
    return digest if client_address(request).is_global else f"{PRIVATE} {digest}"


def address_digest(request: HttpRequest) -> str:
    """By what a client address is counted: nobody reads the address out of it, nor can without our key."""
    address = client_address(request)
    prefix = IPV6_PREFIX if address.version == 6 else 32
    network = ipaddress.ip_network((address, prefix), strict=False)
    return salted_hmac("client address", str(network), algorithm="sha256").hexdigest()[:32]
