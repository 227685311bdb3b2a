"""The answer to whoever does something too often."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """429, with the time after which it may be tried again."""
    minutes = math.ceil(seconds / 60)
    wait = f"{seconds} seconds" if seconds < 100 else f"{minutes} minutes"
    response = render(request, "429.html", {"wait": wait}, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response
