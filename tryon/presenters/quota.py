"""What a visitor may still ask for now, why it is no more, and from when and how there is more."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tryon.accounts.current_user import counts_as_guest
from tryon.accounts.models import AnyUser, User
from tryon.accounts.upload_bounds import TooManyUploads
from tryon.models import Budget
from tryon.models.money.budget import ADDRESS, GUESTS, OWNER, CapReached, Room
from tryon.presenters.labels import counted

SPANS = {"hour": "this hour", "day": "today", "month": "this month"}


def remaining(user: AnyUser, address: str) -> str:
    """How many pictures are left of the tightest cap that they meet from there; "" where there is none."""
    room = Budget.objects.pictures_left(user, timezone.now(), address)
    if room is None:
        return ""
    if room.key.scope.kind == OWNER:
        return f"{room.left} of today's {counted(room.cap, 'picture')} left."
    pictures = counted(room.left, "more picture") if room.left else "No more pictures"
    return f"{pictures} from your connection {SPANS[room.key.scope.span]}."


def explain_cap(owner: User, reached: CapReached) -> SafeString:
    """Why nothing more can be accepted now, from when it can, in the reader's own time, and what helps."""
    room = reached.room
    with_date = not room.key.scope.counts_pictures  # it may be in another month
    when = _from_then_on(f"{_why(room)} New ones", reached.opens_at, with_date=with_date)
    return format_html("{}{}", when, _way_out(owner, room))


def explain_upload_bound(owner: User, reached: TooManyUploads) -> SafeString:
    """Why no more photos are taken in this hour, and from when they are, in the reader's own time."""
    most = {
        "files": counted(reached.most, "photo"),
        "bytes": f"{reached.most // 1024**2:,} MB of photos",
        "pixels": f"{reached.most // 10**6:,} megapixels of photos",
    }[reached.unit]
    if reached.of_address:
        words = f"No more than {most} an hour are taken from your network"
    elif reached.unit == "files":
        words = f"You have sent {most} this hour"
    else:
        words = f"You can send {most} in an hour, and this would be more"
    when = _from_then_on(f"{words}. More", reached.opens_at)
    return format_html("{}{}", when, _own_allowance(owner)) if reached.of_address else when


def _from_then_on(words: str, moment: dt.datetime, *, with_date: bool = False) -> SafeString:
    return format_html(
        '{} from <time data-local="{}" datetime="{}">{} UTC</time><span class="needs-js"> (your time)</span>',
        words,
        "moment" if with_date else "time",
        moment.isoformat(),
        f"{moment:%-d %B, %H:%M}" if with_date else f"{moment:%H:%M}",
    )


def _why(room: Room) -> str:
    scope, span = room.key.scope, SPANS[room.key.scope.span]
    if scope.kind == OWNER:
        pictures = counted(room.cap, "picture")
        if room.left:
            return f"You have {room.left} of today's {pictures} left: choose fewer."
        return f"You have used today's {pictures}."
    if scope.kind == ADDRESS:
        if room.left:
            return (
                f"From your connection {counted(room.left, 'more picture')} can be made {span}: choose fewer."
            )
        were = "picture was" if room.cap == 1 else "pictures were"
        return f"From your connection {room.cap} {were} made {span}, and that is the most for guests."
    if scope.kind == GUESTS:
        if scope.span == "day":
            return _("Guests have used up what this site has for them today.")
        return _("Guests have used up what this site has for them this month.")
    return _("This site makes no more pictures for now.")


def _way_out(owner: User, room: Room) -> SafeString | str:
    """What helps a guest; nothing does where the whole site has none left."""
    is_guests = room.key.scope.kind in (OWNER, ADDRESS, GUESTS) and counts_as_guest(owner)
    return _own_allowance(owner) if is_guests else ""


def _own_allowance(owner: User) -> SafeString:
    """How who counts as a guest comes by an allowance of their own."""
    if not owner.is_guest:
        ways = [(reverse("account_email"), _("Confirm your e-mail"))]
    else:
        ways = [(reverse("account_login"), _("Log in"))]
        if settings.SIGNUP == "open":
            ways.append((reverse("account_signup"), _("create an account")))
    links = format_html_join(" or ", '<a href="{}">{}</a>', ways)
    return format_html(". {} for an allowance of your own.", links)
