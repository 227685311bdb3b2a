"""The gateway of this site, made from the settings, and what a thread gives back before it waits for it."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.db import connection

from tryon.gateway import Gateway, UnusableGateway


def gateway_client() -> Gateway:
    """One client for a process: its connections are shared by all threads.

    Where the settings allow none, one that refuses every call: work is paused, and pages go on.
    """
    url, key = settings.LLMTR_BASE_URL, settings.LLMTR_API_KEY
    try:
        return _client(url, key)
    except ValueError as exc:
        return UnusableGateway(url, key, str(exc))


@lru_cache(maxsize=4)
def _client(url: str, key: str) -> Gateway:
    return Gateway(url, key)


def what_is_wrong() -> str:
    """Why no client can be built from the settings, as the client itself puts it; "" when one can."""
    client = gateway_client()
    return client.why if isinstance(client, UnusableGateway) else ""


def release_connection() -> None:
    """Give the database connection back before this thread waits: for the gateway, a picture, or more work.

    64 threads of a worker may wait for minutes at once, and must not hold 64 connections. The next query
    takes one again. Never inside a transaction.
    """
    connection.close()
