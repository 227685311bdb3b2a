"""The guard against server-side request forgery (SSRF): connections that go to public addresses alone.

A name is looked up once, all its addresses are judged, and the connection goes to one of them: a second
look-up could answer something else.
"""

import socket
from collections.abc import Callable, Sequence
from typing import Any

import httpcore

from tryon.gateway import deadline
from tryon.gateway.errors import Rejected
from tryon.rules.image_urls import is_public_ip

Resolver = Callable[[str, int], Sequence[str]]  # host and port in, IP addresses out; OSError where none


def system_resolver(host: str, port: int) -> list[str]:
    """The IP addresses of a host as this machine sees them, the best first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicOnlyBackend(httpcore.NetworkBackend):
    """Connects to public addresses alone, and to the very one that was judged; `Rejected` for others."""

    def __init__(self, inner: httpcore.NetworkBackend, resolve: Resolver) -> None:
        self._inner = inner
        self._resolve = resolve

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._public_addresses(host, port):
            if deadline.left() <= 0:
                break
            try:
                return self._inner.connect_tcp(address, port, *args, **kwargs)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure

    def _public_addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except UnicodeError as exc:  # a part of the name is too long, or empty
            raise Rejected("the address of a picture names a host that is none") from exc
        except OSError as exc:
            raise httpcore.ConnectError(f"the name was not found ({exc})") from exc
        # One private address among public ones is no slip: whoever answers so may choose which is used.
        if not all(is_public_ip(address) for address in addresses):
            raise Rejected("the address of a picture leads to a host that is not public")
        return addresses
