"""How often a password may be tried, and how often we send mail, counted in rows of RateLimit.

Tries count by account and client address together, so that nobody shuts another out; all addresses together
have a bound of their own, which does not count for those from where the account was signed in lately.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tryon.accounts.client_address import address_digest
from tryon.accounts.models import RateLimit, User, window_end

TRIES = 5  # of one account from one client address, at once
PAUSE = dt.timedelta(seconds=30)  # between two of them from then on
TRIES_PER_HOUR = 200  # of one account, from all addresses where it was not signed in lately
LATELY = dt.timedelta(days=90)
HOUR = dt.timedelta(hours=1)


def account_key(user: User | None, name: str) -> str:
    """What tries of an account count under, or of a name that is no account's.

    Nobody learns from the limits which of the two a name is.
    """
    if user:
        return str(user.pk)
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    return salted_hmac("log-in name", plain, algorithm="sha256").hexdigest()[:32]


def seconds_to_next_try(request: HttpRequest, account: str) -> int:
    """0 where a password of this account may be tried from here now, which is counted; `account` is a key."""
    now, pair = timezone.now(), _pair(request, account)
    if not RateLimit.objects.pace(f"log-in {pair}", burst=TRIES, every=PAUSE, now=now):
        return int(PAUSE.total_seconds())
    if RateLimit.objects.filter(name=f"log-in known {pair}", ends_at__gt=now).exists():
        return 0
    return _seconds_to_next(f"log-in {account}", TRIES_PER_HOUR, now)


def note_log_in(request: HttpRequest, user: User) -> None:
    """The password was right: tries from here begin anew, and whatever others do, they go on being let in."""
    pair = _pair(request, str(user.pk))
    RateLimit.objects.filter(name__in=[f"log-in {pair}", f"log-in known {pair}"]).delete()
    RateLimit.objects.create(name=f"log-in known {pair}", ends_at=timezone.now() + LATELY)


def seconds_to_next_post(request: HttpRequest, what: str, most: int) -> int:
    """0 where this client address may do `what` once more, of `most` in an hour; it is counted then."""
    return _seconds_to_next(f"{what} {address_digest(request)}", most, timezone.now())


def _seconds_to_next(name: str, most: int, now: dt.datetime) -> int:
    if RateLimit.objects.take(name, 1, most=most, window=HOUR, now=now):
        return 0
    return math.ceil((window_end(HOUR, now) - now).total_seconds())


def _pair(request: HttpRequest, account: str) -> str:
    return f"{account} {address_digest(request)}"
