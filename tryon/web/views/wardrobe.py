"""Saved people, garments and other pictures: use again, or delete."""

from __future__ import annotations

import uuid

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from gallery.owners import owners_only
from tryon.accounts.current_user import require_user
from tryon.models import GatewayFile, Reference
from tryon.pipeline.privacy import undo
from tryon.presenters import labels
from tryon.web.views.undo import came_from, offer_undo

MOST_SHOWN = 96  # of each kind; the ones used last


@owners_only
@require_safe
def wardrobe(request: HttpRequest) -> HttpResponse:
    """One's own photos, with the day on which each copy at the gateway ends."""
    alive = GatewayFile.objects.filter(state=GatewayFile.State.LIVE, expires_at__gt=timezone.now())
    mine = Reference.objects.owned_by(request.user).order_by("-last_used_at")
    mine = mine.prefetch_related(Prefetch("gateway_files", queryset=alive, to_attr="copies"))
    context = {
        "people": _named(mine.filter(kind=Reference.Kind.PERSON)),
        "garments": _named(mine.filter(kind=Reference.Kind.GARMENT)),
        "pictures": _named(mine.filter(kind=Reference.Kind.OTHER)),
    }
    return render(request, "tryon/wardrobe.html", context)


def _named(references: QuerySet[Reference]) -> list[tuple[Reference, str]]:
    return [(reference, labels.reference_label(reference)) for reference in references[:MOST_SHOWN]]


@require_POST
def reference_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    reference = get_object_or_404(Reference.objects.owned_by(request.user), pk=pk)
    press = undo.hide_reference(reference, require_user(request))
    offer_undo(
        request,
        "The photo is deleted, and its copy at the gateway is not used again. Pictures made from it stay.",
        press,
    )
    return redirect(came_from(request) or "wardrobe")
