"""The page in place of one that raised; it leans on nothing that can break."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def page(request: HttpRequest) -> HttpResponse:
    """A database that is away is no fault of the page that asked it, and comes back: 503 then, else 500."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        words = render_to_string("503.html")
        return HttpResponse(words, status=503, headers={"Retry-After": "10", "Cache-Control": "no-store"})
    return HttpResponse(render_to_string("500.html"), status=500)
