"""Erase all that somebody has here: hidden in one moment, gone within ten minutes, with a receipt.

The row stays without a name, as the ledger and the trail name it by its number.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry, Image, ShareLink
from gallery.models.audit import register_action
from tryon.accounts.models import User
from tryon.models import GatewayFile, Mail, Notification, Reference, TryOn
from tryon.pipeline.privacy import deletion, undo

ERASED = register_action("erased", _("Everything of an account erased"), takes_back=True)
AT_ONCE = 5.0  # seconds of an answer; what is left then, the purge removes
GONE_WITHIN = dt.timedelta(days=1)  # for which the purge looks again: a call may have been in flight


class LastAdministrator(Exception):
    """Nobody could open the admin any more."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, and when. `copies_end` is the day after which no copy is left at the gateway."""

    number: int
    at: dt.datetime
    photos: int
    tryons: int
    pictures: int
    links: int
    copies_end: dt.datetime | None


def erase(user: User, by: User | None) -> Receipt:
    """Hide and forget all of it now, and remove files and words as far as time allows.

    Raises LastAdministrator.
    """
    with transaction.atomic():  # whoever it was has nothing and is nobody, in one moment
        if User.objects.is_last_administrator(user):
            raise LastAdministrator
        counts = count(user)
        copies_end = None if settings.SANDBOX else GatewayFile.objects.last_end_of(user)
        for link in ShareLink.objects.filter(owner=user, revoked_at=None):
            link.revoke(by)  # type: ignore[arg-type]  # nobody in particular: the journal, or a guest
        ShareLink.objects.filter(owner=user).update(title="", password="")
        addresses = EmailAddress.objects.filter(user=user)
        Mail.objects.to_any_of([user.email, *addresses.values_list("email", flat=True)]).delete()
        Notification.objects.filter(owner=user).delete()
        addresses.delete()
        Authenticator.objects.filter(user=user).delete()
        kind = ContentType.objects.get_for_model(User)
        about = LogEntry.objects.filter(content_type=kind, object_id=user.pk)
        about.update(object_repr=f"user {user.pk}", change_message="")
        user.erase()
        entry = AuditEntry.objects.record(None if by == user else by, ERASED, user, **counts)
    finish(user, AT_ONCE)
    return Receipt(number=entry.pk, at=entry.at, copies_end=copies_end, **counts)


def finish(user: User, seconds: float) -> bool:
    """Delete what somebody erased still has, for so long at most; whether nothing is left."""
    end = time.monotonic() + seconds
    undo.finish_of(user)
    for tryon in TryOn.objects.owned_by(user).iterator():
        deletion.delete_tryon(tryon, None)
        if time.monotonic() > end:
            return False
    for image in Image.objects.owned_by(user):
        deletion.delete_image(image, None)
    for reference in Reference.objects.owned_by(user):
        deletion.delete_reference(reference, None)
    _end_sessions(user)
    return True


def finish_all(seconds: float) -> None:
    """For the purge: whatever was not finished at once, or came from calls that were in flight."""
    for user in User.objects.erased_since(timezone.now() - GONE_WITHIN):
        if not finish(user, seconds):
            return


def count(user: User) -> dict[str, int]:
    return {
        "photos": Reference.objects.owned_by(user).count(),
        "tryons": TryOn.objects.owned_by(user).count(),
        "pictures": Image.objects.owned_by(user).count(),
        "links": ShareLink.objects.filter(owner=user).count(),
    }


def _end_sessions(user: User) -> None:
    """They open nothing any more, as the account is closed; their rows name it still."""
    UserSession.objects.filter(user=user).delete()
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
