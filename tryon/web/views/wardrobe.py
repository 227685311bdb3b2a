"""Saved people, garments and other pictures, and the shop's: use again, name, or delete."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery.owners import owners_only
from tryon.accounts.current_user import require_user
from tryon.models import Reference
from tryon.pipeline.privacy import undo
from tryon.presenters.wardrobe import HEADINGS, own_piece, rail, rails
from tryon.web.forms.piece import PieceForm
from tryon.web.views.undo import came_from, offer_undo


@owners_only
@require_safe
def wardrobe(request: HttpRequest) -> HttpResponse:
    """All kinds, the first of each; with `?show=` all of one kind, page by page."""
    show = request.GET.get("show", "")
    shown = [rail(request.user, show, request.GET.get("page", "1"))] if show in HEADINGS else []
    shown = shown or rails(request.user)
    has_own = any(piece.is_own for each in shown for piece in each.pieces)
    context = {"rails": shown, "show": show if show in HEADINGS else "", "has_own": has_own}
    return render(request, "tryon/wardrobe.html", context)


@require_POST
def reference_describe(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Its name and kind; the card anew for htmx, else back to the page. 422 with what is wrong."""
    piece = own_piece(request.user, pk)
    if piece is None:
        raise Http404
    form = PieceForm(piece.reference, request.POST)
    is_in_place = "HX-Request" in request.headers
    if form.is_valid():
        form.save()
        if not is_in_place:
            messages.success(request, _("Saved"))
            return redirect(came_from(request) or "wardrobe")
    template = "tryon/_piece.html" if is_in_place else "tryon/piece.html"
    context = {"piece": piece, "form": form, "there": came_from(request), "is_saved": not form.errors}
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def reference_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    reference = get_object_or_404(Reference.objects.owned_by(request.user), pk=pk)
    press = undo.hide_reference(reference, require_user(request))
    words = _("The photo is deleted, and no new picture is made from it. Pictures made from it stay.")
    offer_undo(request, words, press)
    return redirect(came_from(request) or "wardrobe")
