"""What the sharing of pictures asks of the rest of the site, by the dotted paths in its settings."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from gallery.models import Image
from gallery.owners import AnyUser


def sender_digest(request: HttpRequest) -> str:
    """By what a client address is counted: 32 letters out of which nobody reads it."""
    digest: str = import_string(settings.SHARING_SENDER)(request)
    return digest


def onward_addresses(images: Sequence[Image], user: AnyUser) -> dict[uuid.UUID, str]:
    """Where `user` may try on what a picture shows, by the picture's id; none where that cannot be."""
    found: dict[uuid.UUID, str] = import_string(settings.SHARING_ONWARD)(images, user)
    return found
