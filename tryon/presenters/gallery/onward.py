"""Where whoever is shown a picture may go on from it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse

from gallery.models import Image
from gallery.owners import AnyUser
from tryon.models import Reference, TryOnInput


def try_on_addresses(images: Sequence[Image], user: AnyUser) -> dict[uuid.UUID, str]:
    """The studio with what a picture shows chosen, by the picture's id.

    Only where whoever looks may use the site, and of garments that the shop offers to everybody.
    """
    if not settings.GUESTS and not user.is_authenticated:
        return {}
    worn = TryOnInput.objects.exclude(role__in=(TryOnInput.PERSON, TryOnInput.PICTURE)).filter(
        tryon__generations__results__image__in=images,
        reference__in=Reference.objects.of_the_house().filter(slug__isnull=False).order_by(),
    )
    # Of several the first: it comes last here, and stays.
    rows = worn.order_by("-position").values_list("tryon__generations__results__image", "reference__slug")
    return {image: f"{reverse('studio')}?garment={slug}" for image, slug in rows}
