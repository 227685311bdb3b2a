"""The owner's pictures: the grid, one picture beside what it was made from, its bytes, its end."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gallery.models import Image, ShareLink
from gallery.models.share import MOST_DAYS, USUAL_DAYS
from gallery.owners import owners_only
from gallery.serving import send_image
from tryon.accounts.current_user import require_user
from tryon.models import Generation, TryOn
from tryon.models.reference import CATEGORIES
from tryon.pipeline.privacy import undo
from tryon.presenters.looks import looks_of
from tryon.presenters.model_choices import price_of_one_more
from tryon.presenters.progress import Picture
from tryon.presenters.provenance import download_name, image_names, image_provenance, tryon_provenance
from tryon.rules.model_families import nearest_ratio
from tryon.rules.prompts import RETRY_HINTS
from tryon.web.views.undo import came_from, leave_to, offer_undo

PICTURES_A_PAGE = 24
UNFINISHED_SHOWN = 6
FILTERS = {
    "": ("All", Q()),
    "favourite": ("Favourites", Q(favourite=True)),
    **{state.value: (state.label, Q(review=state)) for state in Image.Review},
}
CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z),([0-9a-f-]{36})")

Cursor = tuple[dt.datetime, uuid.UUID]


@owners_only
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """A page of pictures, newest first; `?after=<created_at>,<id>` goes on below that picture."""
    show = request.GET.get("show", "")
    show = show if show in FILTERS else ""
    cursor = parse_cursor(request.GET.get("after", ""))
    rows = Image.objects.owned_by(request.user).filter(FILTERS[show][1])
    images = rows.page_after(cursor, PICTURES_A_PAGE)
    more = len(images) > PICTURES_A_PAGE
    images = images[:PICTURES_A_PAGE]
    called = image_names(images)
    _note_seen(request, images, is_whole=cursor is None and not show)
    context = {
        "images": [(image, called.get(image.pk, "Picture")) for image in images],
        "show": show,
        "filters": [(key, label) for key, (label, _) in FILTERS.items()],
        "is_first": cursor is None,
        "older": _address(show, images[-1]) if more else "",
        "unfinished": _unfinished(request) if cursor is None and not show else [],
    }
    return render(request, "tryon/gallery.html", context)


def _note_seen(request: HttpRequest, images: list[Image], *, is_whole: bool) -> None:
    """Whoever opens the gallery has looked; of its other pages it is what is on them."""
    unseen = Image.objects.unseen_by(request.user)
    if not is_whole:
        unseen = unseen.filter(pk__in=[image.pk for image in images if image.unseen_since])
    if request.user.pk:
        unseen.mark_seen()


def _address(show: str, last: Image) -> str:
    query = {"after": format_cursor(last)} | ({"show": show} if show else {})
    return f"{reverse('gallery')}?{urlencode(query)}"


def format_cursor(image: Image) -> str:
    return f"{image.created_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ},{image.pk}"


def parse_cursor(text: str) -> Cursor | None:
    """The place that a page begins after; rubbish means the first page."""
    found = CURSOR.fullmatch(text)
    if not found:
        return None
    try:
        return dt.datetime.fromisoformat(found[1]), uuid.UUID(found[2])
    except ValueError:
        return None


def _unfinished(request: HttpRequest) -> list[TryOn]:
    waiting = Generation.objects.unfinished().values("tryon_id")
    rows = TryOn.objects.owned_by(request.user).filter(pk__in=waiting)
    return list(rows.order_by("-created_at")[:UNFINISHED_SHOWN])


@require_safe
def image(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One picture beside its inputs. Staff see every picture; what changes it is the owner's."""
    picture = get_object_or_404(Image.objects.visible_to(request.user), pk=pk)
    is_owner = picture.owner_id == request.user.pk
    if is_owner and picture.unseen_since:
        Image.objects.filter(pk=picture.pk).mark_seen()
    context = {
        "image": picture,
        "shape": nearest_ratio(picture.width, picture.height),
        "provenance": image_provenance([picture]).get(picture.pk),
        "is_owner": is_owner,
        **(_of_the_owner(request, picture) if is_owner else {}),
    }
    return render(request, "tryon/image.html", context)


def _of_the_owner(request: HttpRequest, picture: Image) -> dict[str, Any]:
    mine = Image.objects.owned_by(request.user)
    return {
        "newer": mine.newer_than(picture),
        "older": next(iter(mine.page_after((picture.created_at, picture.pk), 0)), None),
        "links": ShareLink.objects.owned_by(request.user).live().filter(images=picture),
        "shared": Picture.of(picture),
        "share_days": USUAL_DAYS,
        "most_share_days": MOST_DAYS,
        "may_approve": request.user.has_perm("gallery.change_image"),
        "categories": CATEGORIES[1:],
        **(_to_be_mended(picture) if picture.reason else {}),
    }


def _to_be_mended(picture: Image) -> dict[str, Any]:
    tryon = TryOn.objects.filter(generations__results__image=picture).first()
    return {"mendable": RETRY_HINTS if tryon else {}, "mend_price": price_of_one_more(tryon) if tryon else ""}


@require_safe
def image_bytes(request: HttpRequest, pk: uuid.UUID, size: str) -> HttpResponse:
    picture = get_object_or_404(Image.objects.visible_to(request.user), pk=pk)
    is_download = "download" in request.GET
    called = download_name(picture) if is_download else ""
    return send_image(request, picture, size, download=is_download, called=called)


@require_POST
def image_favourite(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Turn the heart on or off, as the form says, so that pressing twice changes nothing."""
    picture = get_object_or_404(Image.objects.owned_by(request.user), pk=pk)
    picture.mark_favourite(request.POST.get("favourite") == "1")
    if "HX-Request" in request.headers:  # the page has filled it already
        return HttpResponse(status=204)
    return redirect("image", pk=pk)


@require_POST
def image_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    picture = get_object_or_404(Image.objects.owned_by(request.user), pk=pk)
    press = undo.hide_image(picture, require_user(request))
    offer_undo(request, "The picture is deleted, and gone from every link that showed it.", press)
    if not came_from(request):
        return redirect("gallery")
    return _back_to_the_look(request, picture)


def _back_to_the_look(request: HttpRequest, deleted: Image) -> HttpResponse:
    """Where its try-on went with it, the person's next look, or the studio with the person chosen."""
    tryon = TryOn.objects.filter(generations__results__image=deleted).first()
    if tryon is None or tryon.deleted_at is None:
        return redirect(came_from(request))
    person = tryon_provenance(tryon).person
    if person and (looks := looks_of(person, tryon)):
        return redirect("tryon", looks[0].tryon.pk)
    return leave_to(request, reverse("studio") + (f"?person={person.pk}" if person else ""))
