"""Pictures for the desk, and what its pages and scripts post."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from gallery.models import Image
from tests.factories import make_tryon
from tryon.accounts.models import User
from tryon.models import Result

PART = {"HTTP_HX_REQUEST": "true"}


def made_picture(owner: User, **fields: Any) -> Image:
    """A picture of a try-on, with its inputs."""
    tryon = make_tryon(owner, "done")
    image = Result.objects.get(generation__tryon=tryon).image
    Image.objects.filter(pk=image.pk).update(**fields)
    image.refresh_from_db()
    return image


def page_of(image: Image) -> str:
    return reverse("review_image", args=[image.pk])


def shown(answer: HttpResponse) -> list[str]:
    """The ids of the pictures that a page has on the screen."""
    return re.findall(r'data-picture="([^"]+)"', answer.content.decode())


def decide(client: Client, image: Image, decision: str, seen: str = "", **extra: Any) -> HttpResponse:
    """As a script does, on what this browser was shown of it."""
    fields = {"decision": decision, "seen": seen or str(image.standing), **extra}
    answer = client.post(page_of(image), fields, **PART)
    image.refresh_from_db()
    return answer


def decide_without_scripts(client: Client, image: Image, decision: str, **extra: Any) -> HttpResponse:
    fields = {"decision": decision, "seen": str(image.standing), **extra}
    answer = client.post(page_of(image), fields, follow=True)
    image.refresh_from_db()
    return answer
