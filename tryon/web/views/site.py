"""The shop's own look: a style sheet with its accent and its logo, for ever, and its looks of the samples."""

from __future__ import annotations

import re
import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from gallery.serving import send_image
from tryon.models import Site
from tryon.presenters import sample_looks
from tryon.rules import theme_colours

FOR_EVER = "public, max-age=31536000, immutable"
SHEET = re.compile(r"[0-9a-f]{6}-[0-9a-f]{8}")


@require_safe
def sheet(request: HttpRequest, name: str) -> HttpResponse:
    """The name says it all: no process needs the row, so none can answer with an older accent."""
    accent = f"#{name[:6]}"
    if (
        not SHEET.fullmatch(name)
        or not theme_colours.passes(accent)
        or theme_colours.sheet_name(accent) != name
    ):
        raise Http404
    return HttpResponse(
        theme_colours.sheet(accent),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": FOR_EVER},
    )


@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """Our own encoding of what was uploaded."""
    site = get_object_or_404(Site.objects.exclude(logo_digest=""), logo_digest=digest)
    return HttpResponse(
        bytes(site.logo),
        content_type="image/webp",
        headers={"Cache-Control": FOR_EVER, "Content-Security-Policy": "default-src 'none'; sandbox"},
    )


@require_safe
def sample_look(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a model made of a sample pair, to everybody while it is approved."""
    return send_image(request, get_object_or_404(sample_looks.public_images(), pk=pk), "large")
