"""Every address against everybody: who gets what. A route without a row in a table fails here.

The tables are asked in test_gate.py.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core import signing
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from gallery import pictures, renditions
from gallery.models import AuditEntry, Image, ShareLink
from tests.asking import body, signed_in, status, visiting
from tests.factories import jpeg, make_guest, make_tryon, make_user
from tests.gallery.marks import COMPOSITE, source_type
from tests.rings import matrix
from tryon.accounts.models import User
from tryon.models import Generation, Result, Site, TryOn
from tryon.pipeline.notifications.unsubscribe import SALT

ROLES = ("anonymous", "other guest", "other account", "owner", "reviewer", "share visitor")

ACCOUNTS = ("other account", "owner", "reviewer")  # which give their password once more
NOBODY_YET = {"anonymous": 403, "share visitor": 403}

everybody = dict.fromkeys(ROLES, 200)
nobody = dict.fromkeys(ROLES, 404)
only_owner = nobody | {"owner": 200}
owner_acts = nobody | {"owner": 302}
owner_and_review = nobody | {"owner": 200, "reviewer": 200}
whoever_has_the_link = nobody | {"owner": 200, "share visitor": 200}
reviewers = nobody | {"reviewer": 200}
whoever_came_by_the_link = nobody | {"share visitor": 302}
visits = dict.fromkeys(ROLES, 422)  # a form of one's own, sent empty

# name: (method, names of the parts of the address, who gets which status)
ROUTES = {
    "studio": ("get", (), everybody),
    "references": ("post", (), visits),
    "reference_bytes": ("get", ("person", "size"), owner_and_review),
    "reference_delete": ("post", ("person",), owner_acts),
    "tryon": ("get", ("tryon",), only_owner),
    "tryon_status": ("get", ("tryon",), only_owner),
    "news": ("get", (), everybody),
    "tryon_delete": ("post", ("tryon",), owner_acts),
    "tryon_cancel": ("post", ("tryon",), owner_acts),
    "generation_again": ("post", ("generation",), owner_acts),
    "undo": ("post", ("press",), dict.fromkeys(ROLES, 302) | NOBODY_YET),
    "reference_describe": ("post", ("person",), owner_acts),
    "wardrobe": ("get", (), everybody),
    "gallery": ("get", (), everybody),
    "gallery_download": (
        "post",
        (),
        dict.fromkeys(ROLES, 302),
    ),  # with nothing chosen: whose is test_selected
    "gallery_delete": ("post", (), dict.fromkeys(ROLES, 302)),
    "image": ("get", ("image",), owner_and_review),
    "image_bytes": ("get", ("image", "size"), owner_and_review),
    "image_delete": ("post", ("image",), owner_acts),
    "image_mend": ("post", ("image",), owner_acts),
    "image_favourite": ("post", ("image",), owner_acts),
    "image_keep": ("post", ("imagined",), owner_acts),
    "links": ("get", (), everybody),
    "link_change": ("post", ("link",), owner_acts),
    "link_renew": ("post", ("link",), only_owner),  # who reads the new address in the answer
    "link_approve": ("post", ("link",), nobody),  # but an owner who decides in the review: test_share_links
    "link_revoke": ("post", ("link",), owner_acts),
    "share": ("get", ("token",), everybody),
    "share_preview": ("get", ("token",), everybody),
    "share_as_chats_write_it": ("get", ("token",), everybody),
    "shared": ("get", ("link",), whoever_has_the_link),
    "shared_state": ("get", ("link",), whoever_has_the_link),
    "shared_unlock": ("post", ("link",), whoever_came_by_the_link | {"owner": 302}),
    "shared_heart": ("post", ("link", "image"), whoever_came_by_the_link),
    "shared_report": ("post", ("link", "image"), nobody | {"share visitor": 422}),  # sent empty
    "shared_zip": ("get", ("link",), whoever_has_the_link),
    "shared_bytes": ("get", ("link", "image", "size"), whoever_has_the_link),
    "review": ("get", (), reviewers),
    "review_sheet": ("get", (), reviewers),
    "review_claims": ("post", (), reviewers),
    "review_image": ("get", ("image",), reviewers),
    "review_mend": ("post", ("image",), nobody | {"reviewer": 302}),  # it was not rejected: back to its page
    "review_figures": ("get", (), nobody | {"reviewer": 200}),
    "privacy": ("get", (), everybody),
    "my_data": ("get", (), everybody),
    "my_data_download": ("post", (), everybody | NOBODY_YET),
    "my_data_delete": ("get", (), everybody | NOBODY_YET | dict.fromkeys(ACCOUNTS, 302)),
    "sample_look": ("get", ("look",), everybody),
    "site_sheet": ("get", ("sheet",), everybody),
    "site_logo": ("get", ("logo", "times"), everybody),
    "site_icon": ("get", ("logo", "icon"), everybody),
    "site_manifest": ("get", (), everybody),
    "unsubscribe": ("get", ("unsubscribe",), everybody),
}
FIELDS = {"image_keep": {"kind": "garment"}}  # what is posted, where an empty form says nothing
# Pages of accounts hold nothing of anybody's but one's own; the rest of them asks for the log-in.
ACCOUNT_PAGES = {
    "account_login",
    "account_signup",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_confirm_login_code",
    "mfa_authenticate",  # between password and log-in: test_second_factor
    "account_settings",  # which tells others what an account gives
}
ACCOUNT_PAGES_OF_MEMBERS = {
    "account_browsers",
    "account_join",
    "account_name",
    "account_change_password",
    "account_email",
    "account_mails",
    "account_reauthenticate",
    "account_request_reauthentication_code",  # refused: by the password alone
    "account_confirm_reauthentication_code",
    "account_set_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_reauthenticate",  # refused: by the password alone
    "mfa_reauthenticate_webauthn",
}
OF_A_PASSKEY = {"mfa_edit_webauthn", "mfa_remove_webauthn"}
# For machines: they say only whether the site is up; its numbers want a token (test_health, test_metrics).
PROBES = {"healthz", "readyz", "metrics"}
MOVED = {"admin/tryon/line/"}  # leads on to where the page is now
SIZES = ("small", "large", "original")


def routes() -> Iterator[tuple[str, str]]:
    """(namespace, name) of every route of the site; a nameless one stands under its pattern."""

    def walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, pattern.namespace or namespace)
            else:
                yield namespace, pattern.name or str(pattern.pattern)

    return walk(get_resolver().url_patterns, "")


def test_every_route_has_a_row():
    ours = {name for namespace, name in routes() if not namespace}

    assert ours - PROBES - MOVED == set(ROUTES) | ACCOUNT_PAGES | ACCOUNT_PAGES_OF_MEMBERS


@dataclass
class World:
    """One owner's things, and the browsers of everybody."""

    tryon: TryOn
    generation: Generation
    image: Image
    imagined: Image
    link: ShareLink
    token: str
    site: Site
    look: Image
    size: str = "small"

    def parts(self, names: tuple[str, ...]) -> list[str]:
        values = {
            "tryon": self.tryon.pk,
            "generation": self.generation.pk,
            "image": self.image.pk,
            "imagined": self.imagined.pk,
            "person": self.tryon.ordered_inputs()[0].reference_id,
            "link": self.link.pk,
            "token": self.token,
            "size": self.size,
            "press": uuid.uuid4(),  # nobody's; whose they are: test_undo
            "look": self.look.pk,
            "sheet": self.site.sheet,
            "logo": self.site.logo_digest,
            "times": 1,
            "icon": "192",
            "unsubscribe": signing.dumps([self.tryon.owner_id, "ready"], salt=SALT),
        }
        return [str(values[name]) for name in names]

    def browser(self, role: str) -> Client:
        made: dict[str, Callable[[], Client]] = {
            "anonymous": Client,
            "other guest": lambda: visiting(make_guest()),
            "other account": lambda: signed_in(make_user()),
            "owner": lambda: signed_in(self.tryon.owner),
            "reviewer": lambda: signed_in(make_user(is_staff=True, is_superuser=True)),
            "share visitor": self._came_in_by_the_link,
        }
        return made[role]()

    def _came_in_by_the_link(self) -> Client:
        client = Client()
        client.get(reverse("share", args=[self.token]))
        return client

    def ask(self, role: str, name: str) -> HttpResponse:
        method, names, _ = ROUTES[name]
        address = reverse(name, args=self.parts(names))
        return getattr(self.browser(role), method)(address, FIELDS.get(name))


@pytest.fixture
def world(db) -> World:
    tryon = make_tryon(make_user("owner"), "done")
    image = Result.objects.get(generation__tryon=tryon).image
    image.approve(make_user("approver"))
    link, token = ShareLink.objects.create_link(tryon.owner, [image], title="", download=True)
    imagined, site, look = imagined_by(tryon.owner), dressed(), shown_look()
    return World(tryon, tryon.generations.get(), image, imagined, link, token, site, look)


@cache
def logo() -> pictures.Picture:
    return pictures.logo(jpeg())


def dressed() -> Site:
    site = Site(pk=1, accent="#8a1c3f")
    site.put_logo(logo())
    site.save()
    return site


def imagined_by(owner: User) -> Image:
    tryon = make_tryon(owner, "done")
    TryOn.objects.filter(pk=tryon.pk).update(mode="imagine", note="a red chair")
    return Result.objects.get(generation__tryon=tryon).image


def shown_look() -> Image:
    """An approved picture of the shop's own."""
    tryon = make_tryon(User.objects.shop(), "done")
    image = Result.objects.get(generation__tryon=tryon).image
    image.approve(make_user(is_staff=True))
    return image


# What a cache or the Back button may keep, and how; nothing else is kept by anybody.
PICTURES = {"reference_bytes", "image_bytes", "shared_bytes", "sample_look"}
LOOKS = {"site_sheet", "site_logo", "site_icon", "site_manifest"}


@pytest.mark.parametrize(
    "path", ["/no/such/page", "/admin/", "/accounts/password/change/", "/accounts/email/"]
)
def test_a_page_without_a_row_is_kept_by_nobody(db, path):
    for browser in (Client(), signed_in(make_user()), signed_in(make_user(is_staff=True))):
        assert "no-store" in browser.get(path)["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "account_settings"]
)
def test_pages_that_show_nothing_of_anybodys_may_be_kept(db, name):
    assert Client().get(reverse(name))["Cache-Control"] == "private, no-cache"
    assert "no-store" in signed_in(make_user()).get(reverse(name))["Cache-Control"]
    assert "no-store" in Client().post(reverse(name), {})["Cache-Control"]


def test_a_page_sets_the_cookie_of_forms_once_so_that_the_back_button_may_keep_the_next(db):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_user())
    assert "csrftoken" in browser.get("/wardrobe/").cookies
    page = browser.get("/gallery/")
    assert not page.cookies
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    assert browser.post(reverse("account_logout")).status_code == 403
    assert browser.post(reverse("account_logout"), {"csrfmiddlewaretoken": token}).status_code == 302


def test_no_page_may_use_a_device(db):
    for path in ("/", "/admin/login/", "/no/such/page"):
        assert "camera=(), " in Client().get(path)["Permissions-Policy"]


# Of all addresses that give bytes of a picture: what these say made it.
SAYS_WHAT_MADE_IT = {
    "image_bytes": COMPOSITE,
    "shared_bytes": COMPOSITE,
    "share_preview": COMPOSITE,
    "sample_look": COMPOSITE,
    "reference_bytes": "",  # somebody's photo
    "site_logo": "",
    "site_icon": "",
}
NOT_THERE = ("reference_bytes", "large")


@pytest.mark.parametrize("are_made", [False, True], ids=["before copies are made", "copies"])
@pytest.mark.parametrize("size", matrix(["original", "small", "large"], first=1))
def test_every_address_of_a_made_picture_gives_it_with_its_mark(world, size, are_made):
    """A new route that gives pictures fails here, until it is said what they are."""
    world.size = size
    if are_made:
        renditions.make(world.image)
    said = {}
    for name, (method, _, _) in ROUTES.items():
        if method != "get":
            continue
        answer = world.ask("owner", name)
        content = body(answer)
        if answer.status_code == 200 and answer["Content-Type"].startswith("image/"):
            said[name] = source_type(content)

    # There is no large copy of an input picture.
    assert said == {name: code for name, code in SAYS_WHAT_MADE_IT.items() if (name, size) != NOT_THERE}


@pytest.mark.parametrize("role", ROLES)
def test_a_guests_things_are_guarded_like_an_accounts(db, role):
    guest = make_guest()
    tryon = make_tryon(guest, "done")
    image = Result.objects.get(generation__tryon=tryon).image
    link, token = ShareLink.objects.create_link(guest, [image], title="")
    world = World(tryon, tryon.generations.get(), image, image, link, token, Site(), image)
    browser = visiting(guest) if role == "owner" else world.browser(role)

    assert status(browser.get(reverse("image", args=[image.pk]))) == owner_and_review[role]
    assert status(browser.get(reverse("shared", args=[link.pk]))) == whoever_has_the_link[role]
    size = reverse("shared_bytes", args=[link.pk, image.pk, "large"])
    assert status(browser.get(size)) == 404  # not approved yet


@pytest.mark.parametrize("name", [n for n, (_, names, _) in ROUTES.items() if names and n != "tryon_status"])
def test_what_does_not_exist_looks_like_what_is_not_yours(world, name):
    method, names, _ = ROUTES[name]
    made_up = {"size": "small", "token": "x" * 43, "times": 1, "icon": "192"}
    unknown = [made_up.get(part, uuid.uuid4()) for part in names]

    answer = status(getattr(world.browser("owner"), method)(reverse(name, args=unknown)))
    assert answer == (302 if name == "undo" else 404)  # it is too late, whosever it was


ADMIN_ARGUMENTS = {
    "tryon_housegarment_in_place": ["00000000-0000-4000-8000-000000000000"],
    "tryon_housegarment_qr": ["00000000-0000-4000-8000-000000000000"],
    "tryon_unopenedanswer_file": ["00000000-0000-4000-8000-000000000000"],
    "view_on_site": [1, 1],
    "app_list": ["gallery"],
}


def admin_addresses() -> Iterator[str]:
    for namespace, name in routes():
        if namespace == "admin" and name not in ("(?P<url>.*)$", "<path:object_id>/"):
            of_a_row = (
                name.endswith(("_change", "_delete", "_history", "_export", "_erase", "_second_factor"))
                and name != "password_change"
            )
            arguments = ADMIN_ARGUMENTS.get(name, ["1"] if of_a_row else [])
            yield reverse(f"admin:{name}", args=arguments)


def test_the_admin_is_closed_to_all_but_staff(world):
    addresses = list(admin_addresses())
    assert len(addresses) > 40

    for role in ("anonymous", "other guest", "share visitor", "owner"):
        browser = world.browser(role)
        # Nobody in: to the log-in. In, but not staff: refused there. Log-out alone answers everybody.
        answers = {address: browser.get(address).status_code for address in addresses}
        assert set(answers.values()) <= {302, 403, 405}, (role, answers)
        assert answers[reverse("admin:gallery_image_changelist")] == 302


def test_the_admins_own_log_in_leads_to_the_one_with_limits(db):
    answer = Client().get(reverse("admin:login"))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("role", ROLES)
def test_probes_tell_nothing_but_whether_the_site_is_up(transactional_db, world, role):
    browser = world.browser(role)

    assert browser.get(reverse("healthz")).json() == {"alive": True}
    assert set(browser.get(reverse("readyz")).json()) == {"ready"} | (
        {"checks"} if role == "reviewer" else set()
    )
    assert browser.get(reverse("metrics")).status_code == 404


@pytest.mark.parametrize("name", sorted(ACCOUNT_PAGES_OF_MEMBERS))
def test_pages_of_an_account_ask_for_the_log_in(db, name):
    for client in (Client(), visiting(make_guest())):
        answer = client.get(reverse(name, args=[1] if name in OF_A_PASSKEY else []))
        assert answer.status_code == 302
        assert reverse("account_login") in answer["Location"]


def with_rights(*names: str) -> User:
    """Somebody of the staff with these rights alone."""
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.mark.parametrize(
    ("rights", "photo", "picture"),
    [
        ((), 404, 404),
        (("view_offer", "change_site"), 404, 404),
        (("view_image",), 404, 200),
        (("view_reference",), 200, 404),
        (("change_image", "change_reference"), 200, 200),
    ],
)
def test_staff_see_the_photos_that_they_have_a_right_to(world, rights, photo, picture):
    browser = signed_in(with_rights(*rights))
    for size in ("small", "original"):
        world.size = size
        assert status(browser.get(reverse("reference_bytes", args=world.parts(("person", "size"))))) == photo
        assert status(browser.get(reverse("image_bytes", args=world.parts(("image", "size"))))) == picture
    assert status(browser.get(reverse("image", args=world.parts(("image",))))) == picture


def test_whoever_opens_somebody_elses_whole_photo_leaves_a_line(world):
    world.size = "original"
    address = reverse("reference_bytes", args=world.parts(("person", "size")))
    opened = AuditEntry.objects.filter(action="opened", kind="reference")
    body(signed_in(world.tryon.owner).get(address))
    assert not opened.exists(), "one's own"

    reviewer = with_rights("view_reference")
    for _ in range(3):
        body(signed_in(reviewer).get(address))
    [line] = opened
    assert (line.actor, line.subject) == (reviewer, world.parts(("person",))[0])
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2)):
        body(signed_in(reviewer).head(address))
    body(signed_in(with_rights("view_reference")).get(address))
    assert opened.all().count() == 3
