"""Which addresses are public, and connections that go to no other.

A name is looked up once, all its addresses are judged, and the connection goes to one of them: a second
look-up could answer something else.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence

import httpcore

from tryon.gateway import deadline
from tryon.gateway.verdict import Rejected

Resolver = Callable[[str, int], Sequence[str]]  # host and port in, IP addresses out; OSError where none

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
PRIVATE_ENDINGS = frozenset({
    "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost",
    "onion", "private", "test",
})  # fmt: skip
LONGEST_NAME = 253
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def is_public(address: str) -> bool:
    """Whether this IP address is one of the open internet, and hides none that is not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        hidden = _hidden(found)
        if hidden is not None:
            return _is_global(hidden)
        return found in GLOBAL_UNICAST and _is_global(found)
    return _is_global(found)


def _is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if any(address in network for network in NOT_GLOBAL):
        return False
    return address.is_global and not address.is_multicast


def _hidden(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway on the way would turn this one into."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def may_be_public(host: str) -> bool:
    """Whether a host, in small letters, could be public by its form alone: an IP address or a full name.

    A name that ends in a number is an address in disguise (`127.1`, `0x7f.1`, `2130706433`).
    """
    host = host.removesuffix(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        ending = host.rpartition(".")[2]
        return (
            len(host) <= LONGEST_NAME
            and _NAME.fullmatch(host) is not None
            and _NUMBER.fullmatch(ending) is None
            and ending not in PRIVATE_ENDINGS
        )
    return is_public(host)


def look_up(host: str, port: int) -> list[str]:
    """The IP addresses of a host as this machine sees them, the best first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicBackend(httpcore.NetworkBackend):
    """Connects to public addresses alone, and to the very one that was judged; `Rejected` for others."""

    def __init__(self, inner: httpcore.NetworkBackend, resolve: Resolver) -> None:
        self._inner = inner
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._judged(host, port):
            if deadline.left() <= 0:
                break
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure

    def _judged(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except OSError as exc:
            raise httpcore.ConnectError(f"the name was not found ({exc})") from exc
        # One private address among public ones is no slip: whoever answers so may choose which is used.
        if not all(is_public(address) for address in addresses):
            raise Rejected("the address of a picture leads to a host that is not public")
        return addresses
