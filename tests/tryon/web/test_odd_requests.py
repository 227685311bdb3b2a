"""Whatever is sent to any page or filter: an answer, never a failure of ours."""

from __future__ import annotations

import random
import string
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.db.models import DateField, DateTimeField
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asking import signed_in, status
from tests.factories import make_user
from tests.rings import matrix
from tests.tryon.web.test_routes import ROUTES, World, dressed, imagined_by, world
from tryon.accounts.models import User

__all__ = ["World", "dressed", "imagined_by", "world"]

ODD = [
    *("9" * 24, "-1", "1" + "0" * 30, "9223372036854775808", "1e400", "nan", "\u0663", "\x00", "\ud800"),
    *(
        "2026-13-45",
        "0001-01-01",
        "9999-12-31",
        "99999-01-01",
        "2026-01-01 25:61+99:99",
        "[]",
        "1,2,x",
        "../..",
        "",
    ),
    *("a" * 3000, "00000000-0000-0000-0000-00000000000g", "None", "'\""),
]
CHARSETS = [
    "rot13",
    "base64",
    "idna",
    "punycode",
    "undefined",
    "utf-16",
    "utf-7",
    "latin-1",
    "no-such",
    "%00",
    ";",
    "\u00e9",
]
FORM = "application/x-www-form-urlencoded"


def quoted(value: str) -> str:
    return quote(value.encode(errors="surrogatepass"), safe="")


@pytest.fixture
def staff(world) -> Client:
    client = signed_in(make_user(is_staff=True, is_superuser=True))
    client.raise_request_exception = False
    return client


def models() -> list:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def filters(model: type) -> list[str]:
    """The names of a list's parameters: its own, those of its filters, and lookups of its columns."""
    shown = admin.site._registry[model]
    own = [each.parameter_name for each in shown.list_filter if isinstance(each, type)]
    named = [each for each in (*shown.list_filter, shown.date_hierarchy) if isinstance(each, str)]
    lookups = [
        f"{name}__{kind}"
        for name in (*named, "id")
        for kind in ("exact", "in", "gte", "lt", "isnull", "year")
    ]
    return ["p", "o", "q", "e", "all", "_to_field", "_facets", "_popup", *own, *lookups]


@pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime")
@pytest.mark.parametrize("model", matrix(models(), first=2), ids=lambda model: model._meta.label)
def test_no_filter_of_the_admin_fails(staff, model):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    failed = [
        f"{name}={value!r}"
        for name in filters(model)
        for value in random.Random(name).sample(ODD, 6)
        if status(staff.get(f"{address}?{name}={quoted(value)}")) >= 500
    ]
    assert failed == []


@pytest.mark.parametrize("model", matrix(models(), first=4), ids=lambda model: model._meta.label)
def test_no_address_of_a_row_in_the_admin_fails(staff, model):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    failed = [
        f"{value!r} {page}"
        for value in ODD[:12]
        for page in ("change", "delete", "history")
        if value and status(staff.get(f"{address}{quoted(value)}/{page}/")) >= 500
    ]
    assert failed == []


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_charset_that_is_not_utf8_is_refused(staff, charset):
    for address in (reverse("studio"), reverse("links"), reverse("account_login")):
        answer = staff.generic("POST", address, b"a=1", content_type=f"{FORM}; charset={charset}")
        assert answer.status_code == 415
    assert staff.post(reverse("studio"), b"a=1", content_type=f"{FORM}; charset=UTF-8").status_code < 500


BODIES = [
    ("multipart/form-data", b"--x\r\n"),
    ("multipart/form-data; boundary=", b"--x\r\n"),
    ("multipart/form-data; boundary=x", b"no boundary at all"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nno end'),
    (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=a; filename*=rot13''b\r\n\r\nc\r\n--x--\r\n",
    ),
    (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n",
    ),
    (FORM, b"a=\xff\xfe&b=%ff%fe&c=%00&mode=%ed%a0%80"),
    (FORM, b"&".join(b"a=1" for _ in range(2000))),
    ("application/json", b'{"broken": '),
    ("text/plain", b"\xff\x00"),
    ("", b"\x00"),
]


@pytest.mark.parametrize(("content_type", "body"), BODIES)
def test_no_odd_body_fails(world, staff, content_type, body):
    owner = world.browser("owner")
    owner.raise_request_exception = False
    for name, (method, parts, _) in ROUTES.items():
        if method == "post" or name in ("studio", "links"):
            answer = owner.generic(
                "POST", reverse(name, args=world.parts(parts)), body, content_type=content_type
            )
            assert status(answer) < 500, name
    assert (
        staff.generic(
            "POST", reverse("admin:tryon_offer_changelist"), body, content_type=content_type
        ).status_code
        < 500
    )


@pytest.mark.parametrize("name", ["studio", "gallery", "wardrobe", "links", "tryon", "tryon_status", "image"])
def test_no_query_of_a_page_fails(world, name):
    owner = world.browser("owner")
    owner.raise_request_exception = False
    address = reverse(name, args=world.parts(ROUTES[name][1]))
    names = (
        "mode",
        "tryon",
        "show",
        "after",
        "page",
        "images",
        "seen",
        "usual",
        "model",
        "n",
        "size",
        "share",
    )
    for value in ODD:
        query = "&".join(f"{key}={quoted(value)}" for key in names)
        assert status(owner.get(f"{address}?{query}")) < 500, value


def dates(model) -> list[str]:
    fields = model._meta.concrete_fields
    return [field.name for field in fields if isinstance(field, (DateField, DateTimeField))]


def test_no_year_and_no_key_that_is_none_fails_in_the_admin(staff):
    request = RequestFactory().get("/")
    request.user = User.objects.filter(is_superuser=True).first()
    for model in models():
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name in dates(model):
            for year in ("-1", "0", "10000", "x"):
                assert status(staff.get(page, {f"{name}__year": year})) < 500, (page, name, year)
        for action in admin.site._registry[model].get_actions(request):
            for key in ("abc", "\0", "9" * 60, "1"):
                asked = {"action": action, "_selected_action": key, "index": "0"}
                assert status(staff.post(page, asked)) < 500, (page, action, key)


FIELDS = [
    *("mode", "model", "n", "size", "aspect_ratio", "note", "key", "person", "garment", "kind", "category"),
    *("images", "title", "days", "approve", "favourite", "login", "password", "email", "action"),
    *("_selected_action", "select_across", "form-TOTAL_FORMS", "form-INITIAL_FORMS", "form-0-id"),
]


VALUES = st.sampled_from(ODD) | st.text(string.printable)


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime")
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    sent=st.dictionaries(
        st.sampled_from(FIELDS), st.sampled_from(ODD) | st.text(string.printable), max_size=12
    )
)
def test_no_form_fails_whatever_its_fields_hold(world, staff, sent):
    body = "&".join(f"{name}={quoted(value)}" for name, value in sent.items()).encode()
    pages = [reverse(name, args=world.parts(parts)) for name, (_, parts, _) in ROUTES.items()]
    pages += [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in models()
    ]
    for page in [*pages, reverse("account_login"), reverse("account_signup")]:
        assert status(staff.post(page, body, content_type=FORM)) < 500, page
