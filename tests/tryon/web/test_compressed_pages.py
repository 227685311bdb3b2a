"""Pages travel compressed; what is compressed already, and what is made while it is sent, does not."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client
from django.urls import reverse

from gallery.models import Image
from tests.asking import body, signed_in
from tests.factories import make_image, make_samples, make_user

pytestmark = pytest.mark.django_db


def test_a_page_leaves_compressed_for_who_can_read_that():
    make_samples()
    plain, packed = Client().get("/"), Client().get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert "See how it looks on you" in gzip.decompress(packed.content).decode()
    assert len(packed.content) < len(plain.content) / 3
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer["Vary"]


def test_the_same_page_has_another_length_each_time():
    """What an attacker puts on it and cannot read is not guessed from how well it compresses."""
    client = Client()
    client.get("/privacy/")
    lengths = {len(client.get("/privacy/", headers={"Accept-Encoding": "gzip"}).content) for _ in range(20)}
    assert len(lengths) > 3


def test_pictures_leave_as_they_are():
    image: Image = make_image(owner := make_user())
    address = reverse("image_bytes", args=[image.pk, "original"])
    asked = signed_in(owner).get(address, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in asked
    assert body(asked)
