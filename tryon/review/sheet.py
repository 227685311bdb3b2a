"""Many at once: a sheet of pictures, of which those that were seen are decided on together."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from gallery.models import Image
from gallery.models.review import Standing
from tryon.accounts.models import User
from tryon.presenters.decisions import already
from tryon.presenters.gallery.provenance import image_provenance
from tryon.review.access import reviewers_only
from tryon.review.desk import queue_of, to_check
from tryon.review.forms import DecisionForm
from tryon.review.picture import DeskPicture, reason_keys
from tryon.review.queue import Place, Queue, claims_of_others

TILES = 48
SALT = "contact sheet"
SIGNED_FOR = 24 * 3600  # seconds that a sheet may lie open
LATELY = "decided_on_sheet"  # in the session: what the next page offers to undo
DONE: dict[str, Callable[[int], str]] = {
    "approve": lambda n: ngettext("%(n)s picture approved", "%(n)s pictures approved", n) % {"n": n},
    "reject": lambda n: ngettext("%(n)s picture rejected", "%(n)s pictures rejected", n) % {"n": n},
    "undo": lambda n: ngettext("%(n)s picture put back", "%(n)s pictures put back", n) % {"n": n},
}


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers_only
def sheet(request: HttpRequest) -> HttpResponse:
    """`?after=` a place goes on below it; POST `decision` with the `image`s that were selected of `page`."""
    queue = queue_of(request)
    return _decide(request, queue) if request.method == "POST" else _show(request, queue)


def _show(request: HttpRequest, queue: Queue) -> HttpResponse:
    rows = queue.beyond(Place.read(request.GET.get("after", ""))).prefetch_related("flags")
    images = list(rows[: TILES + 1])
    shown, more = images[:TILES], images[TILES:]
    queue.claim([image.pk for image in shown])
    found = image_provenance(shown)
    tiles = [
        DeskPicture(image, found.get(image.pk), queue.place(image), _address(image, queue)) for image in shown
    ]
    context = {
        "tiles": tiles,
        "page": _signed(shown, queue.user),
        "older": queue.place(shown[-1]) if more else None,
        "is_first": "after" not in request.GET,
        "lately": request.session.pop(LATELY, None),
        "reasons": reason_keys(),
        "are_elsewhere": not shown and claims_of_others(queue.user).exists(),
        **to_check(queue),
    }
    return render(request, "review/sheet.html", context)


def _decide(request: HttpRequest, queue: Queue) -> HttpResponse:
    """Only what stood on the page that was given, and only where what it showed still stands."""
    onward = redirect(reverse("review_sheet") + queue.filters.address)
    shown = _read(request.POST.get("page", ""), queue.user)
    wanted = [pk for pk in dict.fromkeys(request.POST.getlist("image")) if pk in shown]
    form = DecisionForm(request.POST)
    if not (wanted and form.is_valid()):
        nothing = _("Select at least one picture of this page.")
        messages.error(request, nothing if form.is_valid() else form.first_error())
        return onward
    images = Image.objects.present().select_related("owner").in_bulk([uuid.UUID(pk) for pk in wanted])
    decided: list[Image] = []
    left: list[Image] = []
    for image in images.values():
        moved = form.decide(image, queue.user, Standing.read(shown[str(image.pk)]))
        (decided if moved else left).append(image)
    if decided:
        _offer_undo(request, queue.user, form.asked, decided)
    if still_there := [image for image in left if not image.deleted_at]:
        messages.warning(request, already(still_there))
    return onward


def _offer_undo(request: HttpRequest, user: User, decision: str, decided: Sequence[Image]) -> None:
    """On the next page, once."""
    undone = decision == "undo"
    request.session[LATELY] = {
        "done": DONE[decision](len(decided)),
        "page": "" if undone else _signed(decided, user),
        "images": [str(image.pk) for image in decided],
    }


def _signed(images: Sequence[Image], user: User) -> str:
    """What a page shows, and what stands there, for this reviewer alone."""
    shown: dict[str, Any] = {str(image.pk): str(image.standing) for image in images}
    return signing.dumps([user.pk, shown], salt=SALT, compress=True)


def _read(text: str, user: User) -> dict[str, str]:
    """Nothing where it is not of ours, is too old, or was given to somebody else."""
    try:
        whose, shown = signing.loads(text, salt=SALT, max_age=SIGNED_FOR)
    except signing.BadSignature:
        return {}
    return shown if whose == user.pk else {}


def _address(image: Image, queue: Queue) -> str:
    return reverse("review_image", args=[image.pk]) + queue.filters.address
