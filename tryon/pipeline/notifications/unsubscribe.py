"""The link in a mail that ends mails like it: signed, so that it works without a log-in, for them alone."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from tryon.accounts.models import User
from tryon.models import Notification

SALT = "unsubscribe"


def unsubscribe_url(owner: User, kind: str) -> str:
    return settings.SITE_URL + reverse("unsubscribe", args=[signing.dumps([owner.pk, kind], salt=SALT)])


def read_token(token: str) -> tuple[User, Notification.Kind] | None:
    """Whose mails of which kind it ends; None for one that is forged or cut, or where nobody is left."""
    try:
        pk, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    owner = User.objects.filter(pk=pk, is_active=True).first()
    return (owner, Notification.Kind(kind)) if owner else None
