"""A picture made from words alone goes to the wardrobe: somebody to dress, or something to put on."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery.models import Image
from gallery.pictures import MADE_PICTURES, BadPicture
from tryon.models import Reference, TryOnInput
from tryon.pipeline import references
from tryon.presenters.gallery.provenance import image_provenance
from tryon.presenters.labels import told
from tryon.rules import outfits
from tryon.rules.request_rules import photo_refusal

IMAGINED = "imagined"  # in place of a consent: it is nobody's photo
WARDROBE_KINDS = (Reference.Kind.PERSON, Reference.Kind.GARMENT)
LONGEST_LABEL = 80


@require_POST
def image_keep(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep it as `kind` person or garment (of `category`) and open the studio with it; twice is once."""
    picture = get_object_or_404(Image.objects.owned_by(request.user), pk=pk)
    provenance = image_provenance([picture]).get(picture.pk)
    kind = request.POST.get("kind")
    if provenance is None or not provenance.is_keepable or kind not in WARDROBE_KINDS:
        raise Http404
    named = request.POST.get("category", "")
    category = named if named in outfits.CATEGORIES and kind == "garment" else "auto"
    label = _("Imagined: %(words)s") % {"words": provenance.tryon.note}  # so that nobody takes it for a photo
    try:
        with picture.original.open("rb") as file:
            kept = references.keep(
                picture.owner,
                kind,
                bytes(file.read()),
                category=category,
                label=Truncator(label).chars(LONGEST_LABEL),
                source_type=picture.find_source_type(),
                limits=MADE_PICTURES,
            )
    except FileNotFoundError as exc:  # deleted just now, or lost
        raise Http404 from exc
    except BadPicture as exc:
        why = told(photo_refusal(exc.code))
        messages.error(request, _("This picture cannot be kept. %(why)s.") % {"why": why})
        return redirect("image", pk=pk)
    if kind == Reference.Kind.PERSON:
        kept.consent(TryOnInput.PERSON, IMAGINED)
    elif category != "auto":
        kept.sort_under(category)
    messages.success(request, _("Kept in your wardrobe."))
    return redirect(f"{reverse('studio')}?{urlencode({kind: str(kept.pk)})}")
