"""The transport below httpx: connections bound by the deadline of their exchange, through a proxy if need be.

httpx's own transport lets nobody say what opens its connections; the pool of httpcore below it does.
"""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import httpx
import socksio

from tryon.gateway import deadline
from tryon.gateway.tls import ssl_context

KEEPALIVE_SECONDS = 60.0


class DeadlineTransport(httpx.BaseTransport):
    """Connections to the origin of `url`, of which `keep` stay open between exchanges; any number at once.

    `backend` opens them in place of the usual one. ValueError for a proxy that cannot be used.
    """

    def __init__(
        self, url: httpx.URL, *, keep: int = 0, backend: httpcore.NetworkBackend | None = None
    ) -> None:
        self._backend = deadline.TimedBackend(backend or httpcore.SyncBackend())
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context() if url.scheme == "https" else None,
            proxy=_proxy(url),
            max_connections=None,
            max_keepalive_connections=keep,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=self._backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = httpcore.Request(
            request.method,
            _httpcore_url(request.url),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        self._backend.forget()
        with _httpx_errors():
            try:
                response = self._pool.handle_request(sent)
            except Exception:
                self._backend.abandon()  # httpcore forgets, open, the line to a SOCKS proxy that refuses
                raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def proxy_url(url: httpx.URL) -> str | None:
    """The proxy that the environment names for `url`."""
    # httpx looks for the operator's proxy only where it makes the transport itself.
    if url.host in ("localhost", "127.0.0.1", "::1") or urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    return named if not named or "://" in named else f"http://{named}"


def require_reachable(url: httpx.URL) -> None:
    """ValueError where a socket would raise no OSError: a host that is no name, a port that is none."""
    url.host.encode("idna")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError("a port that is none")


def _proxy(url: httpx.URL) -> httpcore.Proxy | None:
    named = proxy_url(url)
    if not named:
        return None
    try:
        proxy = httpx.Proxy(named)  # takes name and password out of the address
        require_reachable(proxy.url)
    except (httpx.InvalidURL, ValueError):  # which quote the address, and so its password
        proxy = None
    if proxy is None or not proxy.url.host:
        raise ValueError(
            "the proxy in the environment must begin with http://, https://, socks5:// or socks5h://"
        ) from None
    return httpcore.Proxy(_httpcore_url(proxy.url), auth=proxy.raw_auth)


def _httpcore_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


# Each family of httpcore's errors; httpx has an error of the same name for every one in it.
_HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ProtocolError,
)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """Raise httpcore's errors as httpx's of the same name, as httpx does in a transport of its own."""
    try:
        yield
    except socksio.ProtocolError as exc:
        # While the proxy is asked for the connection, before anything is sent; httpcore lets it through.
        raise httpx.ProxyError(f"the SOCKS proxy: {exc}") from exc
    except _HTTPCORE_ERRORS as exc:
        same: type[httpx.TransportError] = getattr(httpx, type(exc).__name__)
        raise same(str(exc)) from exc
