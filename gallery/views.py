"""Share links: the owner's list, and the pages that strangers open."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import media, pictures, sharing
from gallery.forms import ShareForm, chosen_images
from gallery.models import ShareLink
from gallery.models.share import MadeAlready, token_in
from gallery.models.source_type import described
from gallery.owners import owners_only, require_user
from gallery.serving import is_there, made_now, note_loss, send_image

LINKS_A_PAGE = 24
MADE_ALREADY = (
    "This link was made already; its address was shown once. If it is lost, stop it and make a new one."
)


@owners_only
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest) -> HttpResponse:
    """The owner's links, the form for a new one, and, once, the address of the one just made."""
    if request.method == "POST":
        return _create(request)
    images = chosen_images(request.user, request.GET.getlist("images"))
    if "share" in request.GET and not images:  # sent by the gallery's button
        messages.info(request, "Select at least one picture first.")
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
    owner, cleaned = require_user(request), form.cleaned_data
    if cleaned["approve"]:
        for image in cleaned["images"]:
            image.approve(owner)
    told = {name: cleaned[name] for name in ("title", "days", "download", "key")}
    try:
        link, token = ShareLink.objects.create_link(owner, cleaned["images"], **told)
    except MadeAlready:
        if in_place:
            return _fragment(request, "_not_shared", 409, sentences=[MADE_ALREADY])
        messages.info(request, MADE_ALREADY)
        return redirect("links")
    address = request.build_absolute_uri(reverse("share", args=[token]))
    if in_place:
        return _fragment(request, "_link_made", 201, made=link, address=address, in_place=True)
    return _page(request, made=link, address=address)


def _fragment(request: HttpRequest, name: str, status: int, **context: Any) -> HttpResponse:
    context["next_key"] = uuid.uuid4()
    response = render(request, f"gallery/{name}.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    mine = ShareLink.objects.owned_by(request.user).listed()
    page = Paginator(mine, LINKS_A_PAGE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "may_approve": request.user.has_perm("gallery.change_image"),
        "checked_first": settings.REVIEW == "before_sharing",
    }
    response = render(request, "gallery/links.html", context, status=status)
    response["Cache-Control"] = "private, no-store"  # it may show an address that is known only once
    return response


@require_POST
def link_revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    link = get_object_or_404(ShareLink.objects.owned_by(request.user), pk=pk)
    link.revoke(require_user(request))
    messages.success(request, "Sharing has stopped. Whoever opens the link now finds nothing.")
    return redirect("links")


@require_safe
def share(request: HttpRequest, token: str) -> HttpResponse:
    """What a chat reads for its preview; a browser gets its cookie and moves on to the pictures."""
    token = token_in(token)
    link = sharing.by_token(token, request)
    if link is None:
        return sharing.unavailable(request)
    types = [image.made_by for image in link.shown_images()]
    context = {
        "link": link,
        "described": described(types),
        "first": described(types[:1]),
        "onward": reverse("shared", args=[link.pk]),
        "address": request.build_absolute_uri(reverse("share", args=[token])),
        "preview": request.build_absolute_uri(reverse("share_preview", args=[token])),
    }
    response = render(request, "gallery/share.html", context)
    sharing.set_access_cookie(response, link)
    return sharing.add_privacy_headers(response)


@require_safe
def share_preview(request: HttpRequest, token: str) -> HttpResponse:
    """The JPEG for chats, of the link's first picture; no cookie is asked for."""
    link = sharing.by_token(token, request)
    image = link.shown_images().first() if link else None
    if image is None:
        return sharing.unavailable(request)
    if is_there(image.preview):
        mark = image.find_source_type().mark
        return sharing.add_privacy_headers(media.send(request, image.preview, "image/jpeg", mark=mark))
    note_loss(image)
    made = made_now(image, partial(pictures.preview, is_awaited=True), "image/jpeg")
    return sharing.add_privacy_headers(made)


@require_safe
def shared(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    link = sharing.by_cookie(pk, request)
    if link is None:
        return sharing.unavailable(request)
    images = list(link.shown_images())
    context = {
        "link": link,
        "images": images,
        "described": described([image.made_by for image in images]),
        "is_owner": sharing.owns(request, link),
    }
    response = render(request, "gallery/shared.html", context)
    sharing.count_opening(request, response, link)
    return sharing.add_privacy_headers(response)


@require_safe
def shared_bytes(request: HttpRequest, pk: uuid.UUID, image: uuid.UUID, size: str) -> HttpResponse:
    link = sharing.by_cookie(pk, request)
    picture = link.shown_images().filter(pk=image).first() if link else None
    if link is None or picture is None or (size == "original" and not link.download):
        return sharing.unavailable(request)
    response = send_image(request, picture, size, download="download" in request.GET and link.download)
    return sharing.add_privacy_headers(response)
