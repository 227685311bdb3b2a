"""The privacy page, from the settings in force."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.models.share import MOST_DAYS, USUAL_DAYS
from tryon.models.money.budget import ADDRESS_DAYS, address_caps
from tryon.pipeline.privacy import deletion


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, where it goes, for how long, and how to be rid of it: from the settings in force."""
    context = {
        "copy_days": settings.FILE_LIFETIME_HOURS // 24,
        "upload_days": deletion.UPLOAD_KEPT.days,
        "saved_days": deletion.SAVED_BY_GUEST_KEPT.days,
        "link_days": USUAL_DAYS,
        "most_link_days": MOST_DAYS,
        "linked_pictures": settings.LINKED_PICTURES,
        "inline_references": settings.INLINE_REFERENCES,
        "counts_addresses": any(cap is not None for cap in address_caps().values()),
        "address_days": ADDRESS_DAYS,
    }
    return render(request, "tryon/privacy.html", context)
