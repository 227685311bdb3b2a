"""Requests that no page can make sense of are refused here, so that each page need not think of them."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth import get_user
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils.http import parse_header_parameters
from django.views.defaults import bad_request

View = TypeVar("View", bound=Callable[..., Any])
log = logging.getLogger(__name__)

READ = ("utf-8", "ascii")
UNHELD = (OverflowError, DataError, UnicodeEncodeError, ValidationError)
NO_VALUE = ("NUL", "is out of range", "expected a number")  # of Python, psycopg and Django
# What a form without a file may have in the encoding of those with one: more is not read.
MOST_WITHOUT_FILE = 64 * 1024
UNREADABLE = "unreadable/unreadable; charset=unreadable"  # in the place of a type that Django cannot read


class ReadableRequestMiddleware:
    """415 for a charset that is not UTF-8, and unread for files where none belong; 400 for a form that cannot
    be parsed, or holds what no text may.

    Python has codecs that are none of text (`rot13`), and Django asks any of them that a request names.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_utf8(request.META.get("CONTENT_TYPE", "")):
            return HttpResponse("Send text as UTF-8.", "text/plain", status=415)
        if has_unwanted_files(request):
            return HttpResponse("No files belong here.", "text/plain", status=415)
        try:
            _require_text(request)
        except (LookupError, ValueError) as exc:
            log.warning("a request that cannot be read: %s", type(exc).__name__)
            return bad_request(request, BadRequest())
        except UnreadablePostError:
            pass  # whoever sent it has gone
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponseBase | None:
        """What a page accepted and no column can hold: PostgreSQL takes no NUL, and no date a year 0."""
        is_told = isinstance(exc, ValueError) and any(words in str(exc) for words in NO_VALUE)
        if not is_told and not isinstance(exc, UNHELD):
            return None
        log.warning("a request with a value that nothing can hold", exc_info=exc)
        return bad_request(request, BadRequest())


def is_utf8(content_type: str) -> bool:
    try:
        _, parameters = parse_header_parameters(content_type)
        return codecs.lookup(parameters.get("charset", "utf-8")).name in READ
    except (LookupError, ValueError):  # an encoding or a parameter that is none
        return False


def _require_text(request: HttpRequest) -> None:
    """Raises LookupError or ValueError for what is no text: half a character, a part without sense."""
    for fields in (request.GET, request.POST):
        for name, values in fields.lists():
            for text in (name, *values):
                text.encode()  # half a character has no UTF-8
    request.path.encode()


def takes_files(view: View) -> View:
    """Mark a view whose form has files: no other address reads a large multipart body."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def has_unwanted_files(request: HttpRequest) -> bool:
    """Whether this brings a large multipart body, or one of unknown length, where no file belongs.

    In the admin files are for staff.
    """
    is_multipart = request.META.get("CONTENT_TYPE", "").lower().startswith("multipart/")
    if request.method != "POST" or not is_multipart:  # of other methods no form is read
        return False
    length = request.META.get("CONTENT_LENGTH", "")
    if length.isdigit() and int(length) <= MOST_WITHOUT_FILE:
        return False
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return True
    if "admin" in match.app_names:
        return not getattr(get_user(request), "is_staff", False)
    return not getattr(match.func, "takes_files", False)
