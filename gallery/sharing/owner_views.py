"""The owner's links: the list, the form for a new one, and what becomes of one that is there."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from gallery.models import ShareLink
from gallery.models.review import ReviewState
from gallery.models.sharing.share import MadeAlready
from gallery.owners import owners_only, require_user
from gallery.sharing.forms import ChangeForm, ShareForm, chosen_images, may_approve
from gallery.sharing.qr import qr_code
from gallery.sharing.review_wait import usual_wait

LINKS_A_PAGE = 24


@sensitive_post_parameters("password")
@owners_only
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest) -> HttpResponse:
    """The owner's links, the form for a new one, and, once, the address of the one just made.

    With `share` it is the gallery's button that sends what was selected, by either method.
    """
    if request.method == "POST" and "share" not in request.POST:
        return _create(request)
    asked = request.POST if request.method == "POST" else request.GET
    images = chosen_images(request.user, asked.getlist("images"))
    if "share" in asked and not images:
        messages.info(request, _("Select at least one picture first."))
        return redirect("gallery")
    return _page(request, form=ShareForm(request.user) if images else None, images=images)


def _create(request: HttpRequest) -> HttpResponse:
    form = ShareForm(request.user, request.POST)
    in_place = "HX-Request" in request.headers  # the page stays, and shows the link where it was asked for
    if not form.is_valid():
        if in_place:
            sentences = [error for errors in form.errors.values() for error in errors]
            return _fragment(request, "_not_shared", 422, sentences=sentences)
        images = chosen_images(request.user, request.POST.getlist("images"))
        return _page(request, form=form, images=images, status=422)
    owner, images = require_user(request), form.cleaned_data["images"]
    if form.cleaned_data["approve"]:
        for image in images:
            image.approve(owner)
    try:
        link, token = ShareLink.objects.create_link(owner, images, **form.wishes())
    except MadeAlready:
        words = _("This link was made already; its address was shown once. If it is lost, give it a new one.")
        if in_place:
            return _fragment(request, "_not_shared", 409, sentences=[words])
        messages.info(request, words)
        return redirect("links")
    if in_place:
        return _fragment(request, "_link_made", 201, in_place=True, **_made(request, link, token))
    return _page(request, **_made(request, link, token))


def _made(request: HttpRequest, link: ShareLink, token: str) -> dict[str, Any]:
    """What is shown once."""
    address = request.build_absolute_uri(reverse("share", args=[token]))
    wait = usual_wait() if link.waiting else ""
    return {"made": link, "address": address, "qr_code": qr_code(address), "usual_wait": wait}


def _fragment(request: HttpRequest, name: str, status: int, **context: Any) -> HttpResponse:
    context["next_key"] = uuid.uuid4()
    response = render(request, f"gallery/{name}.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _page(
    request: HttpRequest, *, status: int = 200, changed: ChangeForm | None = None, **context: Any
) -> HttpResponse:
    """`changed` is the form of a link that came back with its errors."""
    mine = ShareLink.objects.owned_by(request.user).listed()
    page = Paginator(mine, LINKS_A_PAGE).get_page(request.GET.get("page"))
    forms = {link.pk: ChangeForm(link) for link in page if link.is_live}
    if changed:
        forms[changed.link.pk] = changed
    context |= {
        "page": page,
        "rows": [(link, forms.get(link.pk)) for link in page],
        "may_approve": may_approve(request.user),
        "has_pending": any(image.review == ReviewState.PENDING for image in context.get("images") or ()),
        "checked_first": settings.REVIEW == "before_sharing",
    }
    response = render(request, "gallery/links.html", context, status=status)
    response["Cache-Control"] = "private, no-store"  # it may show an address that is known only once
    return response


# One that is there ----------------------------------------------------------------------------------------
def _mine(request: HttpRequest, pk: uuid.UUID) -> ShareLink:
    return get_object_or_404(ShareLink.objects.owned_by(request.user), pk=pk)


def _live(request: HttpRequest, pk: uuid.UUID) -> ShareLink:
    return get_object_or_404(ShareLink.objects.owned_by(request.user).live(), pk=pk)


@sensitive_post_parameters("password")
@require_POST
def link_change(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    link = _live(request, pk)
    form = ChangeForm(link, request.POST)
    if not form.is_valid():
        return _page(request, changed=form, status=422)
    link.change(require_user(request), **form.wishes())
    messages.success(request, _("Saved. It holds for everybody from now on."))
    return redirect("links")


@require_POST
def link_renew(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A new address for one that was lost, shown once like the first; a form sent twice makes one."""
    link = _live(request, pk)
    token = link.renew(require_user(request), request.POST.get("address", ""))
    if token is None:
        messages.info(request, _("This link has a new address already; it was shown once."))
        return redirect("links")
    return _page(request, is_renewed=True, **_made(request, link, token))


@require_POST
def link_approve(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """By an owner who may decide in the review: its pictures wait for nobody else."""
    link = _live(request, pk)
    if not may_approve(request.user):
        raise Http404
    link.approve(require_user(request))
    messages.success(request, _("Approved. The link is open."))
    return redirect("links")


@require_POST
def link_revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    link = _mine(request, pk)
    link.revoke(require_user(request))
    messages.success(request, _("Sharing has stopped. Whoever opens the link now finds nothing."))
    return redirect("links")
