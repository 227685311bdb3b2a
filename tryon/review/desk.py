"""One picture after the other: shown, decided on, made again."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.models import Image
from tryon.accounts.current_user import require_user
from tryon.models.money.budget import CapReached
from tryon.pipeline import submission
from tryon.presenters.decisions import already_this
from tryon.presenters.labels import told
from tryon.review import pace
from tryon.review.access import reviewers_only
from tryon.review.filters import FiltersForm
from tryon.review.forms import DecisionForm
from tryon.review.picture import as_decided, decided_lately, desk_picture, reason_keys
from tryon.review.queue import MOST_COUNTED, Place, Queue

MOST_CLAIMED = 100  # by one page


@require_safe
@reviewers_only
def desk(request: HttpRequest) -> HttpResponse:
    """The first that waits; `?after=` and `?before=` a place, the one beside it."""
    queue = queue_of(request)
    if "after" in request.GET or "before" in request.GET:
        return _beside(request, queue)
    return _page(request, queue, queue.first())


def _beside(request: HttpRequest, queue: Queue) -> HttpResponse:
    place = Place.read(request.GET.get("after") or request.GET.get("before") or "")
    image = queue.after(place) if "after" in request.GET else queue.before(place)
    if is_part(request):
        return _article(request, queue, image) if image else HttpResponse(status=204)
    return redirect(_address_of(image, queue))


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers_only
def picture(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One picture; POST `decision` approve | reject | undo, with `reason`, `words`, and what was `seen`."""
    queue = queue_of(request)
    rows = Image.objects.select_related("owner", "reviewed_by")
    image = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        return _decide(request, queue, image)
    if image.deleted_at:
        raise Http404
    return _article(request, queue, image) if is_part(request) else _page(request, queue, image)


def _decide(request: HttpRequest, queue: Queue, image: Image) -> HttpResponse:
    form = DecisionForm(request.POST)
    place = queue.place(image)  # before it leaves the queue
    if not form.is_valid():
        return _refuse(request, form.first_error(), _address_of(image, queue), 422)
    if not form.decide(image, queue.user):
        return _refuse(request, _why_not(image), _address_of(image, queue), 409)
    if is_part(request):
        return _answer(request, queue, image)
    messages.success(request, f"{image.called}: {image.get_review_display()}")
    onward = image if form.asked == "undo" else queue.after(place)
    return redirect(_address_of(onward, queue))


def _why_not(image: Image) -> str:
    if image.deleted_at:
        return _("The picture was deleted meanwhile, so there is nothing to decide.")
    return " ".join((already_this(image), _("Your decision was not kept.")))


@require_POST
@reviewers_only
def make_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask anew for a picture that was rejected, with that fixed: for its owner, paid by the shop."""
    queue = queue_of(request)
    image = get_object_or_404(Image.objects.present(), pk=pk)
    try:
        submission.mend_by_staff(image, queue.user)
    except submission.SubmissionRefused as exc:
        return _refuse(request, f"{told(str(exc))}.", _address_of(image, queue), 409)
    except CapReached:
        reached = _("The shop has used what it may spend, so nothing was made again.")
        return _refuse(request, reached, _address_of(image, queue), 409)
    if is_part(request):
        return _answer(request, queue, image)
    messages.success(request, _("%(name)s is being made again.") % {"name": image.called})
    return redirect(_address_of(queue.first(), queue))


@require_POST
@reviewers_only
def claims(request: HttpRequest) -> HttpResponse:
    """What a page shows or will show next (`image`) is its reviewer's for a minute, what they `left` is not.

    Answers with what waits by now.
    """
    queue = queue_of(request)
    shown = Image.objects.present().filter(pk__in=_uuids(request.POST.getlist("image")[:MOST_CLAIMED]))
    queue.claim(shown.values_list("pk", flat=True))
    left = _uuids(request.POST.getlist("left")[:MOST_CLAIMED])
    queue.leave(left)
    return render(request, "review/_to_check.html", to_check(queue))


# What the views share -------------------------------------------------------------------------------
def queue_of(request: HttpRequest) -> Queue:
    return Queue(require_user(request), FiltersForm(request))


def is_part(request: HttpRequest) -> bool:
    """Whether a script asks, for a part of the page."""
    return "HX-Request" in request.headers


def to_check(queue: Queue) -> dict[str, Any]:
    """How many there are, and how long that takes."""
    count = queue.count()
    many = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
    rejected = "reason" in queue.filters.wanted
    time = "" if rejected else pace.minutes(count, queue.user)
    return {"count": count, "how_many": many, "minutes": time, "queue": queue}


def _article(request: HttpRequest, queue: Queue, image: Image) -> HttpResponse:
    context = {"picture": desk_picture(queue, image), "queue": queue, "reasons": reason_keys()}
    return render(request, "review/_picture.html", context)


def _page(request: HttpRequest, queue: Queue, image: Image | None) -> HttpResponse:
    context = {
        "picture": desk_picture(queue, image) if image else None,
        "reasons": reason_keys(),
        "decided": decided_lately(queue.user),
        **to_check(queue),
    }
    return render(request, "review/desk.html", context)


def _answer(request: HttpRequest, queue: Queue, image: Image) -> HttpResponse:
    """To a script: what stands now."""
    lately = as_decided([image]) if image.reviewed_at else []
    return render(request, "review/_answer.html", {"image": image, "decided": lately, **to_check(queue)})


def _refuse(request: HttpRequest, words: str, address: str, status: int) -> HttpResponse:
    if is_part(request):
        return render(request, "review/_refused.html", {"words": words, "address": address}, status=status)
    messages.error(request, words)
    return redirect(address)


def _address_of(image: Image | None, queue: Queue) -> str:
    """The page of a picture that is there, else the desk."""
    is_there = image is not None and not image.deleted_at
    address = reverse("review_image", args=[image.pk]) if image and is_there else reverse("review")
    return address + queue.filters.address


def _uuids(texts: list[str]) -> list[uuid.UUID]:
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
