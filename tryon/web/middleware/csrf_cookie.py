"""The cookie against forged forms is set once: a page that sets a cookie is not kept for the Back button."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class CsrfCookieMiddleware:
    """Within Django's own, which would set the same cookie again with each page that holds a form.

    So it lives a year from when it was set. Chromium keeps a page with `no-store` for Back as long as no
    cookie changes, and takes each Set-Cookie for a change.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.META.get("CSRF_COOKIE") == request.COOKIES.get(settings.CSRF_COOKIE_NAME):
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return response
