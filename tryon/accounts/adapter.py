"""Where the log-in meets visitors: what a guest made stays theirs when they sign up or log in."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from tryon.accounts.middleware import guest_of
from tryon.accounts.models import User
from tryon.belongings import move_belongings


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return str(settings.SIGNUP) == "open"

    def new_user(self, request: HttpRequest) -> User:
        """The visitor's own row where there is one, so that signing up changes nobody's pictures."""
        guest = guest_of(request)
        if guest is None:
            return User()
        guest.become_account()
        return guest

    def login(self, request: HttpRequest, user: User) -> None:
        """Take along what was made in this browser before the log-in."""
        super().login(request, user)
        guest = guest_of(request)
        if guest is not None and guest.pk != user.pk:
            move_belongings(guest, user)
