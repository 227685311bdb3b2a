"""The gateway of this site, made from the settings; one client for a process."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from tryon.gateway import Gateway


def gateway_client() -> Gateway:
    return _client(settings.LLMTR_BASE_URL, settings.LLMTR_API_KEY)


@lru_cache(maxsize=4)
def _client(url: str, key: str) -> Gateway:
    return Gateway(url, key)
