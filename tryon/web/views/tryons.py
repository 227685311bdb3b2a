"""The page of one try-on: its pictures as they come, and what can be done with them."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gallery.models import Image
from tryon.accounts.client_address import address_name
from tryon.accounts.current_user import owner_lookup
from tryon.accounts.models import User
from tryon.models import Generation, Notification, Result, TryOn
from tryon.models.money.budget import CapReached
from tryon.pipeline import submission
from tryon.pipeline.notifications.batches import address_for
from tryon.pipeline.privacy import undo
from tryon.presenters import prices, quota
from tryon.presenters.gallery.provenance import tryon_provenance
from tryon.presenters.labels import told
from tryon.presenters.waiting.eta import usual_seconds
from tryon.presenters.waiting.news import News, known_of
from tryon.presenters.waiting.progress import TryOnProgress
from tryon.presenters.waiting.tickets import STATE_FIELDS
from tryon.rules.request_rules import CONSENT_MISSING
from tryon.web.look_context import looks_beside, of_pictures, onward
from tryon.web.views.undo import leave_to, offer_undo


@never_cache
@require_safe
def tryon(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    wanted = get_object_or_404(TryOn.objects.owned_by(request.user), pk=pk)
    progress = TryOnProgress(_generations(request).filter(tryon=wanted), usual_seconds(wanted.model))
    progress.with_images(progress.generations)
    _note_told(request, progress)
    provenance = tryon_provenance(wanted)
    context = {"tryon": wanted, "provenance": provenance, "progress": progress}
    context |= {"is_mailed": _is_mailed(request), "news": News(request.user, itself=pk)}
    context |= of_pictures(request, progress) | onward(request, provenance)
    return render(request, "tryon/tryon.html", context)


@never_cache
@require_safe
def status(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What changed since the marks in `seen`, and when to ask again. Asked often, so it asks little.

    With a ticket it comes here once there is news, where the server can hold answers (tryon/web/watcher.py).
    """
    progress = _progress_or_404(_polled_generations(request), request, pk)
    changed = progress.changed_since(request.GET.get("seen", ""))
    if changed is None:  # one was added elsewhere, and the page has no place for it yet
        return HttpResponse(headers={"HX-Refresh": "true"})
    if not changed:
        if "shown" in request.GET and not _is_hidden(request):
            _mark_seen(
                request, Result.objects.filter(generation__tryon=pk).values_list("image_id", flat=True)
            )
        context = {"progress": progress, "is_hidden": _is_hidden(request)}
        return HttpResponse(render_to_string("tryon/_pulse.html", context))
    return _changed_generations(request, pk)


def _changed_generations(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The generations that changed, as the page shows them."""
    progress = _progress_or_404(_generations(request), request, pk)
    changed = progress.changed_since(request.GET.get("seen", "")) or []
    wanted = progress.generations[0].generation.tryon
    progress.with_images(progress.generations)
    _note_told(request, progress)
    provenance = tryon_provenance(wanted)
    context = {"progress": progress, "changed": changed, "tryon": wanted, "provenance": provenance}
    context |= {"is_hidden": _is_hidden(request), "looks": looks_beside(provenance)}
    context |= of_pictures(request, progress)
    return render(request, "tryon/_status.html", context)


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """The number in the navigation, and what came since the page began; `seen` is what it waits for.

    With tickets it comes here once there is news, as the question of the page of a look does.
    """
    known = known_of(request.GET.get("seen", ""))
    return render(request, "tryon/_badge.html", {"news": News(request.user, known)})


def _note_told(request: HttpRequest, progress: TryOnProgress) -> None:
    """Once all has ended no mail needs to say so; and what somebody looks at is no news any more."""
    if progress.state == "finished" and settings.SENDS_MAIL:
        Notification.objects.note_told(progress.tryon_id)
    images = [picture.image for picture in progress.pictures]
    if not _is_hidden(request):
        _mark_seen(request, [image.pk for image in images if image.unseen_since])


def _is_mailed(request: HttpRequest) -> bool:
    """Whether whoever leaves the page is told all the same."""
    user = request.user
    return isinstance(user, User) and bool(address_for(user, Notification.Kind.READY))


def _is_hidden(request: HttpRequest) -> bool:
    """Whether nobody sees the page that asks: what it is told then stays news until somebody does."""
    return "hidden" in request.GET


def _mark_seen(request: HttpRequest, images: Iterable[uuid.UUID]) -> None:
    Image.objects.unseen_by(request.user).filter(pk__in=images).mark_seen()


@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    wanted = get_object_or_404(TryOn.objects.owned_by(request.user), pk=pk)
    press = undo.hide_tryon(wanted, wanted.owner)
    offer_undo(request, _("The try-on is deleted, with its pictures and the photos only it used."), press)
    return redirect("studio")


@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """All of its pictures that were not sent yet."""
    wanted = get_object_or_404(TryOn.objects.owned_by(request.user), pk=pk)
    cancelled = [generation.cancel() for generation in wanted.generations.unfinished()]
    if any(cancelled):
        told = _("Cancelled. Nothing was charged for what was not sent.")
        messages.success(request, told if prices.shown_to(request.user) else _("Cancelled"))
    else:
        messages.warning(request, _("It was sent already, so it can no longer be cancelled."))
    return redirect("tryon", pk)


@require_POST
def again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    generation = get_object_or_404(_generations(request), pk=pk)
    return _once_more(request, generation.tryon, lambda: submission.again(generation, address_name(request)))


@require_POST
def mend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Make a picture again that staff rejected, with what was wrong put right."""
    made = get_object_or_404(_generations(request), results__image=pk, results__image__deleted_at=None)
    image = made.results.select_related("image").get(image=pk).image
    return _once_more(request, made.tryon, lambda: submission.mend(image, address_name(request)))


def _once_more(request: HttpRequest, tryon: TryOn, ask: Callable[[], object]) -> HttpResponse:
    try:
        ask()
    except submission.SubmissionRefused as exc:
        messages.error(request, f"{told(str(exc))}.")
        if str(exc) == CONSENT_MISSING:  # the box stands in the form
            return leave_to(request, f"{reverse('studio')}?tryon={tryon.pk}")
    except CapReached as exc:
        messages.error(request, quota.explain_cap(tryon.owner, exc))
    return redirect("tryon", tryon.pk)


def _generations(request: HttpRequest) -> QuerySet[Generation]:
    """The owner's own, of try-ons that are not deleted, each knowing whether it was run again."""
    mine = Generation.objects.filter(tryon__owner_id=request.user.pk, tryon__deleted_at=None)
    return mine.select_related("tryon", "repeated_by").order_by("number")


def _polled_generations(request: HttpRequest) -> QuerySet[Generation]:
    """The same rows by one query, with no more of each than its mark and the next question need."""
    mine = Generation.objects.filter(tryon__deleted_at=None, **owner_lookup(request, "tryon__owner"))
    return mine.only(*STATE_FIELDS, "tryon_id", "created_at", "ended_at").order_by("number")


def _progress_or_404(some: QuerySet[Generation], request: HttpRequest, pk: uuid.UUID) -> TryOnProgress:
    generations = list(some.filter(tryon_id=pk))
    if not generations:
        raise Http404
    return TryOnProgress(generations, _seconds(request.GET.get("usual", "")))


def _seconds(text: str) -> float | None:
    """The usual time as the page was told it: it only decides how often this page asks."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
