"""The answer to whoever does something too often."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def too_many(request: HttpRequest, seconds: int, back: str = "") -> HttpResponse:
    """429, with the time after which it may be tried again; `back` is a page, where this is none."""
    minutes = math.ceil(seconds / 60)
    wait = f"{seconds} seconds" if seconds < 100 else f"{minutes} minutes"
    response = render(request, "429.html", {"wait": wait, "back": back or request.path}, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response
