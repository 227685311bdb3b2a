"""The page of an account's e-mail address."""

from __future__ import annotations

from allauth.account.views import EmailView
from django.http import HttpRequest


class AddressView(EmailView):  # type: ignore[misc]
    """allauth's, but that no address is put into use by a button: its proof does that."""

    def _action_primary(self, request: HttpRequest) -> None:
        return None


address = AddressView.as_view()
