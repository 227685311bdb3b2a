"""What holds for whole pages of accounts: how often a form may be sent, and that mail is sent at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from tryon.accounts.rate_limits import (
    note_account,
    seconds_to_next_account,
    seconds_to_next_post,
    set_browser_cookie,
)
from tryon.web.too_many import too_many

# Forms that make accounts or have mails sent: so often an hour by one client address.
POSTS_PER_HOUR = {
    "account_signup": 100,
    "account_reset_password": 10,
    "account_email": 20,
    "account_name": 20,
}
BY_MAIL = {
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_mails",
}


class AccountRoutesMiddleware:
    """404 in words for pages that live by mail where none is sent; 429 for a form that is sent too often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        set_browser_cookie(request, response)
        if _signs_up(request) and response.status_code == 302:
            note_account(request)
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in BY_MAIL and not settings.SENDS_MAIL:
            return render(request, "account/no_mail.html", status=404)
        if request.method == "POST" and name in POSTS_PER_HOUR:
            wait = seconds_to_next_post(request, name, POSTS_PER_HOUR[name])
            wait = wait or (_signs_up(request) and seconds_to_next_account(request))
            return too_many(request, wait) if wait else None
        return None


def _signs_up(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.method == "POST" and match is not None and match.url_name == "account_signup"
