"""A page in place of the empty answer to a way of asking that an address does not take."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string


class NotAllowedMiddleware:
    """Whoever opens the address of a button, by a reload or a bookmark, reads what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_opened = request.method == "GET" and response.status_code == 405
        if is_opened and isinstance(response, HttpResponse) and not response.content:
            response.content = render_to_string("405.html", request=request)
        return response
