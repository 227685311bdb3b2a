"""The bytes of input pictures, through the same question as their pages: may this user see it?"""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from gallery import media
from gallery.serving import is_there
from tryon.models import Reference


@require_safe
def reference_bytes(request: HttpRequest, pk: uuid.UUID, size: str) -> HttpResponse:
    """`small` is the copy that pages show, and the original until that copy is made.

    What was kept from the gallery, or is a sample, leaves with its mark; a photo that was given has none.
    """
    reference = get_object_or_404(Reference.objects.visible_to(request.user), pk=pk)
    if size not in ("small", "original"):
        raise Http404
    if size == "small" and is_there(reference.small):
        return media.send(request, reference.small, "image/webp", mark=reference.mark)
    if not is_there(reference.file):
        raise Http404
    return media.send(request, reference.file, reference.content_type, mark=reference.mark)
