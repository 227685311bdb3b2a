"""The privacy page, from the settings in force."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.models.sharing.share import MOST_DAYS, USUAL_DAYS
from tryon.presenters import retention


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, where it goes, for how long, and how to be rid of it: from the settings in force."""
    context = {
        "copy_days": settings.FILE_LIFETIME_HOURS // 24,
        "retention": retention.table(),
        "link_days": USUAL_DAYS,
        "most_link_days": MOST_DAYS,
        "linked_pictures": settings.LINKED_PICTURES,
        "inline_references": settings.INLINE_REFERENCES,
    }
    return render(request, "tryon/privacy.html", context)
