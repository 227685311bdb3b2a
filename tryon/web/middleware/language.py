"""Which language a page speaks: the first of LANGUAGES that its reader's browser asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware

SAYS_WORDS = ("text/html", "application/manifest+json")


class LanguageMiddleware(LocaleMiddleware):
    """Django's own; only what says words depends on the language: one copy of a file serves everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.USE_I18N:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith(SAYS_WORDS):
            return response
        return super().process_response(request, response)
