"""The site has one address: nobody gets a page by another one, and nothing is made from what was called."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from gallery.models import ShareLink
from tests.asking import signed_in
from tests.factories import make_image, make_user
from tryon.web.middleware.site_host import SiteHostMiddleware

pytestmark = pytest.mark.django_db

FOREIGN = [
    "evil.example",
    "evil.example:8000",
    "127.0.0.1:1",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:08000",
    "127.0.0.1:8000.",
    "127.0.0.1.:8000",
    "127.0.0.1:99999",
    "127.0.0.1:8000@evil.example",
    "evil.example#127.0.0.1:8000",
    "127.0.0.1:8000, evil.example",
    "EVIL.example",
    "[::1]",
    "localhost:8001",
    "localhost.:8000",
    "",
]


@pytest.fixture
def local(settings) -> None:
    """As `up` runs it."""
    settings.SITE_URL = "http://127.0.0.1:8000"
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]


@pytest.fixture
def public(settings) -> None:
    settings.SITE_URL = "https://try.example.com"
    settings.ALLOWED_HOSTS = ["try.example.com"]


def status(host: str, path: str = "/", **options) -> int:
    return Client().get(path, headers={"Host": host}, **options).status_code


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/", "/privacy/", "/s/x", "/nowhere"])
def test_a_foreign_host_or_port_gets_no_page(local, host, path):
    assert status(host, path) == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST:8000"])
def test_all_names_of_this_machine_lead_to_its_own_site(local, host):
    assert status(host) == 200


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("try.example.com", 200),
        ("TRY.example.com", 200),
        ("try.example.com:443", 200),
        ("try.example.com:80", 400),
        ("try.example.com:1", 400),
        ("try.example.com.", 400),
        ("sub.try.example.com", 400),
    ],
)
def test_the_usual_port_need_not_be_said(public, host, told):
    assert status(host, secure=True) == told


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1"])
def test_probes_ask_by_whatever_name(local, host):
    assert status(host, "/healthz") == 200


def test_a_form_to_a_foreign_port_is_not_looked_at(local):
    told = {"login": "ana", "password": "wrong"}
    assert Client().post(reverse("account_login"), told, headers={"Host": "127.0.0.1:1"}).status_code == 400


def test_without_a_site_nobody_gets_a_page_or_a_file(settings, rf):
    settings.SITE_URL = ""
    assert status("testserver") == 400
    with pytest.raises(DisallowedHost):
        SiteHostMiddleware(lambda request: HttpResponse())(rf.get("/static/css/site.css"))


CALLED = {"Host": "localhost:8000", "X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "1"}


def test_a_share_link_is_made_of_the_sites_own_address(local):
    ana = make_user("ana", is_staff=True, is_superuser=True)
    told = {"images": [make_image(ana, "approved").pk], "title": "Summer", "days": 7}
    made = signed_in(ana).post(reverse("links"), told, headers=CALLED).content.decode()

    address = re.search(r'value="(http\S+/s/[\w-]{43})"', made)[1]
    assert address.startswith("http://127.0.0.1:8000/s/")


def test_what_a_chat_reads_names_the_sites_own_address(local):
    ana = make_user("ana")
    _, token = ShareLink.objects.create_link(ana, [make_image(ana, "approved")], title="")
    words = Client().get(reverse("share", args=[token]), headers=CALLED).content.decode()

    assert f'content="http://127.0.0.1:8000/s/{token}/preview.jpg"' in words
    assert "evil.example" not in words
    assert "localhost" not in words


@pytest.mark.parametrize("email", ["ana@example.com", "nobody@example.com"])
def test_links_in_mails_are_the_sites_own(local, email):
    make_user("ana")
    Client().post(reverse("account_reset_password"), {"email": email}, headers=CALLED)
    sign_up = {"email": email, "password1": "correct horse battery", "password2": "correct horse battery"}
    Client().post(reverse("account_signup"), sign_up, headers=CALLED)

    told = "\n".join(message.body for message in mail.outbox)
    assert len(mail.outbox) == 2
    assert set(re.findall(r"https?://[^/\s]+", told)) == {"http://127.0.0.1:8000"}
    assert "evil.example" not in told
    assert "localhost" not in told


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("http://127.0.0.1:8000", 200),
        ("http://localhost:8000", 200),
        ("http://127.0.0.1:1", 403),
        ("http://evil.example", 403),
        ("null", 403),
    ],
)
def test_forms_are_taken_from_the_sites_own_origins_only(local, settings, origin, told):
    settings.CSRF_TRUSTED_ORIGINS = ["http://127.0.0.1:8000", "http://localhost:8000"]
    browser = Client(enforce_csrf_checks=True, headers={"Host": "localhost:8000"})
    token = browser.get(reverse("account_login")).context["csrf_token"]
    sent = {"login": "ana", "password": "wrong", "csrfmiddlewaretoken": token}
    answer = browser.post(reverse("account_login"), sent, headers={"Origin": origin})

    assert answer.status_code == told


def test_plain_http_leads_to_the_sites_own_address(public, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/privacy/", headers={"Host": "TRY.example.com"})
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://try.example.com/privacy/")
