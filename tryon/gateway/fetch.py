"""Bring home a picture that was answered as an address. The address is a stranger's word.

Nothing of ours goes along: no key, no cookie. Asking again costs nothing, so there are two outcomes
only: `Unreachable` for what another try may mend, `Rejected` for what none will.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import httpcore
import httpx

from gallery.pictures import MADE_BYTES
from tryon.gateway import deadline, spool
from tryon.gateway.errors import Rejected, Unreachable
from tryon.gateway.ssrf_guard import PublicOnlyBackend, Resolver
from tryon.gateway.transport import DeadlineTransport, proxy_url
from tryon.rules.image_urls import HTTPS_PORTS, host_may_be_public

PICTURE_BYTES = MADE_BYTES  # what is kept of a made picture, wherever it comes from
CONNECT_SECONDS = 10.0
# Unpacking could make gigabytes of a few bytes, and a picture hardly shrinks.
HEADERS = {"accept": "image/*", "accept-encoding": "identity", "user-agent": "tryon"}


def fetch(
    url: str,
    file: Path,
    seconds: float,
    *,
    home: httpx.URL,
    resolve: Resolver,
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Write the picture at `url` to `file`; an address at the origin of `home` is trusted as it is.

    Raises Unreachable or Rejected, with nothing left on disk.
    """
    source = _parse(url)
    trusted = _origin(source) == _origin(home)
    if not trusted:
        _require_public(source)
    with _typed_errors(), deadline.within(seconds), spool.atomic_write(file) as out:
        _download(transport or _transport(source, trusted, resolve), source, seconds, out)


def _parse(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address.strip())
        url.host  # noqa: B018 - decodes the name: "xn--" may stand before what is none
    except (httpx.InvalidURL, ValueError) as exc:
        raise Rejected("the address of a picture cannot be read") from exc
    if url.userinfo:
        raise Rejected("the address of a picture carries a name or a password")
    if url.port is not None and not 0 < url.port < 65536:
        raise Rejected("the address of a picture has a port that is none")
    return url


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _require_public(url: httpx.URL) -> None:
    if url.scheme != "https":
        raise Rejected("the address of a picture does not begin with https://")
    if url.port not in (None, *HTTPS_PORTS):
        raise Rejected("the address of a picture has a port where no pictures are served")
    if not host_may_be_public(url.raw_host.decode("ascii")):
        raise Rejected("the address of a picture names a host that is not public")


def _transport(url: httpx.URL, trusted: bool, resolve: Resolver) -> httpx.BaseTransport:
    try:
        if trusted or proxy_url(url):
            return DeadlineTransport(url)
        return DeadlineTransport(url, backend=PublicOnlyBackend(httpcore.SyncBackend(), resolve))
    except ValueError as exc:  # the operator's proxy or certificates: mended by them, and not by this address
        raise Unreachable(str(exc)) from exc


def _download(transport: httpx.BaseTransport, url: httpx.URL, seconds: float, out: BinaryIO) -> None:
    timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    # Not through a client: it would keep cookies, read credentials of the machine and look at redirects.
    request = httpx.Request("GET", url, headers=HEADERS, extensions={"timeout": timeout.as_dict()})
    with transport, closing(transport.handle_request(request)) as response:
        _check_answer(response)
        for block in response.iter_bytes():
            out.write(block)
            if out.tell() > PICTURE_BYTES:  # it may send more than it said
                raise Rejected("the picture is too large", http_status=200)
    if not out.tell():
        raise Unreachable("the picture is empty", http_status=200)


def _check_answer(response: httpx.Response) -> None:
    status = response.status_code
    if status != 200:  # a store that copies a picture behind its address answers anything until it is there
        raise Unreachable("the picture is not to be had now", http_status=status)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Rejected("the picture came packed", http_status=status)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > PICTURE_BYTES:
        raise Rejected("the picture is too large", http_status=status)


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as exc:
        raise Unreachable(f"{type(exc).__name__}: {exc}") from exc
    except OSError as exc:
        raise Unreachable(f"the picture could not be kept ({exc})") from exc
