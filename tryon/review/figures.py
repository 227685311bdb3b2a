"""The page of figures: what passes the review, why not, how long it takes, and what it costs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tryon.presenters.review_figures import Figures, Period
from tryon.review.access import reviewers_only


@require_safe
@reviewers_only
def figures(request: HttpRequest) -> HttpResponse:
    """Of the period in the address."""
    shown = Figures(Period.of(request.GET.get("days", "")))
    return render(request, "review/figures.html", {"figures": shown, "periods": Period.every()})
