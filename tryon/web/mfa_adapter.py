"""What is ours in the second factor: its words, the shop's name, and secrets that its rows keep."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tryon.models import Site


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_generate_recovery_codes": _("Set up an app or a passkey first."),
        "incorrect_code": _("This code is not right, or was used before. Wait for the next one."),
    }

    def _get_site_name(self) -> str:
        return Site.objects.current().title

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return gettext("Passkey")

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Under another SECRET_KEY a secret that nobody knows: of an empty one all would know the codes."""
        with suppress(InvalidToken):
            return _cipher().decrypt(encrypted_text.encode()).decode()
        return str(generate_totp_secret())


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str | bytes) -> bytes:
    return salted_hmac("second factor", "", secret=key, algorithm="sha256").digest()
