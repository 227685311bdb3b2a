"""The shop's own look: its accent, logo and icons, its entry among a phone's apps, its sample looks."""

from __future__ import annotations

import re
import uuid
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery import pictures
from gallery.serving import send_image
from tryon.models import Site
from tryon.presenters import sample_looks
from tryon.rules import theme_colours

FOR_EVER = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=60"
SHEET = re.compile(r"[0-9a-f]{6}-[0-9a-f]{8}")
INERT = {"Content-Security-Policy": "default-src 'none'; sandbox"}
DENSITIES = (1, 2)  # pixels of the screen to one of the page
# By name, the side in pixels, and how much of it the mark takes: systems cut a maskable one to any shape.
ICONS = {"180": (180, 0.8), "192": (192, 0.8), "512": (512, 0.8), "maskable": (512, 0.56)}
INSTALLED = ("192", "512", "maskable")


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
def logo(request: HttpRequest, digest: str, times: int) -> HttpResponse:
    """Our own encoding of what was uploaded, as large as a page shows it on a screen of this density."""
    site = _site(digest)
    if times not in DENSITIES:
        raise Http404
    longest = times * max(site.shown_width, site.shown_height)
    try:
        return _picture(_shown_logo(digest, longest), "image/webp", FOR_EVER)
    except pictures.BadPicture:  # too much is being opened just now: as it is kept
        return _picture(_kept_logo(digest), "image/webp", A_MOMENT)


@require_safe
def icon(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """The logo as a square for home screens."""
    _site(digest)
    if name not in ICONS:
        raise Http404
    try:
        return _picture(_icon(digest, *ICONS[name]), "image/png", FOR_EVER)
    except pictures.BadPicture as exc:
        raise Http404 from exc


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone calls the site, and how it looks there, once it is put among the apps."""
    site = Site.objects.current()
    told = {
        "id": reverse("studio"),
        "name": site.title,
        "short_name": site.title[:12].strip(),
        "description": _("See how it looks on you, before you buy"),
        "start_url": reverse("studio"),
        "scope": reverse("studio"),
        "display": "standalone",
        "background_color": theme_colours.PAPER,
        "theme_color": site.accent or theme_colours.BUILT_IN,
        "icons": [_icon_row(site, name) for name in INSTALLED],
    }
    return JsonResponse(told, content_type="application/manifest+json", headers={"Cache-Control": A_MOMENT})


@require_safe
def sample_look(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a model made of a sample pair, to everybody while it is approved."""
    return send_image(request, get_object_or_404(sample_looks.public_images(), pk=pk), "large")


def _site(digest: str) -> Site:
    return get_object_or_404(Site.objects.defer("logo").exclude(logo_digest=""), logo_digest=digest)


def _kept_logo(digest: str) -> bytes:
    return bytes(get_object_or_404(Site, logo_digest=digest).logo)


# Made once by each process, and kept by browsers for ever.
@lru_cache(maxsize=8)
def _shown_logo(digest: str, longest: int) -> bytes:
    return pictures.shown_logo(_kept_logo(digest), longest)


@lru_cache(maxsize=8)
def _icon(digest: str, side: int, part: float) -> bytes:
    return pictures.icon(_kept_logo(digest), side, part, theme_colours.PAPER)


def _picture(content: bytes, content_type: str, kept: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers=INERT | {"Cache-Control": kept})


def _icon_row(site: Site, name: str) -> dict[str, str]:
    side = ICONS[name][0]
    own = site.logo_digest and reverse("site_icon", args=[site.logo_digest, name])
    return {
        "src": own or static(f"img/icon-{name}.png"),
        "sizes": f"{side}x{side}",
        "type": "image/png",
        "purpose": "maskable" if name == "maskable" else "any",
    }
