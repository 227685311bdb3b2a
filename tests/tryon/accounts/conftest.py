from __future__ import annotations

import pytest


@pytest.fixture
def without_mail(settings) -> None:
    """A site that has no mail server."""
    settings.SENDS_MAIL = settings.ACCOUNT_EMAIL_NOTIFICATIONS = False
    settings.ACCOUNT_PREVENT_ENUMERATION = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
