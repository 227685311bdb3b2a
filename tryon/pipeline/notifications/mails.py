"""Mails wait as rows for a worker: no page waits for a mail server, and none is lost where it is away."""

from __future__ import annotations

import logging
import smtplib
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tryon.models import Mail
from tryon.pipeline.enqueue import TaskMessage, enqueue_after_response
from tryon.pipeline.notifications import batches

log = logging.getLogger(__name__)


class QueueBackend(BaseEmailBackend):
    """Django's EMAIL_BACKEND: what is sent by it is sent when the transaction is committed, and for sure."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Write a row for each that a message goes to; how many messages they were."""
        rows = [_row(message, address) for message in messages for address in message.recipients()]
        Mail.objects.bulk_create(rows)
        wake_ups = [TaskMessage("send_mail", row.pk) for row in rows]
        transaction.on_commit(lambda: enqueue_after_response(wake_ups), robust=True)
        return len(messages)


def _row(message: EmailMessage, address: str) -> Mail:
    (html,) = [part.content for part in getattr(message, "alternatives", ())] or [""]
    return Mail(
        to=address.lower(),
        from_email=message.from_email,
        reply_to=", ".join(message.reply_to),
        subject=str(message.subject),
        body=str(message.body),
        html=html,
    )


def send(pk: uuid.UUID) -> None:
    """Send a mail that waits. What the mail server cannot take now is tried again, for a day."""
    mail = Mail.objects.claim(pk)
    if mail is None:
        return
    if batches.is_void(mail):
        mail.delete()
        return
    try:
        get_connection(settings.DELIVERY_BACKEND).send_messages([mail.message()])
    except (OSError, ValueError) as exc:  # ValueError: an address that no mail can have
        if mail.is_given_up or _is_final(exc):
            log.error("%s is given up: %s", mail, _words(exc))
        else:
            log.warning("%s is tried again later: %s", mail, _words(exc))
            mail.put_off()
            return
    mail.delete()


def _is_final(exc: Exception) -> bool:
    """Whether the server said that there is nobody of that address."""
    if isinstance(exc, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in exc.recipients.values())
    return isinstance(exc, ValueError)


def _words(exc: Exception) -> str:
    """What it was, without the address that the server repeats."""
    if isinstance(exc, smtplib.SMTPRecipientsRefused):
        return f"refused {sorted(code for code, _ in exc.recipients.values())}"
    return f"{type(exc).__name__} {getattr(exc, 'smtp_code', None) or getattr(exc, 'errno', None) or ''}"
