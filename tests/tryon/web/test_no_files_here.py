"""Files are read where a form takes them, and nowhere else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.asking import signed_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db
LARGE = 100_000


class Unread:
    """A body of which nobody may read a byte."""

    def __init__(self) -> None:
        self.was_read = False

    def read(self, *_: object) -> bytes:
        self.was_read = True
        return b""

    readline = read


def sent(client: Client, path: str, length: str = str(LARGE)) -> tuple[int, bool]:
    """The status, and whether the body was read."""
    body = Unread()
    extra = {"wsgi.input": body, "CONTENT_LENGTH": length, "CONTENT_TYPE": "multipart/form-data; boundary=b"}
    answer = client.generic("POST", path, **extra)
    return answer.status_code, body.was_read


@pytest.mark.parametrize("length", [str(LARGE), ""])
@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "wardrobe",
        "gallery",
        "links",
        "privacy",
        "admin:index",
        "admin:login",
    ],
)
def test_files_where_none_belong_are_refused_unread(client: Client, name: str, length: str):
    assert sent(client, reverse(name), length) == (415, False)


def test_who_is_sent_on_after_a_form_may_keep_its_content_type(client: Client):
    """Some clients do, when a POST becomes a GET."""
    kept = "multipart/form-data; boundary=b"
    assert client.get(reverse("privacy"), headers={"Content-Type": kept}).status_code == 200


def test_an_address_that_is_none_reads_nothing_either(client: Client):
    assert sent(client, "/no/such/page") == (415, False)


@pytest.mark.parametrize("name", ["studio", "references"])
def test_where_a_form_takes_files_they_are_read(client: Client, name: str):
    assert sent(client, reverse(name))[1]


def test_in_the_admin_files_are_for_staff():
    path = reverse("admin:index")
    assert sent(signed_in(make_user()), path) == (415, False)
    assert sent(signed_in(make_user(is_staff=True)), path)[1]


def test_a_small_form_in_that_encoding_is_read_as_ever(client: Client):
    assert client.post(reverse("account_login"), {"login": "a", "password": "b"}).status_code == 200
