"""From what happened to one mail an owner: written when nothing more comes, sent if it is true then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from gallery.models import Image
from tryon.accounts.current_user import proven_address
from tryon.accounts.models import RateLimit, User
from tryon.models import Mail, Notification, TryOn
from tryon.models.notification import kinds_for
from tryon.models.reference import reviewers
from tryon.pipeline.notifications import words

Kind = Notification.Kind
DAY = dt.timedelta(days=1)


def write_mail(owner_id: int, kind: str) -> None:
    """Put a mail in the place of all notifications of a kind, for whoever locks these rows first."""
    with transaction.atomic():  # they go when their mail is there, and not before
        waiting = Notification.objects.filter(owner=owner_id, kind=kind)
        rows = list(waiting.select_for_update().order_by("at"))
        waiting.filter(pk__in=[row.pk for row in rows]).delete()
        if not rows:
            return
        owner = User.objects.get(pk=owner_id)
        subjects: list[TryOn | Image] = list(still_true(kind, [row.subject for row in rows]))
        if subjects and (address := address_for(owner, kind)):
            about = [str(subject.pk) for subject in subjects]
            told = words.written(owner, kind, subjects)
            Mail.objects.create(to=address, owner=owner, kind=kind, about=about, **told)


def remind_reviewers(now: dt.datetime) -> None:
    """Once a day, from an hour on: tell who checks pictures how many wait; nothing where none does."""
    waits = Image.objects.to_check()
    if not settings.SENDS_MAIL or now.hour < settings.REVIEW_MAIL_HOUR or not waits.exists():
        return
    for reviewer in reviewers():
        with transaction.atomic():  # that it was told today, and the mail
            address = address_for(reviewer, Kind.WAITING)
            if address and _is_first_today(reviewer, now):
                told = words.written(reviewer, Kind.WAITING, (), waits.count())
                Mail.objects.create(to=address, owner=reviewer, kind=Kind.WAITING, about=[], **told)


def _is_first_today(reviewer: User, now: dt.datetime) -> bool:
    """However often it is asked, and by however many at once."""
    return RateLimit.objects.take(f"review mail {reviewer.pk}", 1, most=1, window=DAY, now=now)


def address_for(owner: User, kind: str) -> str:
    """Where they want such mails, "" where nowhere."""
    is_wanted = settings.SENDS_MAIL and owner.wants_mail(kind) and kind in kinds_for(owner)
    return proven_address(owner) if is_wanted else ""


def still_true(kind: str, subjects: Sequence[UUID | str]) -> QuerySet[TryOn] | QuerySet[Image]:
    """Those of which there is something to tell: they are there, as they were then, and not seen yet."""
    if kind == Kind.WAITING:
        return Image.objects.to_check()
    if kind != Kind.READY:
        return Image.objects.present().filter(pk__in=subjects, review=kind).order_by("created_at")
    came = {"image__deleted_at": None, "image__unseen_since__isnull": False}
    unseen = {f"generations__results__{name}": value for name, value in came.items()}
    return TryOn.objects.present().filter(pk__in=subjects, **unseen).distinct().order_by("created_at")


def is_void(mail: Mail) -> bool:
    """Whether what it tells of is gone, or no longer wanted, since it was written."""
    if mail.owner is None:
        return False
    return not (address_for(mail.owner, mail.kind) and still_true(mail.kind, mail.about or []).exists())
