"""What a visitor may still ask for now, why it is no more, and from when and how there is more."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from tryon.accounts.current_user import counts_as_guest
from tryon.accounts.models import AnyUser, User
from tryon.accounts.upload_bounds import TooManyUploads
from tryon.models import Budget
from tryon.models.money.budget import ADDRESS, GUESTS, OWNER, CapReached, Room

SPANS = {"hour": gettext_noop("this hour"), "day": gettext_noop("today"), "month": gettext_noop("this month")}


def remaining(user: AnyUser, address: str) -> str:
    """How many pictures are left of the tightest cap that they meet from there; "" where there is none."""
    room = Budget.objects.pictures_left(user, timezone.now(), address)
    if room is None:
        return ""
    if room.key.scope.kind == OWNER:
        left = ngettext(
            "%(left)s of today's %(most)s picture left.",
            "%(left)s of today's %(most)s pictures left.",
            room.cap,
        )
        return left % _told(room)
    if not room.left:
        return _("No more pictures from your connection %(span)s.") % _told(room)
    left = ngettext(
        "%(left)s more picture from your connection %(span)s.",
        "%(left)s more pictures from your connection %(span)s.",
        room.left,
    )
    return left % _told(room)


def explain_cap(owner: User, reached: CapReached) -> SafeString:
    """Why nothing more can be accepted now, from when it can, in the reader's own time, and what helps."""
    room = reached.room
    with_date = not room.key.scope.counts_pictures  # it may be in another month
    then = format_html(_("New ones from {moment}"), moment=_moment(reached.opens_at, with_date=with_date))
    return format_html("{} {}{}", _why(room), then, _way_out(owner, room))


def explain_upload_bound(owner: User, reached: TooManyUploads) -> SafeString:
    """Why no more photos are taken in this hour, and from when they are, in the reader's own time."""
    most = {
        "files": ngettext("%(number)s photo", "%(number)s photos", reached.most) % {"number": reached.most},
        "bytes": _("%(number)s MB of photos") % {"number": f"{reached.most // 1024**2:,}"},
        "pixels": _("%(number)s megapixels of photos") % {"number": f"{reached.most // 10**6:,}"},
    }[reached.unit]
    if reached.of_address:
        words = _("No more than %(most)s an hour are taken from your network.")
    elif reached.unit == "files":
        words = _("You have sent %(most)s this hour.")
    else:
        words = _("You can send %(most)s in an hour, and this would be more.")
    then = format_html(_("More from {moment}"), moment=_moment(reached.opens_at))
    return format_html(
        "{} {}{}", words % {"most": most}, then, _own_allowance(owner) if reached.of_address else ""
    )


def _moment(moment: dt.datetime, *, with_date: bool = False) -> SafeString:
    return format_html(
        '<time data-local="{}" datetime="{}">{} UTC</time><span class="needs-js"> ({})</span>',
        "moment" if with_date else "time",
        moment.isoformat(),
        date_format(moment, "j F, H:i" if with_date else "H:i"),
        _("your time"),
    )


def _told(room: Room) -> dict[str, object]:
    """What its sentences are filled in with."""
    return {"left": room.left, "most": room.cap, "span": _(SPANS[room.key.scope.span])}


def _why(room: Room) -> str:
    scope = room.key.scope
    if scope.kind == OWNER:
        return _why_of_owner(room) % _told(room)
    if scope.kind == ADDRESS:
        return _why_of_address(room) % _told(room)
    if scope.kind == GUESTS:
        if scope.span == "day":
            return _("Guests have used up what this site has for them today.")
        return _("Guests have used up what this site has for them this month.")
    return _("This site makes no more pictures for now.")


def _why_of_owner(room: Room) -> str:
    if room.left:
        return ngettext(
            "You have %(left)s of today's %(most)s picture left: choose fewer.",
            "You have %(left)s of today's %(most)s pictures left: choose fewer.",
            room.cap,
        )
    return ngettext(
        "You have used today's %(most)s picture.", "You have used today's %(most)s pictures.", room.cap
    )


def _why_of_address(room: Room) -> str:
    if room.left:
        return ngettext(
            "From your connection %(left)s more picture can be made %(span)s: choose fewer.",
            "From your connection %(left)s more pictures can be made %(span)s: choose fewer.",
            room.left,
        )
    return ngettext(
        "From your connection %(most)s picture was made %(span)s, and that is the most for guests.",
        "From your connection %(most)s pictures were made %(span)s, and that is the most for guests.",
        room.cap,
    )


def _way_out(owner: User, room: Room) -> SafeString | str:
    """What helps a guest; nothing does where the whole site has none left."""
    is_guests = room.key.scope.kind in (OWNER, ADDRESS, GUESTS) and counts_as_guest(owner)
    return _own_allowance(owner) if is_guests else ""


def _own_allowance(owner: User) -> SafeString:
    """How who counts as a guest comes by an allowance of their own."""
    if not owner.is_guest:
        way = _link("account_email", _("Confirm your e-mail"))
    else:
        way = _link("account_login", _("Log in"))
        if settings.SIGNUP == "open":
            other = _link("account_signup", _("create an account"))
            way = format_html(_("{one} or {other}"), one=way, other=other)
    return format_html(_(". {way} for an allowance of your own."), way=way)


def _link(name: str, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(name), words)
