"""Links and the browsers that come in by them."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from gallery.models import Image, ShareLink
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
