"""A copy of all that somebody has here: a ZIP, made while it is sent, with words as JSON and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from gallery.media import opened
from gallery.models import AuditEntry, Image, ShareLink
from gallery.models.audit import register_action
from gallery.serving import open_download
from gallery.zip_files import Opener, streamed_zip
from tryon.accounts.models import User
from tryon.models import Attempt, Consent, Generation, Notification, Reference, Result, TryOn
from tryon.models.mails.notification import kinds_for

EXPORTED = register_action("exported", _("Data exported"))


def archive(user: User, by: User) -> Iterator[bytes]:
    """The ZIP in blocks. Pictures are as the owner may download them, with the mark of what made them."""
    AuditEntry.objects.record(by, EXPORTED, user)
    return streamed_zip(_files(user))


def _files(user: User) -> Iterator[tuple[str, Opener]]:
    told = json.dumps(_told(user), cls=DjangoJSONEncoder, indent=1, ensure_ascii=False)
    yield "data.json", partial(BytesIO, told.encode())
    for reference in Reference.objects.owned_by(user).exclude(file="").order_by("created_at"):
        yield _name_of_photo(reference), partial(opened, reference.file, reference.mark)
    for image in Image.objects.owned_by(user).order_by("created_at"):
        yield _name_of_picture(image), partial(open_download, image)


def _name_of_photo(reference: Reference) -> str:
    return f"photos/{reference.kind}-{reference.pk}.{_ending(reference.content_type)}"


def _name_of_picture(image: Image) -> str:
    return f"pictures/{image.pk}.{_ending(image.content_type)}"


def _ending(content_type: str) -> str:
    return content_type.rpartition("/")[2].replace("jpeg", "jpg")


def _told(user: User) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user=user)
    return {
        "account": {
            "name": user.username,
            "email": user.email,
            "guest": user.is_guest,
            "since": user.date_joined,
            "last_log_in": user.last_login,
            "addresses": list(addresses.values("email", "verified", "primary")),
            "mails": [kind.value for kind in kinds_for(user) if user.wants_mail(kind)],
            "logged_in": list(UserSession.objects.filter(user=user).values("user_agent", "created_at")),
            "second_factors": list(Authenticator.objects.filter(user=user).values("type", "created_at")),
            "mails_to_come": list(Notification.objects.filter(owner=user).values("kind", "subject", "at")),
        },
        "photos": [_photo(reference) for reference in Reference.objects.owned_by(user)],
        "try_ons": [_tryon(tryon) for tryon in TryOn.objects.owned_by(user).order_by("created_at")],
        "pictures": [_picture(image) for image in Image.objects.owned_by(user).order_by("created_at")],
        "links": [_link(link) for link in ShareLink.objects.filter(owner=user).order_by("created_at")],
    }


def _photo(reference: Reference) -> dict[str, Any]:
    return {
        "id": reference.pk,
        "kind": reference.kind,
        "file": _name_of_photo(reference) if reference.file else None,
        "address": reference.url or None,
        "label": reference.label,
        "category": reference.category,
        "added": reference.created_at,
        "last_used": reference.last_used_at,
        "consents": list(Consent.objects.filter(reference=reference).values("role", "text_version", "at")),
        "copies_at_the_gateway": list(reference.gateway_files.values("state", "uploaded_at", "expires_at")),
    }


def _tryon(tryon: TryOn) -> dict[str, Any]:
    return {
        "id": tryon.pk,
        "asked": tryon.created_at,
        "mode": tryon.mode,
        "model": tryon.model,
        "size": tryon.size,
        "aspect_ratio": tryon.aspect_ratio,
        "wanted": tryon.wanted,
        "words": tryon.note,
        "inputs": list(tryon.inputs.values("position", "role", "fit", photo=F("reference_id"))),
        "calls": [_call(generation) for generation in tryon.generations.order_by("number")],
    }


def _call(generation: Generation) -> dict[str, Any]:
    attempts = Attempt.objects.filter(generation=generation).order_by("pk")
    return {
        "state": generation.status,
        "pictures": list(Result.objects.filter(generation=generation).values_list("image_id", flat=True)),
        "sent": list(attempts.values("sent_at", "answered_at", "status", "prompt")),
    }


def _picture(image: Image) -> dict[str, Any]:
    return {
        "id": image.pk,
        "file": _name_of_picture(image),
        "name": image.called,
        "made": image.created_at,
        "made_by": image.made_by,
        "favourite": image.favourite,
        "check": image.review,
        "reason": image.why_rejected or None,
        "words_of_the_check": image.words or None,
        "not_looked_at_since": image.unseen_since,
        # In whose words is not told: they could say who it was.
        "reports": list(image.reports.order_by("at").values("reason", "at", "answered_at")),
    }


def _link(link: ShareLink) -> dict[str, Any]:
    return {
        "title": link.title,
        "made": link.created_at,
        "ends": link.expires_at,
        "stopped": link.revoked_at,
        "download": link.download,
        "password": bool(link.password),
        "takes_hearts": link.hearts,
        "views": link.views,
        "pictures": [image.pk for image in link.pictures],
        "hearts": {str(row.image_id): row.heart_count for row in link.rows if row.heart_count},
    }
