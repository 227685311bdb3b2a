"""Who asks: the account that is signed in, or the guest that this browser's cookie names."""

from __future__ import annotations

import uuid

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from tryon.accounts.models import AnyUser, User

VISITOR_COOKIE = "visitor"
VISITOR_COOKIE_AGE = 365 * 24 * 3600


class SignInRequired(PermissionDenied):
    """This site serves accounts only, and nobody is signed in: answered by the log-in page."""


def user_from_session_or_cookie(request: HttpRequest) -> AnyUser:
    """What `request.user` is on all pages but those of the log-in and the admin."""
    user = get_user(request)
    if isinstance(user, User) or not settings.GUESTS:
        return user
    return guest_from_cookie(request) or AnonymousUser()


def require_user(request: HttpRequest) -> User:
    """The account or guest; PermissionDenied where nobody is known."""
    user = request.user
    if isinstance(user, User):  # also true of the lazy object round one
        return user
    raise PermissionDenied


def get_or_create_owner(request: HttpRequest) -> User:
    """Whose what this request makes will be: the account, or the visitor's guest, made now if need be.

    Raises SignInRequired where the site takes no guests.
    """
    user = request.user
    if isinstance(user, User):
        return user
    if not settings.GUESTS:
        raise SignInRequired
    visitor = visitor_id(request)
    if visitor is None:
        visitor = request.new_visitor = uuid.uuid4()  # type: ignore[attr-defined]
    guest = User.objects.make_guest(visitor)
    request.user = guest
    return guest


def visitor_digest(request: HttpRequest) -> str:
    """Names who is there, to scripts that keep something in the browser; nothing can be asked with it."""
    user = request.user
    name = getattr(request, "new_visitor", None) or visitor_id(request)
    if isinstance(user, User) and not user.is_guest:
        name = user.pk
    return salted_hmac("visitor digest", str(name or "")).hexdigest()[:16]


def counts_as_guest(user: AnyUser) -> bool:
    """Whether caps take them for a guest: an account too, until its e-mail is proven, where mail works.

    Else whoever is short of pictures would make accounts as easily as cookies. Staff need no proof.
    """
    if not isinstance(user, User) or user.is_guest:
        return True
    if user.is_staff or user.is_shop or not settings.ACCOUNTS_NEED_PROOF:
        return False
    return not proven_address(user)


def has_shown_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether this session was opened with one, or set it up, and it is there still."""
    shown = any(each.get("method") == "mfa" for each in get_authentication_records(request, user))
    return shown and Authenticator.objects.filter(user=user.pk).exists()


def note_second_factor(request: HttpRequest, user: User) -> None:
    """One was proven right while it was set up: this session need not log in anew."""
    record_authentication(request, user, "mfa")


def proven_address(user: User) -> str:
    """The address that is theirs for sure, "" where none is."""
    proven = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary")
    return str(proven.values_list("email", flat=True).first() or "")


def guest_from_cookie(request: HttpRequest) -> User | None:
    """The guest row of this browser, also on the pages where `request.user` hides it."""
    visitor = visitor_id(request)
    return User.objects.guest(visitor) if visitor else None


def owner_lookup(request: HttpRequest, owner: str) -> dict[str, object]:
    """Lookups by which the relation `owner` is whoever asks.

    A guest without a session is found by its cookie in the same query, and `request.user` is not asked.
    """
    visitor = visitor_id(request) if settings.SESSION_COOKIE_NAME not in request.COOKIES else None
    if visitor and settings.GUESTS:
        return {f"{owner}__visitor": visitor, f"{owner}__is_guest": True}
    return {owner: request.user.pk}


@sensitive_variables("text")
def visitor_id(request: HttpRequest) -> uuid.UUID | None:
    """The id in the visitor's cookie, when it is there and was signed by us."""
    text = request.get_signed_cookie(
        VISITOR_COOKIE, default=None, salt=VISITOR_COOKIE, max_age=VISITOR_COOKIE_AGE
    )
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
