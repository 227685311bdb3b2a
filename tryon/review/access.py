"""Who comes to the desk: for all others there is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from tryon.models.reference import may_review

View = Callable[..., HttpResponse]


def reviewers_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_review(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
