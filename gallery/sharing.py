"""The way in to shared pictures: who holds a link, proved anew by every request."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from gallery.models import ShareLink
from gallery.models.share import digest_of

COOKIE = "shared"
SALT = "gallery.shared"
FRESH, USED = "fresh", "used"  # what a cookie says of the link that it names


def by_token(token: str, request: HttpRequest) -> ShareLink | None:
    """The link that opens with this token now, or None; why not is nobody's business."""
    return _openable(ShareLink.objects.live().filter(digest=digest_of(token)).first(), request)


def by_cookie(pk: uuid.UUID, request: HttpRequest) -> ShareLink | None:
    """The link that this request may look into now: it came in by the token, or owns the link."""
    link = ShareLink.objects.live().filter(pk=pk).first()
    if link is None or not (owns(request, link) or _ticket(request, link)):
        return None
    return _openable(link, request)


def owns(request: HttpRequest, link: ShareLink) -> bool:
    return request.user.is_authenticated and link.owner_id == request.user.pk


def _openable(link: ShareLink | None, request: HttpRequest) -> ShareLink | None:
    """While no picture may be shown, the link is there for its owner alone."""
    if link is None or not (owns(request, link) or link.shown_images().exists()):
        return None
    return link


def set_access_cookie(response: HttpResponse, link: ShareLink) -> None:
    """Let this browser in; the cookie names the link, is signed, and does not hold the token."""
    _set_cookie(response, link, FRESH)


def count_opening(request: HttpRequest, response: HttpResponse, link: ShareLink) -> None:
    """Count a view when somebody has just come in by the token: a reload is none, nor is the owner's look."""
    if request.method == "GET" and _ticket(request, link) == FRESH:
        _set_cookie(response, link, USED)
        if not owns(request, link):
            link.count_view()


def _ticket(request: HttpRequest, link: ShareLink) -> str:
    """FRESH or USED where this browser was let into this link, else ""."""
    try:
        pk, _, ticket = str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)).partition(" ")
    except signing.BadSignature:
        return ""
    return ticket if pk == str(link.pk) else ""


def _set_cookie(response: HttpResponse, link: ShareLink, ticket: str) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps(f"{link.pk} {ticket}", salt=SALT),
        expires=link.expires_at,
        path=reverse("shared", args=[link.pk]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def add_privacy_headers(response: HttpResponse) -> HttpResponse:
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
