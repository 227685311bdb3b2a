"""Where the log-in meets visitors: what a guest made stays theirs when they sign up or log in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest

from tryon.accounts.current_user import guest_from_cookie
from tryon.accounts.models import User
from tryon.models import Site
from tryon.pipeline.guest_merge import merge_guest_into_account


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return str(settings.SIGNUP) == "open"

    def new_user(self, request: HttpRequest) -> User:
        """The visitor's own row where there is one, so that signing up changes nobody's pictures."""
        guest = guest_from_cookie(request)
        if guest is None:
            return User()
        guest.become_account()
        return guest

    def login(self, request: HttpRequest, user: User) -> None:
        """Take along what was made in this browser before the log-in."""
        super().login(request, user)
        guest = guest_from_cookie(request)
        if guest is not None and guest.pk != user.pk:
            merge_guest_into_account(guest, user)

    def get_from_email(self) -> str:
        return Site.objects.current().from_email

    def format_email_subject(self, subject: str) -> str:
        return f"[{Site.objects.current().title}] {subject}"

    def render_mail(
        self, template_prefix: str, email: Any, context: Any, headers: Any = None
    ) -> EmailMessage:
        """With the shop's name for that of the host, and answers going to its contact."""
        site = Site.objects.current()
        if "current_site" in context:
            context["current_site"].name = site.title
        message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        message.reply_to = [site.contact_email] if site.contact_email else []
        return message
