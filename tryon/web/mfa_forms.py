"""allauth's forms of the second factor, where ours count tries and take each code once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, EditWebAuthnForm
from django.utils.translation import gettext_lazy as _

from tryon.accounts.current_user import note_second_factor
from tryon.accounts.models import RateLimit, User
from tryon.accounts.rate_limits import seconds_to_next_code
from tryon.web.account_forms import Plain
from tryon.web.too_many import too_many


class CodeForm(Plain, AuthenticateForm):  # type: ignore[misc]
    """A code of the app, or one of those for when it is lost."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric"}

    def clean_code(self) -> str:
        if wait := seconds_to_next_code(context.request, self.user):
            raise ImmediateHttpResponse(too_many(context.request, wait))
        self.cleaned_data["code"] = self.cleaned_data["code"].replace(" ", "")
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not _is_new(
            self.user, self.authenticator, code
        ):
            raise get_adapter().validation_error("incorrect_code")
        return code


def _is_new(user: User, authenticator: Authenticator, code: str) -> bool:
    """Whether this code opens for the first time, whichever process looks at it."""
    secret = get_adapter().decrypt(authenticator.data["secret"])
    counters = yield_hotp_counters_from_time()
    counter = next(each for each in counters if format_hotp_value(hotp_value(secret, each)) == code)
    over = (counter + app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
    ends_at = dt.datetime.fromtimestamp(over, dt.UTC)
    return RateLimit.objects.get_or_create(name=f"code used {user.pk} {counter}", ends_at=ends_at)[1]


class ActivateAppForm(Plain, ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("The code that the app shows")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        code: str = super().clean_code()
        note_second_factor(context.request, self.user)
        return code


class AddPasskeyForm(Plain, AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_field(self)

    def clean(self) -> Any:
        cleaned = super().clean()
        if cleaned.get("credential"):
            note_second_factor(context.request, self.user)
        return cleaned


class PasskeyForm(Plain, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class RenamePasskeyForm(Plain, EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_field(self)


def _name_field(form: Any) -> None:
    form.fields["name"].label = _("What you call it")
    form.fields["name"].help_text = _("Such as “Phone” or “Work laptop”, to tell several apart.")
    form.fields["name"].max_length = 40
