"""What is new, for the pages that stay open."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tryon.presenters.news import News, known_of


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """The number in the navigation, and what came since the page began; `seen` is what it waits for.

    With tickets it comes here once there is news, where the server can hold answers (tryon/web/watcher.py).
    """
    return render(
        request, "tryon/_badge.html", {"news": News(request.user, known_of(request.GET.get("seen", "")))}
    )
