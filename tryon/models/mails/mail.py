from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models
from django.db.models import F

from tryon.models import clock

LEASE = dt.timedelta(minutes=5)  # longer than a mail server may take
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(hours=1)
TRIED_FOR = dt.timedelta(days=1)


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self) -> MailQuerySet:
        return self.filter(not_before__lte=clock.now()).order_by("not_before")

    def to_any_of(self, addresses: Iterable[str]) -> MailQuerySet:
        return self.filter(to__in={address.lower() for address in addresses})

    def claim(self, pk: uuid.UUID) -> Mail | None:
        """The mail, for whoever comes first; a worker that dies over it leaves it to another."""
        until = clock.now() + LEASE
        is_ours = self.due().filter(pk=pk).order_by().update(not_before=until, tries=F("tries") + 1)
        return self.filter(pk=pk).first() if is_ours else None


class Mail(models.Model):
    """A mail that waits: a row of the transaction that it tells of, until it is sent or given up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    to = models.EmailField(db_index=True)  # small letters; read by erasure
    from_email = models.CharField(max_length=400)
    reply_to = models.CharField(max_length=400, blank=True)
    subject = models.CharField(max_length=400)
    body = models.TextField()
    html = models.TextField(blank=True)
    # Of a notification: whose it is, of which kind, and the ids of what it tells of.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=10, blank=True, default="", db_default="")
    about = models.JSONField(null=True, blank=True)
    unsubscribe_url = models.CharField(max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=clock.now)
    not_before = models.DateTimeField(default=clock.now, db_index=True)  # read by the sweep
    tries = models.PositiveIntegerField(default=0)

    objects = MailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"mail {self.pk}"  # neither address nor subject: logs show it

    def message(self) -> EmailMultiAlternatives:
        """What goes to the mail server; sent twice, it is known by its Message-ID to be one."""
        headers = {
            "Message-ID": f"<{self.pk}@{urlsplit(settings.SITE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        }
        if self.unsubscribe_url:  # RFC 8058
            headers["List-Unsubscribe"] = f"<{self.unsubscribe_url}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        reply_to = [self.reply_to] if self.reply_to else None
        message = EmailMultiAlternatives(
            self.subject, self.body, self.from_email, [self.to], headers=headers, reply_to=reply_to
        )
        if self.html:
            message.attach_alternative(self.html, "text/html")
        return message

    def put_off(self) -> None:
        """Ever longer pauses, as mail servers make them."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.tries - 1, 10))
        Mail.objects.filter(pk=self.pk).update(not_before=clock.now() + pause)

    @property
    def is_given_up(self) -> bool:
        return clock.now() > self.created_at + TRIED_FOR
