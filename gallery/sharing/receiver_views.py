"""What strangers open: the address in a chat, the page of pictures, and what may be done there."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Iterator
from functools import partial
from typing import IO, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from gallery import media, pictures
from gallery.models import Heart, Image, Report, ShareLink, ShareTry
from gallery.models.sharing.share_token import token_in
from gallery.models.source_type import described
from gallery.serving import file_name, is_there, made_now, note_loss, open_download, send_image
from gallery.sharing import access
from gallery.sharing.access import Door, Entry, add_privacy_headers, unavailable
from gallery.sharing.forms import ReportForm
from gallery.sharing.hooks import onward_addresses, sender_digest
from gallery.sharing.review_wait import usual_wait
from gallery.zip_files import Opener, zip_response

WRONG_PASSWORDS = 5  # of one sender at one link
TRIED_WITHIN = dt.timedelta(minutes=15)
HEARTS = 60
HEARTS_WITHIN = dt.timedelta(hours=1)
REPORTS = 10
REPORTED_WITHIN = dt.timedelta(hours=1)


# Coming in ----------------------------------------------------------------------------------------------
@require_safe
def share(request: HttpRequest, token: str) -> HttpResponse:
    """What a chat reads for its preview; a browser gets its cookie and moves on to the pictures."""
    token = token_in(token)
    entry = access.by_token(token, request)
    if entry is None:
        return unavailable(request)
    context = {
        "link": entry.link,
        "door": entry.door,
        "onward": reverse("shared", args=[entry.link.pk]),
        "address": request.build_absolute_uri(reverse("share", args=[token])),
    }
    if entry.door is Door.OPEN:
        types = [image.made_by for image in entry.link.shown_images()]
        preview = request.build_absolute_uri(reverse("share_preview", args=[token]))
        context |= {"described": described(types), "first": described(types[:1]), "preview": preview}
    response = render(request, "gallery/share.html", context)
    access.let_in(response, entry.link)
    return add_privacy_headers(response)


@require_safe
def share_preview(request: HttpRequest, token: str) -> HttpResponse:
    """The JPEG for chats, of the link's first picture; no cookie is asked for, so none of a locked link."""
    entry = access.by_token(token, request)
    image = entry.link.shown_images().first() if entry and entry.door is Door.OPEN else None
    if image is None:
        return unavailable(request)
    if is_there(image.preview):
        mark = image.find_source_type().mark
        return add_privacy_headers(media.send(request, image.preview, "image/jpeg", mark=mark))
    note_loss(image)
    made = made_now(image, partial(pictures.preview, is_awaited=True), "image/jpeg")
    return add_privacy_headers(made)


# The page -----------------------------------------------------------------------------------------------
@require_safe
def shared(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    entry = access.by_cookie(pk, request)
    if entry is None:
        return unavailable(request)
    if entry.door is Door.LOCKED:
        return _locked(request, entry.link)
    if entry.door is Door.WAITING:
        early = render(request, "gallery/early.html", {"link": entry.link, "usual_wait": usual_wait()})
        return add_privacy_headers(early)
    return _pictures(request, entry)


@require_safe
def shared_state(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a page that came too early asks: 204 while there is no picture to be seen."""
    entry = access.by_cookie(pk, request)
    if entry is None:
        return unavailable(request)
    return add_privacy_headers(HttpResponse(status=204 if entry.door is Door.WAITING else 200))


def _pictures(request: HttpRequest, entry: Entry) -> HttpResponse:
    link, images = entry.link, list(entry.link.shown_images())
    liked = Heart.objects.images_of(link, access.viewer_of(request, link))
    onward = onward_addresses(images, request.user)
    context = {
        "link": link,
        "pictures": [(image, image.pk in liked, onward.get(image.pk, "")) for image in images],
        "described": described([image.made_by for image in images]),
        "is_owner": entry.is_owner,
        "report_form": ReportForm(),
    }
    response = render(request, "gallery/shared.html", context)
    if not entry.is_owner:
        access.count_opening(request, response, link)
    return add_privacy_headers(response)


def _locked(request: HttpRequest, link: ShareLink, wait: int = 0, status: int = 200) -> HttpResponse:
    """The question for the password; `wait` is the seconds until one may be tried again."""
    context = {"link": link, "is_wrong": status == 422, "minutes": math.ceil(wait / 60)}
    response = render(request, "gallery/locked.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return add_privacy_headers(response)


# What may be done there ---------------------------------------------------------------------------------
@sensitive_post_parameters("password")
@access.posted_by_holders
def shared_unlock(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Tries are counted before a password is looked at, and forgiven by the right one."""
    entry = access.by_cookie(pk, request)
    if entry is None:
        return unavailable(request)
    response = add_privacy_headers(redirect("shared", pk))
    if entry.door is not Door.LOCKED:
        return response
    counted = (entry.link, ShareTry.PASSWORD, sender_digest(request))
    if wait := ShareTry.objects.take(*counted, most=WRONG_PASSWORDS, within=TRIED_WITHIN):
        return _locked(request, entry.link, wait, status=429)
    if not entry.link.opens_with(request.POST.get("password", "").strip()):
        return _locked(request, entry.link, status=422)
    ShareTry.objects.forgive(*counted)
    access.unlock(response, entry.link)
    return response


@access.posted_by_holders
def shared_heart(request: HttpRequest, pk: uuid.UUID, image: uuid.UUID) -> HttpResponse:
    """Give a heart or take it back, as the form says, so that pressing twice changes nothing."""
    entry = access.by_cookie(pk, request)
    if entry is None or entry.is_owner or not _takes_hearts(entry, image):
        return unavailable(request)
    link, in_place = entry.link, "HX-Request" in request.headers
    response = HttpResponse(status=204) if in_place else redirect(f"{reverse('shared', args=[pk])}#{image}")
    viewer = access.viewer_of(request, link) or access.name_viewer(response, link)
    if request.POST.get("favourite") != "1":
        Heart.objects.take_back(link, image, viewer)
        return add_privacy_headers(response)
    counted = (link, ShareTry.HEART, sender_digest(request))
    if wait := ShareTry.objects.take(*counted, most=HEARTS, within=HEARTS_WITHIN):
        return _too_many(request, link, wait)
    Heart.objects.give(link, image, viewer)
    return add_privacy_headers(response)


def _takes_hearts(entry: Entry, image: uuid.UUID) -> bool:
    is_open = entry.door is Door.OPEN and entry.link.hearts
    return is_open and entry.link.shown_images().filter(pk=image).exists()


def _too_many(request: HttpRequest, link: ShareLink, wait: int) -> HttpResponse:
    response = render(
        request, "gallery/too_many.html", {"link": link, "minutes": math.ceil(wait / 60)}, status=429
    )
    response["Retry-After"] = str(wait)
    return add_privacy_headers(response)


@access.posted_by_holders
def shared_report(request: HttpRequest, pk: uuid.UUID, image: uuid.UUID) -> HttpResponse:
    """Report a picture to staff. Its form stands beside it, and comes back where something is missing."""
    entry = access.by_cookie(pk, request)
    is_open = entry is not None and entry.door is Door.OPEN and not entry.is_owner
    picture = entry.link.shown_images().filter(pk=image).first() if entry and is_open else None
    if entry is None or picture is None:
        return unavailable(request)
    told, form, sender = (
        {"link": entry.link, "image": picture},
        ReportForm(request.POST),
        sender_digest(request),
    )
    if not form.is_valid():
        return _report(request, told | {"report_form": form}, status=422)
    counted = (entry.link, ShareTry.REPORT, sender)
    if wait := ShareTry.objects.take(*counted, most=REPORTS, within=REPORTED_WITHIN):
        response = _report(request, told | {"minutes": math.ceil(wait / 60)}, status=429)
        response["Retry-After"] = str(wait)
        return response
    Report.objects.send(entry.link, picture, sender, **form.cleaned_data)
    return _report(request, told | {"is_sent": True})


def _report(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """In place of the form where a script sent it, else a page of its own."""
    name = "_report" if "HX-Request" in request.headers else "report"
    return add_privacy_headers(render(request, f"gallery/{name}.html", context, status=status))


# Bytes --------------------------------------------------------------------------------------------------
@require_safe
def shared_bytes(request: HttpRequest, pk: uuid.UUID, image: uuid.UUID, size: str) -> HttpResponse:
    link = access.open_link(pk, request)
    picture = link.shown_images().filter(pk=image).first() if link else None
    if link is None or picture is None or (size == "original" and not link.download):
        return unavailable(request)
    response = send_image(request, picture, size, download="download" in request.GET and link.download)
    return add_privacy_headers(response)


@require_safe
def shared_zip(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """All that the link shows, where it may be downloaded."""
    link = access.open_link(pk, request)
    if link is None or not link.download:
        return unavailable(request)
    called = slugify(link.title) or "shared-pictures"
    files = _files(request, link, called) if request.method == "GET" else ()
    return add_privacy_headers(zip_response(files, f"{called}.zip"))


def _files(request: HttpRequest, link: ShareLink, called: str) -> Iterator[tuple[str, Opener]]:
    for number, image in enumerate(link.shown_images(), 1):
        name = file_name(image, image.content_type, f"{called}-{number}")
        yield name, partial(_opened, request, link, image)


def _opened(request: HttpRequest, link: ShareLink, image: Image) -> IO[bytes]:
    """As its turn comes, by the same question as ever: what was taken back meanwhile is left out."""
    now = access.open_link(link.pk, request)
    if now is None or not now.download or not now.shown_images().filter(pk=image.pk).exists():
        raise media.Lost(str(image.pk))
    return open_download(image)
