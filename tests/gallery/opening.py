"""Links and the browsers that come in by them."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Image, RejectionReason, ShareLink
from tests.asking import status
from tests.factories import make_image
from tryon.accounts.models import User


def shared(owner: User, *images: Image, **wishes: Any) -> tuple[ShareLink, str]:
    images = images or (make_image(owner, "approved"),)
    return ShareLink.objects.create_link(owner, images, title=wishes.pop("title", "Summer"), **wishes)


def opened(token: str) -> Client:
    """A stranger's browser that has come in by the link."""
    client = Client()
    assert status(client.get(reverse("share", args=[token]))) == 200
    return client


def page(link: ShareLink) -> str:
    return reverse("shared", args=[link.pk])


def picture(link: ShareLink, image: Image, size: str = "large") -> str:
    return reverse("shared_bytes", args=[link.pk, image.pk, size])


def ask_in_every_way(client: Client, address: str, etag: str = "") -> set[int]:
    """The status of GET, HEAD, Range and If-None-Match."""
    return {
        status(client.get(address)),
        status(client.head(address)),
        status(client.get(address, headers={"Range": "bytes=0-9"})),
        status(client.get(address, headers={"If-None-Match": etag or "*"})),
    }


# What ends it ----------------------------------------------------------------------------------------
def revoke(link: ShareLink, owner) -> None:
    link.revoke(owner)


def expire(link: ShareLink, owner) -> None:
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())


def reject(link: ShareLink, owner) -> None:
    for image in link.images.all():
        image.reject(owner, RejectionReason.QUALITY)


def delete(link: ShareLink, owner) -> None:
    for image in link.images.all():
        image.wipe()


ENDS = [revoke, expire, reject, delete]
