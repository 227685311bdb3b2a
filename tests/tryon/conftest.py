"""What goes wrong at the sandbox gateway, and what it charged; a mail server, and what it was given."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from aiosmtpd.controller import Controller

from tests.live import WITH_KEY
from tests.tryon.mailing import Inbox, free_port


@pytest.fixture
def fault(gateway):
    """Order a fault for the next call to generations."""

    def order(kind: str, on: str = "generations", **options) -> None:
        answer = httpx.post(f"{gateway.url}/_sandbox/faults", json=[{"on": on, "fault": kind, **options}])
        assert answer.is_success, answer.text

    return order


@pytest.fixture
def bill(gateway):
    return lambda: httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()


@pytest.fixture
def inbox(settings) -> Iterator[Inbox]:
    """A mail server on a socket, and the settings of a site that uses it."""
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_BACKEND = "tryon.pipeline.notifications.mails.QueueBackend"
    settings.DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield inbox
    server.stop()
