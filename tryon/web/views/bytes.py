"""The bytes of input pictures, through the same question as their pages: may this user see it?"""

from __future__ import annotations

import datetime as dt
import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from gallery import media
from gallery.models import AuditEntry
from gallery.models.audit import register_action
from gallery.serving import is_there
from tryon.models import Reference

OPENED = register_action("opened", _("Original opened"))
COPIES = {
    "original": (),
    "small": ("small",),
    "thumbnail": ("thumbnail", "small"),
}  # by size, the first first
NOTED_EVERY = dt.timedelta(hours=1)  # a page asks for its pictures again with each look


@require_safe
def reference_bytes(request: HttpRequest, pk: uuid.UUID, size: str) -> HttpResponse:
    """`small` and `thumbnail` are copies; until one is made, the next larger picture is shown in its place.

    What was kept from the gallery, or is a sample, leaves with its mark; a photo that was given has none.
    """
    reference = get_object_or_404(Reference.objects.visible_to(request.user), pk=pk)
    if size not in COPIES:
        raise Http404
    for copy in COPIES[size]:
        if is_there(file := getattr(reference, copy)):
            return media.send(request, file, "image/webp", mark=reference.mark)
    if not is_there(reference.file):
        raise Http404
    _note_opened(request, reference)
    return media.send(request, reference.file, reference.content_type, mark=reference.mark)


def _note_opened(request: HttpRequest, reference: Reference) -> None:
    """That somebody else looked at a whole photo of a person, once an hour for each who looks."""
    if reference.owner_id in (None, request.user.pk) or reference.kind == Reference.Kind.GARMENT:
        return
    lately = AuditEntry.objects.of(reference).filter(
        action=OPENED, actor=request.user.pk, at__gt=timezone.now() - NOTED_EVERY
    )
    if not lately.exists():
        AuditEntry.objects.record(request.user, OPENED, reference)
