"""A share link opens with whatever chats put around it, and with nothing less than its token."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from gallery.models import ShareLink
from tests.asking import status
from tests.factories import make_image, make_user

AROUND = [
    *".,;:!?)]}>\"'`*_~\u2026\u201d\u2019\u00bb\u3002\uff0c\\|",
    "%20",
    " ",
    "\u00a0",
    "\u200b",
    "\u200d\u200b",
    "\u2060",
    "\ufeff",
    "\u200e",
    "\u2069",
    "\n",
    "\t",
    "\x00",
    "/",
    "//",
    "/.",
    "/)",
    ").",
    '">',
    "&gt;",
    "%22",
    "%E2%80%8B",
    "and a word",
    "\U0001f600",
    "/preview.jpg.",
]


@pytest.fixture
def token(db) -> str:
    owner = make_user()
    _, token = ShareLink.objects.create_link(owner, [make_image(owner, "approved")], title="")
    return token


def opened(path: str) -> int:
    """By the path as a server hands it on: its bytes, unquoted."""
    return asked(path).status_code


def asked(path: str) -> HttpResponse:
    return Client().get("/", PATH_INFO=path.encode(errors="surrogatepass").decode("latin-1"))


@pytest.mark.parametrize("behind", AROUND)
@pytest.mark.parametrize("s", ["s", "S"])
def test_a_link_opens_with_whatever_stands_behind_it(token, s, behind):
    assert opened(f"/{s}/{token}{behind}") == 200


@pytest.mark.parametrize("before", ["\u200b", " ", "<", '"', "\u2068"])
def test_a_link_opens_with_what_slipped_in_before_its_token(token, before):
    assert opened(f"/s/{before}{token}{before}") == 200


@pytest.mark.parametrize("hyphen", ["\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "\\-"])
def test_a_link_opens_with_its_signs_written_another_way(token, hyphen):
    assert opened(f"/s/{token.replace('_', chr(92) + '_').replace('-', hyphen)}") == 200


def test_the_page_names_its_own_address_and_not_the_one_that_was_asked_for(token):
    words = asked(f"/S/{token}).").content.decode()
    assert f'content="http://testserver/s/{token}/preview.jpg"' in words
    assert f"{token})" not in words


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x" * 43,
        "x",
        "x" * 42 + ".",
        "\ud800",
        "\x00",
        "/",
        "x" * 5000,
        "../" * 20,
        "x" * 43 + "/preview.jpg",
    ],
)
def test_anything_else_finds_nothing(token, wrong):
    assert opened(f"/s/{wrong}") == 404


def test_a_token_that_lost_or_changed_a_letter_finds_nothing(token):
    other = "A" if token[0] != "A" else "B"
    assert {
        opened(f"/s/{wrong}") for wrong in (token[:-1], token[1:], other + token[1:], token.swapcase())
    } == {404}


def test_the_picture_for_chats_keeps_its_address(token):
    assert status(Client().get(reverse("share_preview", args=[token]))) == 200
    assert Client().get(reverse("share_preview", args=[token]))["Content-Type"] == "image/jpeg"
