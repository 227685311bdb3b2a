"""Take a deletion back, for some seconds after it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from gallery.models import Image
from tryon.accounts.current_user import require_user
from tryon.models import TryOn
from tryon.pipeline.enqueue import enqueue_after_response
from tryon.pipeline.privacy import undo


def offer_undo(request: HttpRequest, words: str, press: uuid.UUID | None) -> None:
    """Say what was deleted; the page shows a button beside it (see base.html)."""
    messages.success(request, words, extra_tags=reverse("undo", args=[press]) if press else "")


@require_POST
def take_back(request: HttpRequest, press: uuid.UUID) -> HttpResponse:
    subject, waiting = undo.take_back(press, require_user(request))
    if subject is None:
        messages.warning(request, "It is too late: that is gone for good.")
        return redirect("gallery")
    enqueue_after_response(waiting)
    messages.success(request, "It is there again.")
    if isinstance(subject, TryOn):
        return redirect("tryon", subject.pk)
    return redirect("image", subject.pk) if isinstance(subject, Image) else redirect("wardrobe")
