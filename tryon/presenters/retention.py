"""What is kept and until when, row by row, from the settings and constants that act."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gallery.models.report import SENDER_KEPT
from gallery.models.sharing.share import MOST_DAYS, USUAL_DAYS
from tryon.models.mails.mail import TRIED_FOR
from tryon.models.money.budget import ADDRESS_DAYS, address_caps
from tryon.pipeline.privacy import deletion
from tryon.pipeline.recovery import RAW_ANSWERS_KEPT


class Kept(NamedTuple):
    """A row of the table: what it is, and how long it is kept."""

    what: str
    until: str


def table() -> list[Kept]:
    """Of this site as it is set now."""
    return [*_photos(), *_pictures(), *_people(), *_operators()]


def days(number: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": number}


def _photos() -> Iterator[Kept]:
    kept, saved = days(deletion.UPLOAD_KEPT.days), days(deletion.SAVED_BY_GUEST_KEPT.days)
    yield Kept(
        _("A photo given as the person, or as a picture to work from, even if it was a garment before"),
        _("%(days)s after its last use") % {"days": days(settings.PERSON_PHOTO_DAYS)},
    )
    yield Kept(
        _("A photo that became part of no picture"),
        _(
            "%(kept)s after you chose it last. An account keeps its garments, and what it saved from its "
            "pictures, in its wardrobe; without an account, what was saved stays for %(saved)s"
        )
        % {"kept": kept, "saved": saved},
    )
    yield Kept(_("Other photos that were garments only"), _("Until you delete them"))
    yield Kept(_("The copy of a photo at the service that makes the pictures"), _copy())


def _copy() -> str:
    if settings.INLINE_REFERENCES:
        return _("None is made: photos travel inside the request")
    if settings.SANDBOX:
        return _("While the photo is kept here: the sandbox takes it back then")
    told = _("%(days)s after it was sent, which nobody can shorten; once you delete the photo it is not used")
    return told % {"days": days(settings.FILE_LIFETIME_HOURS // 24)}


def _pictures() -> Iterator[Kept]:
    yield Kept(_("Pictures that were made, with your words"), _("Until you delete them"))
    yield Kept(
        _("An answer of the service whose pictures could not be opened"),
        _("%(days)s, for another try") % {"days": days(RAW_ANSWERS_KEPT.days)},
    )
    yield Kept(
        _("Links that you make"),
        _("They open for %(usual)s unless you choose otherwise, %(most)s at most, or until you stop them")
        % {"usual": days(USUAL_DAYS), "most": days(MOST_DAYS)},
    )
    yield Kept(
        _("Hearts that somebody gave to shared pictures"),
        _(
            "As long as the link is kept. They name a browser by a random number, and nobody. Whoever gave "
            "one can take it back"
        ),
    )
    yield Kept(
        _("Reports of a shared picture, with what was written"),
        _("As long as the picture. The fingerprint of the address that one came from: %(days)s")
        % {"days": days(SENDER_KEPT.days)},
    )


def _people() -> Iterator[Kept]:
    if settings.GUESTS:
        yield Kept(
            _("The number in your cookie, without an account"),
            _("A year. Where nothing is kept under it any more, it is then forgotten here too"),
        )
    yield Kept(
        _("How many photos, and how much, you sent"),
        _("The hour in which they count. Your address is counted by a digest that nobody can read it from"),
    )
    if any(cap is not None for cap in address_caps().values()):
        yield Kept(
            _("From which internet address guests asked for pictures, so that nobody takes what is for all"),
            _("Not the address, but a fingerprint of it that nobody else can make, %(days)s at most")
            % {"days": days(ADDRESS_DAYS)},
        )
    yield Kept(
        _("In which browsers an account is logged in (such as “Firefox on Windows”)"),
        _("As long as you are logged in there. The internet address that you logged in from: some minutes"),
    )
    if settings.SENDS_MAIL:
        yield Kept(
            _("Mails to you, with your address"),
            _("Until they are sent; given up after %(days)s") % {"days": days(TRIED_FOR.days)},
        )
    yield Kept(
        _("Who approved, shared or deleted what; what was paid for"),
        _("For good, without any picture, and without a name once the account is deleted"),
    )


def _operators() -> Iterator[Kept]:
    yield Kept(
        _("Lines of the log, which hold no name, address, word or picture of yours"),
        _("As long as whoever runs this site keeps them"),
    )
    yield Kept(_("What was deleted, in free space of the database"), in_database())
    yield Kept(_("Backups"), in_backups())


def in_database() -> str:
    """How long the database's own files may hold words that were deleted. Pictures are never in it.

    It begins small: pages have it within a sentence, too.
    """
    if connection.vendor == "sqlite":
        return _("overwritten at once, and gone from its journal within ten minutes")
    return _("words only, never pictures, until it has used the space again, usually within a day")


def in_backups() -> str:
    if settings.BACKUP_DAYS is None:
        return _("as long as whoever runs this site keeps them. What is restored from one is deleted again")
    told = _("%(days)s. What is restored from one is deleted again")
    return told % {"days": days(settings.BACKUP_DAYS)}
