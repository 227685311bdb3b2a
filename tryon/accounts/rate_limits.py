"""How often a password may be tried, and how often we send mail, counted in rows of RateLimit.

Tries count by account and client address together, so that nobody shuts another out. All addresses together
have a bound of their own. It does not count where the account was signed in lately: at an address, or in a
browser, which has a cookie to be known by (a device cookie) and its own count even at a shared address.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tryon.accounts.client_address import address_digest
from tryon.accounts.models import RateLimit, User, window_end

TRIES = 5  # of one account from one client address, at once
PAUSE = dt.timedelta(seconds=30)  # between two of them from then on
TRIES_PER_HOUR = 200  # of one account, from all addresses where it was not signed in lately
CODES_PER_HOUR = 30  # of a second factor, likewise: whoever asks has the password already
TRIES_PER_HOUR_ADDRESS = 200  # from one client address, of all accounts that were not signed in there lately
LATELY = dt.timedelta(days=90)
HOUR = dt.timedelta(hours=1)
ACCOUNTS_PER_HOUR = 20  # made from one client address
MAILS_PER_HOUR = 10  # of one kind, to one address
BROWSER_COOKIE = "browser"


def account_key(user: User | None, name: str) -> str:
    """What tries of an account count under, or of a name that is no account's.

    Nobody learns from the limits which of the two a name is.
    """
    if user:
        return str(user.pk)
    return _digest(name)


def seconds_to_next_try(request: HttpRequest, account: str) -> int:
    """0 where a password of this account may be tried from here now, which is counted; `account` is a key."""
    return _seconds_to_next(request, "log-in", account, TRIES_PER_HOUR)


def seconds_to_next_code(request: HttpRequest, user: User) -> int:
    """0 where a code of their second factor may be tried from here now, which is counted."""
    return _seconds_to_next(request, "code", str(user.pk), CODES_PER_HOUR)


def _seconds_to_next(request: HttpRequest, what: str, account: str, most: int) -> int:
    now = timezone.now()
    known = next((place for place in _places(request) if _is_known(account, place, now)), "")
    pair = f"{what} {account} {known or address_digest(request)}"
    if not RateLimit.objects.pace(pair, burst=TRIES, every=PAUSE, now=now):
        return int(PAUSE.total_seconds())
    if known:
        return 0
    return seconds_to_next(f"{what} {account}", most) or seconds_to_next(
        f"log-ins from {address_digest(request)}", TRIES_PER_HOUR_ADDRESS
    )


def note_log_in(request: HttpRequest, user: User) -> None:
    """The password was right: tries from here begin anew, and whatever others do, they go on being let in."""
    if not _browser(request):
        request.new_browser = uuid.uuid4().hex  # type: ignore[attr-defined]
    for place in _places(request):
        known = f"log-in known {user.pk} {place}"
        names = f"log-in {user.pk} {place}", f"code {user.pk} {place}", known
        RateLimit.objects.filter(name__in=names).delete()
        RateLimit.objects.get_or_create(name=known, ends_at=timezone.now() + LATELY)


def set_browser_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Once somebody has signed in there."""
    if browser := getattr(request, "new_browser", None):
        options = {"max_age": LATELY, "httponly": True, "samesite": "Lax", "secure": settings.HTTPS}
        response.set_signed_cookie(BROWSER_COOKIE, browser, salt=BROWSER_COOKIE, **options)


def seconds_to_next_post(request: HttpRequest, what: str, most: int) -> int:
    """0 where this client address may do `what` once more, of `most` in an hour; it is counted then."""
    return seconds_to_next(f"{what} {address_digest(request)}", most)


def seconds_to_next(name: str, most: int) -> int:
    """0 where what counts under `name` may be done once more, of `most` in an hour; it is counted then."""
    now = timezone.now()
    if RateLimit.objects.take(name, 1, most=most, window=HOUR, now=now):
        return 0
    return math.ceil((window_end(HOUR, now) - now).total_seconds())


def seconds_to_next_account(request: HttpRequest) -> int:
    """0 where one more account may be made from this client address in this hour."""
    now = timezone.now()
    made = RateLimit.objects.taken_of(_accounts_from(request), window=HOUR, now=now)
    return 0 if made < ACCOUNTS_PER_HOUR else math.ceil((window_end(HOUR, now) - now).total_seconds())


def note_account(request: HttpRequest) -> None:
    """One was made; forms that came back with an error do not count."""
    seconds_to_next(_accounts_from(request), ACCOUNTS_PER_HOUR)


def _accounts_from(request: HttpRequest) -> str:
    return f"accounts from {address_digest(request)}"


def may_mail(what: str, email: str) -> bool:
    """Whether this address may have one more mail of a kind that strangers can order; it is counted then."""
    name = f"{what} {_digest(email)}"
    return RateLimit.objects.take(name, 1, most=MAILS_PER_HOUR, window=HOUR, now=timezone.now())


def _digest(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    return salted_hmac("log-in name", plain, algorithm="sha256").hexdigest()[:32]


def _places(request: HttpRequest) -> list[str]:
    """The browser, where it is known by its cookie, and the client address."""
    return [*filter(None, [_browser(request)]), address_digest(request)]


def _browser(request: HttpRequest) -> str:
    kept = request.get_signed_cookie(BROWSER_COOKIE, default="", salt=BROWSER_COOKIE, max_age=LATELY)
    return getattr(request, "new_browser", None) or kept or ""


def _is_known(account: str, place: str, now: dt.datetime) -> bool:
    return RateLimit.objects.filter(name=f"log-in known {account} {place}", ends_at__gt=now).exists()
