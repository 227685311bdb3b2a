"""Connections bound by the clock of their exchange, through the operator's proxy where there is one."""

import urllib.request

import httpcore
import httpx

from tryon.gateway import deadline
from tryon.gateway.tls import ssl_context


def transport(
    where: httpx.URL, *, keep: int = 0, backend: httpcore.NetworkBackend | None = None
) -> httpx.HTTPTransport:
    """Connections to `where`, of which `keep` stay open between exchanges; without a limit on their number.

    `backend` opens them in place of the usual one.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=keep, keepalive_expiry=60)
    made = httpx.HTTPTransport(verify=ssl_context(), limits=limits, proxy=proxy(where))
    pool = made._pool
    pool._network_backend = deadline.TimedBackend(backend or pool._network_backend)
    return made


def proxy(where: httpx.URL) -> str | None:
    """The proxy that the environment names for `where`."""
    # httpx looks for the operator's proxy only where it makes the transport itself.
    if where.host in ("localhost", "127.0.0.1", "::1") or urllib.request.proxy_bypass(where.host):
        return None
    proxies = urllib.request.getproxies()
    named = proxies.get(where.scheme) or proxies.get("all")
    return named if not named or "://" in named else f"http://{named}"
