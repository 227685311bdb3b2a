"""Visitors: somebody without an account, known by a signed cookie, from the first POST by a guest row."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from tryon.accounts.current_user import (
    VISITOR_COOKIE,
    VISITOR_COOKIE_AGE,
    SignInRequired,
    has_shown_second_factor,
    user_from_session_or_cookie,
    visitor_id,
)

# allauth and the admin ask "is somebody logged in?": a guest never is.
LOGIN_PATHS = ("/accounts/", "/admin/")
STAFF_PATHS = ("/admin/", "/review/")


class VisitorMiddleware:
    """Makes `request.user` the guest of the visitor's cookie where nobody is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(LOGIN_PATHS):
            user = SimpleLazyObject(lambda: user_from_session_or_cookie(request))
            request.user = user  # type: ignore[assignment]
        if request.method == "GET" and request.path == "/" and _may_become_guest(request):
            request.new_visitor = uuid.uuid4()  # type: ignore[attr-defined]
        response = self.get_response(request)
        if visitor := getattr(request, "new_visitor", None):
            _set_visitor_cookie(response, visitor)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, SignInRequired):
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        return None


class StaffSessionMiddleware:
    """Ends the session of a member of staff after STAFF_IDLE_HOURS without a request."""

    NOTED_EVERY = 300  # seconds: not every request writes the session

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Of a request that asked for no session nobody knows whose it was.
        if request.session.accessed and request.user.is_staff:
            self._note(request.session)
        return response

    def _note(self, session: SessionBase) -> None:
        """The session's row ends with it, so that a copied cookie opens nothing either."""
        if time.time() - session.get("staff_active", 0) > self.NOTED_EVERY:
            session["staff_active"] = int(time.time())
            session.set_expiry(dt.timedelta(hours=settings.STAFF_IDLE_HOURS))


class SecondFactorMiddleware:
    """Where STAFF_MFA asks for one, nobody acts as staff in a session that has shown no second factor.

    A password alone, stolen or guessed, so opens neither the admin nor the pictures of others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.STAFF_MFA == "required":
            user = request.user
            request.user = SimpleLazyObject(lambda: _judged(request, user))  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, *_: object) -> HttpResponseBase | None:
        """Pages of staff lead to what is missing: setting it up, or logging in with it."""
        is_page = request.path.startswith(STAFF_PATHS)
        if not (is_page and getattr(request.user, "awaits_second_factor", False)):
            return None
        if Authenticator.objects.filter(user=request.user.pk).exists():
            logout(request)
            return redirect_to_login(request.get_full_path() if request.method == "GET" else request.path)
        return redirect("mfa_index")


def _judged(request: HttpRequest, user: Any) -> Any:
    if user.is_staff and not has_shown_second_factor(request, user):
        user.awaits_second_factor = True
    return user


def _may_become_guest(request: HttpRequest) -> bool:
    return settings.GUESTS and visitor_id(request) is None and not request.user.is_authenticated


def _set_visitor_cookie(response: HttpResponseBase, visitor: uuid.UUID) -> None:
    response.set_signed_cookie(
        VISITOR_COOKIE,
        str(visitor),
        salt=VISITOR_COOKIE,
        max_age=VISITOR_COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )
