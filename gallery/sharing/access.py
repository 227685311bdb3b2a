"""The way in to shared pictures: who holds a link, proved anew by every request."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from gallery.models import ShareLink
from gallery.models.sharing.share_token import digest_of

# Cookies of one link each, signed: that this browser came in by the token, that it gave the password, and who
# it is that gives hearts.
TICKET, UNLOCKED, VIEWER = "shared", "unlocked", "viewer"
FRESH, USED = "fresh", "used"  # what a ticket says of the view that it counts as

View = Callable[..., HttpResponse]
Response = TypeVar("Response", bound=HttpResponseBase)


class Door(StrEnum):
    """What stands between the holder of a link and its pictures."""

    OPEN = "open"
    LOCKED = "locked"  # its password
    WAITING = "waiting"  # the check of its pictures


@dataclass(frozen=True, slots=True)
class Entry:
    link: ShareLink
    door: Door
    is_owner: bool = False


def by_token(token: str, request: HttpRequest) -> Entry | None:
    """Where this token leads now, or None; why not is nobody's business."""
    link = ShareLink.objects.live().filter(digest=digest_of(token)).first()
    return _entry(link, request) if link else None


def by_cookie(pk: uuid.UUID, request: HttpRequest) -> Entry | None:
    """Where this request may go in now: it came in by the token that the link has, or owns the link."""
    link = ShareLink.objects.live().filter(pk=pk).first()
    if link is None or not (_owns(request, link) or _ticket(request, link)):
        return None
    return _entry(link, request)


def open_link(pk: uuid.UUID, request: HttpRequest) -> ShareLink | None:
    """The link whose pictures this request may see now."""
    entry = by_cookie(pk, request)
    return entry.link if entry and entry.door is Door.OPEN else None


def _entry(link: ShareLink, request: HttpRequest) -> Entry | None:
    """Its owner sees it however it stands; others, while there is something to see, or soon will be."""
    if _owns(request, link):
        return Entry(link, Door.OPEN, is_owner=True)
    match link.find_state():
        case "waiting":
            return Entry(link, Door.WAITING)
        case "open":
            is_locked = link.password and _read_cookie(request, UNLOCKED, link) != _fingerprint(link.password)
            return Entry(link, Door.LOCKED if is_locked else Door.OPEN)
    return None


def _owns(request: HttpRequest, link: ShareLink) -> bool:
    return request.user.is_authenticated and link.owner_id == request.user.pk


# Cookies ------------------------------------------------------------------------------------------------
def let_in(response: HttpResponse, link: ShareLink) -> None:
    """The cookie names the link and which of its tokens it was; it does not hold the token."""
    _set_cookie(response, TICKET, link, f"{_fingerprint(link.digest)} {FRESH}")


def unlock(response: HttpResponse, link: ShareLink) -> None:
    """Until the password is another one."""
    _set_cookie(response, UNLOCKED, link, _fingerprint(link.password))


def count_opening(request: HttpRequest, response: HttpResponse, link: ShareLink) -> None:
    """Count a view when somebody has just come in by the token: a reload is none."""
    if request.method == "GET" and _ticket(request, link) == FRESH:
        _set_cookie(response, TICKET, link, f"{_fingerprint(link.digest)} {USED}")
        link.count_view()


def viewer_of(request: HttpRequest, link: ShareLink) -> str:
    """Who gives hearts from this browser; "" where nobody has given one yet."""
    return _read_cookie(request, VIEWER, link)


def name_viewer(response: HttpResponse, link: ShareLink) -> str:
    viewer = secrets.token_hex(16)
    _set_cookie(response, VIEWER, link, viewer)
    return viewer


def _ticket(request: HttpRequest, link: ShareLink) -> str:
    """FRESH or USED where this browser came in by the token that the link has now, else ""."""
    mark, _, ticket = _read_cookie(request, TICKET, link).partition(" ")
    return ticket if mark == _fingerprint(link.digest) else ""


def _fingerprint(secret: str) -> str:
    """Tells one token, or one password, from the next."""
    return salted_hmac("gallery.sharing", secret, algorithm="sha256").hexdigest()[:16]


def _read_cookie(request: HttpRequest, name: str, link: ShareLink) -> str:
    """What a cookie of ours says of this link, "" where it says nothing of it."""
    try:
        said = str(signing.loads(request.COOKIES.get(name, ""), salt=f"gallery.{name}"))
    except signing.BadSignature:
        return ""
    pk, _, words = said.partition(" ")
    return words if pk == str(link.pk) else ""


def _set_cookie(response: HttpResponse, name: str, link: ShareLink, words: str) -> None:
    response.set_cookie(
        name,
        signing.dumps(f"{link.pk} {words}", salt=f"gallery.{name}"),
        expires=link.expires_at,
        path=reverse("shared", args=[link.pk]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


# Answers ------------------------------------------------------------------------------------------------
def posted_by_holders(view: View) -> View:
    """POST alone, and without a CSRF token.

    These pages send no referrer, and then a browser's form says `Origin: null`, which Django's check
    refuses. What is asked for instead is a cookie that comes with no form of another site (SameSite=Lax).
    """
    return csrf_exempt(require_POST(view))


def add_privacy_headers(response: Response) -> Response:
    """Out of search engines, and the address (which may hold the token) out of other servers' logs."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """The one answer for missing, revoked, expired, not approved and foreign alike."""
    response = render(request, "gallery/unavailable.html", status=404)
    # Django logs the path of a 404, and this path may hold a token that is good later.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return add_privacy_headers(response)
