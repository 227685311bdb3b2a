"""The browsers in which somebody is logged in, in words."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tryon.accounts.models import User

# The first that fits counts: browsers say the names of those that they want to be taken for, too.
BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|HeadlessChrome/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("Mac", r"Macintosh|Mac OS"),
    ("Chromebook", r"CrOS"),
    ("Linux", r"Linux"),
)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A browser, since when, and whether it is the one that asks."""

    pk: int
    name: str
    since: dt.datetime
    is_this: bool


def of(request: HttpRequest, user: User) -> list[LoggedIn]:
    """This browser first, then the others, the latest log-in first; sessions that are over are forgotten."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)  # logged in before sessions were noted
    key = request.session.session_key
    found = [
        LoggedIn(row.pk, name(row.user_agent), row.created_at, row.session_key == key)
        for row in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda each: (each.is_this, each.since), reverse=True)


def name(user_agent: str) -> str:
    """ "Firefox on Windows", as far as it is known."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("A browser")


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for name, sign in names if re.search(sign, user_agent)), "")
