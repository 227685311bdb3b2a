"""The owner's pictures: the grid, one picture beside what it was made from, its bytes, its end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gallery import zip_files
from gallery.models import Image, ShareLink
from gallery.owners import owners_only
from gallery.serving import name_by_day, send_image
from gallery.sharing.forms import MOST_IMAGES, chosen_images, may_approve
from gallery.zip_files import zip_response
from tryon.accounts.current_user import require_user
from tryon.accounts.rate_limits import seconds_to_next
from tryon.models import Generation, TryOn
from tryon.pipeline.privacy import undo
from tryon.presenters.gallery.filters import MOST_WALKED
from tryon.presenters.gallery.looks import looks_of
from tryon.presenters.gallery.page import photo_chips, stacks, state_chips
from tryon.presenters.gallery.provenance import image_provenance, tryon_provenance
from tryon.presenters.labels import told
from tryon.presenters.model_choices import price_of_one_more
from tryon.presenters.waiting.progress import Picture
from tryon.rules.model_families import nearest_ratio
from tryon.rules.outfits import CATEGORIES
from tryon.rules.prompts import RETRY_HINTS
from tryon.web.gallery_address import filters_of, format_mark, parse_mark
from tryon.web.too_many import too_many
from tryon.web.views.undo import came_from, leave_to, offer_undo

PICTURES_A_PAGE = 24
UNFINISHED_SHOWN = 6
ZIPS_PER_HOUR = 60


@owners_only
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """A page of pictures, newest first; `?after=<created_at>,<id>` goes on below that picture."""
    filters, mark = filters_of(request), parse_mark(request.GET.get("after", ""))
    page = filters.page(mark, PICTURES_A_PAGE)
    is_whole = mark is None and filters.are_none
    _note_seen(request, page.images, is_whole=is_whole)
    context = {
        "stacks": stacks(page.images),
        "filters": filters,
        "states": state_chips(filters),
        "photos": photo_chips(filters, mark),
        "is_first": mark is None,
        "older": filters.address(after=format_mark(page.end)) if page.end else "",
        "is_walk_cut": page.end is not None and len(page.images) < PICTURES_A_PAGE,
        "most_walked": MOST_WALKED,
        "unfinished": _unfinished(request) if is_whole else [],
        "most_downloaded": MOST_IMAGES,
        "are_all_selected": request.GET.get("select") == "all",  # without scripts
        "address_of_all": filters.address(select="all", after=mark and format_mark(mark)),
        "here": reverse("gallery") + filters.address(after=mark and format_mark(mark)),
    }
    return render(request, "tryon/gallery.html", context)


def _note_seen(request: HttpRequest, images: list[Image], *, is_whole: bool) -> None:
    """Whoever opens the gallery has looked; of its other pages it is what is on them."""
    unseen = Image.objects.unseen_by(request.user)
    if not is_whole:
        unseen = unseen.filter(pk__in=[image.pk for image in images if image.unseen_since])
    if request.user.pk:
        unseen.mark_seen()


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
    filters = filters_of(request)
    return {
        "filters": filters,
        "newer": filters.neighbour(picture, newer=True),
        "older": filters.neighbour(picture, newer=False),
        "links": ShareLink.objects.owned_by(request.user).live().showing(picture),
        "shared": Picture.of(picture),
        "may_approve": may_approve(request.user),
        "categories": [(name, told(name)) for name in CATEGORIES if name != "auto"],
        **(_to_be_mended(picture) if picture.reason else {}),
    }


def _to_be_mended(picture: Image) -> dict[str, Any]:
    tryon = TryOn.objects.filter(generations__results__image=picture).first()
    return {"mendable": RETRY_HINTS if tryon else {}, "mend_price": price_of_one_more(tryon) if tryon else ""}


@require_safe
def image_bytes(request: HttpRequest, pk: uuid.UUID, size: str) -> HttpResponse:
    picture = get_object_or_404(Image.objects.visible_to(request.user), pk=pk)
    is_download = "download" in request.GET
    called = name_by_day(picture) if is_download else ""
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
    _delete(request, [picture], there=reverse("image", args=[pk]))
    if not came_from(request):
        return redirect("gallery")
    return _back_to_the_look(request, picture)


@require_POST
def gallery_delete(request: HttpRequest) -> HttpResponse:
    """The chosen ones, by one press that one other takes back."""
    images = _chosen(request)
    if images:
        _delete(request, images)
    return redirect(came_from(request) or "gallery")


@require_POST
def gallery_download(request: HttpRequest) -> HttpResponseBase:
    """The chosen ones as a ZIP; with `all` those that pass the filters in the address, the newest first."""
    is_all = "all" in request.POST
    images = filters_of(request).page(None, MOST_IMAGES).images if is_all else _chosen(request)
    if not images:
        return redirect(came_from(request) or "gallery")
    user = require_user(request)
    if wait := seconds_to_next(f"ZIPs of {user.pk}", ZIPS_PER_HOUR):
        return too_many(request, wait, back=reverse("gallery"))
    names = {slugify(image.name or "") for image in images}
    called = next(iter(names)) if len(names) == 1 else ""
    return zip_response(
        zip_files.pictures(images), f"{called or 'pictures'}-{timezone.localdate():%Y-%m-%d}.zip"
    )


def _chosen(request: HttpRequest) -> list[Image]:
    """Own pictures alone; a message where there is none, or there are too many."""
    ids = request.POST.getlist("images")
    images = chosen_images(request.user, ids) if len(ids) <= MOST_IMAGES else []
    if len(ids) > MOST_IMAGES:
        messages.info(request, _("Select %(most)d pictures at most.") % {"most": MOST_IMAGES})
    elif not images:
        messages.info(request, _("Select at least one picture first."))
    return images


def _delete(request: HttpRequest, images: Sequence[Image], there: str = "") -> None:
    press = undo.hide_images(images, require_user(request))
    words = ngettext(
        "The picture is deleted, and gone from every link that showed it.",
        "%(count)d pictures are deleted, and gone from every link that showed them.",
        len(images),
    )
    offer_undo(request, words % {"count": len(images)}, press, there=there)


def _back_to_the_look(request: HttpRequest, deleted: Image) -> HttpResponse:
    """Where its try-on went with it, the person's next look, or the studio with the person chosen."""
    tryon = TryOn.objects.filter(generations__results__image=deleted).first()
    if tryon is None or tryon.deleted_at is None:
        return redirect(came_from(request))
    person = tryon_provenance(tryon).person
    if person and (looks := looks_of(person, tryon)):
        return redirect("tryon", looks[0].tryon.pk)
    return leave_to(request, reverse("studio") + (f"?person={person.pk}" if person else ""))
