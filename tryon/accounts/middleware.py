"""Visitors: somebody without an account, known by a signed cookie, from the first POST by a guest row."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import SimpleLazyObject
from django.views.decorators.debug import sensitive_variables

from tryon.accounts.models import User

COOKIE = "visitor"
YEAR = 365 * 24 * 3600
# allauth and the admin ask "is somebody logged in?": a guest never is.
LOGIN_PATHS = ("/accounts/", "/admin/")


class SignInNeeded(PermissionDenied):
    """This site serves accounts only, and nobody is signed in."""


class VisitorMiddleware:
    """Makes `request.user` the guest of the visitor's cookie where nobody is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(LOGIN_PATHS):
            request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]
        response = self.get_response(request)
        first_visit = request.method == "GET" and request.path == "/" and _may_become_guest(request)
        visitor = getattr(request, "new_visitor", None) or (uuid.uuid4() if first_visit else None)
        if visitor:
            _remember(response, visitor)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, SignInNeeded):
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        return None


def owner_for(request: HttpRequest) -> User:
    """Whose what this request makes will be: the account, or the visitor's guest, made now if need be.

    SignInNeeded (answered by the log-in page) where the site takes no guests.
    """
    user = request.user
    if isinstance(user, User):  # also true of the lazy object round one
        return user
    if not settings.GUESTS:
        raise SignInNeeded
    visitor = visitor_of(request)
    if visitor is None:
        visitor = request.new_visitor = uuid.uuid4()  # type: ignore[attr-defined]
    guest = User.objects.make_guest(visitor)
    request.user = guest
    return guest


def guest_of(request: HttpRequest) -> User | None:
    """The guest row of this browser, also on the pages where `request.user` hides it."""
    visitor = visitor_of(request)
    return User.objects.guest(visitor) if visitor else None


def ownership(request: HttpRequest, owner: str) -> dict[str, object]:
    """Lookups by which the relation `owner` is whoever asks.

    A guest without a session is found by its cookie in the same query, and `request.user` is not asked.
    """
    visitor = visitor_of(request) if settings.SESSION_COOKIE_NAME not in request.COOKIES else None
    if visitor and settings.GUESTS:
        return {f"{owner}__visitor": visitor, f"{owner}__is_guest": True}
    return {owner: request.user.pk}


@sensitive_variables("text")
def visitor_of(request: HttpRequest) -> uuid.UUID | None:
    """The id in the visitor's cookie, when it is there and was signed by us."""
    text = request.get_signed_cookie(COOKIE, default=None, salt=COOKIE, max_age=YEAR)
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    user = get_user(request)
    if isinstance(user, User) or not settings.GUESTS:
        return user
    return guest_of(request) or AnonymousUser()


def _may_become_guest(request: HttpRequest) -> bool:
    return settings.GUESTS and visitor_of(request) is None and not request.user.is_authenticated


def _remember(response: HttpResponseBase, visitor: uuid.UUID) -> None:
    response.set_signed_cookie(
        COOKIE, str(visitor), salt=COOKIE, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.HTTPS
    )
