"""Take a deletion back, for some seconds after it."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery.models import Image
from tryon.accounts.current_user import require_user
from tryon.models import TryOn
from tryon.pipeline.enqueue import enqueue_after_response
from tryon.pipeline.privacy import undo


def offer_undo(request: HttpRequest, words: str, press: uuid.UUID | None, there: str = "") -> None:
    """Say what was deleted; the page shows a button beside it (see base.html), which leads back there."""
    there = came_from(request) or there
    address = reverse("undo", args=[press]) + (f"?{urlencode({'next': there})}" if there else "")
    messages.success(request, words, extra_tags=address if press else "")


def came_from(request: HttpRequest) -> str:
    """The page of ours that the form says it stands on, to come back to; "" where it says none."""
    there = request.POST.get("next") or request.GET.get("next") or ""
    return there if url_has_allowed_host_and_scheme(there, allowed_hosts=None) else ""


def leave_to(request: HttpRequest, address: str) -> HttpResponse:
    """Go to a page that cannot be put in the place of the one that asks."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


@require_POST
def take_back(request: HttpRequest, press: uuid.UUID) -> HttpResponse:
    subject, waiting = undo.take_back(press, require_user(request))
    if subject is None:
        messages.warning(request, _("It is too late: that is gone for good."))
        return redirect("gallery")
    enqueue_after_response(waiting)
    messages.success(request, _("Taken back: all is there as before."))
    if there := came_from(request):
        return redirect(there)
    if isinstance(subject, TryOn):
        return redirect("tryon", subject.pk)
    return redirect("image", subject.pk) if isinstance(subject, Image) else redirect("wardrobe")
