"""Errors told to Sentry, where a DSN is set: what broke and where, never whose, with what, or a secret.

Imported by the settings only then, before anything else of Django.
"""

from __future__ import annotations

from typing import Any

import sentry_sdk
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event, Hint

from tryon.operations.redaction import redact_all

KEPT_OF_A_REQUEST = ("method", "url")


def begin(dsn: str, release: str, transport: type[Transport] | None = None) -> None:
    """Listen to errors of requests and tasks; no traces, no bodies, no local variables, nobody's data."""
    sentry_sdk.init(
        dsn=dsn,
        release=release,
        transport=transport,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=bare,
        before_breadcrumb=lambda crumb, hint: redact_all(crumb),
    )


def bare(event: Event, hint: Hint | None = None) -> Event:
    """An event without cookies, headers, query, body and user; secrets are hidden in all the rest."""
    told: Any = dict(event)
    told.pop("user", None)
    if request := told.get("request"):
        told["request"] = {name: request[name] for name in KEPT_OF_A_REQUEST if name in request}
        told["request"]["url"] = str(told["request"].get("url", "")).partition("?")[0]
    cleaned: Event = redact_all(told)
    return cleaned
