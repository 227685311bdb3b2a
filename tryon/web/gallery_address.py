"""The gallery's address: which pictures it asks for, and the place that a page begins after."""

from __future__ import annotations

import datetime as dt
import re
import uuid

from django.http import HttpRequest

from gallery.models import Image
from gallery.models.keyset import Mark
from tryon.models import Reference
from tryon.presenters.gallery.filters import KINDS, SHOWN, GalleryFilters
from tryon.web.forms import parse_uuid

MARK = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z),([0-9a-f-]{36})")


def filters_of(request: HttpRequest) -> GalleryFilters:
    """What makes no sense in the address, or was deleted, is passed over."""
    query, user = request.GET, request.user
    asked = {kind: parse_uuid(query.get(kind, "")) for kind in KINDS}
    wanted = [pk for pk in asked.values() if pk]
    usable = Reference.objects.usable_by(user).filter(pk__in=wanted) if wanted else ()
    found = {photo.kind: photo for photo in usable if asked.get(photo.kind) == photo.pk}
    shown = query.getlist("show")
    states = [name for name in shown if name in Image.Review.values]
    return GalleryFilters(user, found, (*(name for name in SHOWN if name in shown), *states[-1:]))


def format_mark(mark: Mark) -> str:
    at, pk = mark
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ},{pk}"


def parse_mark(text: str) -> Mark | None:
    """Rubbish means the first page."""
    found = MARK.fullmatch(text)
    if not found:
        return None
    try:
        return dt.datetime.fromisoformat(found[1]), uuid.UUID(found[2])
    except ValueError:
        return None
