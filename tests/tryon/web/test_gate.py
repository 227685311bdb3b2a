"""The gate: every route, asked by everybody, by every method, of a picture in every state.

What is expected stands in the table of test_routes.py; here is what other roles and other states make of it.
A route to a picture without a row in `SHOWN` fails, as one without a row in that table does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Image, RejectionReason, Report, ShareLink
from tests.asking import body, signed_in, visiting
from tests.factories import make_guest, make_user
from tests.rings import matrix
from tests.tryon.web.test_routes import (
    FIELDS,
    LOOKS,
    PICTURES,
    ROLES,
    ROUTES,
    SIZES,
    World,
    dressed,
    imagined_by,
    with_rights,
    world,
)
from tryon.pipeline.privacy import deletion, erasure

__all__ = ["World", "dressed", "imagined_by", "world"]

Statuses = dict[str, int]


# Who asks -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Other:
    """A role that finds what another one finds, but for some routes."""

    like: str
    but: Statuses


ENDED = {"share": 404, "share_preview": 404, "share_as_chats_write_it": 404}
LOCKED = {"share_preview": 404, "shared": 200, "shared_state": 200, "shared_unlock": 422}
OTHERS = {
    "administrator": Other("reviewer", {}),
    "staff without rights": Other("other account", {}),
    "owner's cookie of before": Other("anonymous", {}),  # of the guest whom the account was
    "erased account": Other("anonymous", {}),
    "holder of a revoked link": Other("anonymous", ENDED),
    "holder of an expired link": Other("anonymous", ENDED),
    "holder of a replaced address": Other("anonymous", ENDED),
    "holder of a locked link": Other("anonymous", LOCKED),
}
HOLDERS = {role for role in OTHERS if role.startswith("holder")}
EVERYBODY = (*ROLES, *OTHERS)
OF_A_LINK = {"link", "token"}
OF_A_PICTURE = OF_A_LINK | {"image", "look"}


class Gate:
    """One owner's things, and a browser for each role that came in while its way was open."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.links = dict.fromkeys(EVERYBODY, (world.link, world.token))
        self.browsers = {role: world.browser(role) for role in ROLES if role != "reviewer"}
        self.browsers["reviewer"] = signed_in(with_rights("change_image", "view_reference"))
        self.browsers["administrator"] = signed_in(make_user(is_staff=True, is_superuser=True))
        self.browsers["staff without rights"] = signed_in(make_user(is_staff=True))
        self.browsers["owner's cookie of before"] = self._cookie_of_before()
        gone = make_user()
        self.browsers["erased account"] = signed_in(gone)
        erasure.erase(gone, gone)
        for role, end in ENDS.items():
            made = ShareLink.objects.create_link(
                world.tryon.owner, [world.image], title="", download=True, password=PASSWORDS.get(role, "")
            )
            self.links[role], self.browsers[role] = made, Client()
            self.browsers[role].get(reverse("share", args=[made[1]]))
            end(made[0])

    def _cookie_of_before(self) -> Client:
        guest = make_guest()
        browser = visiting(guest)
        owner = self.world.tryon.owner
        type(guest).objects.filter(pk=guest.pk).update(visitor=None)
        type(owner).objects.filter(pk=owner.pk).update(visitor=guest.visitor)
        return browser

    def ask(self, role: str, name: str, method: str = "", **headers: str) -> HttpResponse:
        """As `method`, or as the row says; whatever it did is undone."""
        usual, names, _ = ROUTES[name]
        link, token = self.links[role]
        parts = replace(self.world, link=link, token=token).parts(names)
        client = copy.deepcopy(self.browsers[role])  # cookies that it is given are its own
        told = (FIELDS.get(name),) if method in ("", "post") else ()
        with transaction.atomic():
            answer = getattr(client, method or usual)(reverse(name, args=parts), *told, headers=headers)
            answer.whole = body(answer)
            transaction.set_rollback(True)
        return answer


PASSWORDS = {"holder of a locked link": "apricot jam"}
ENDS: dict[str, Callable[[ShareLink], object]] = {
    "holder of a revoked link": lambda link: link.revoke(link.owner),
    "holder of an expired link": lambda link: ShareLink.objects.filter(pk=link.pk).update(
        expires_at=timezone.now()
    ),
    "holder of a replaced address": lambda link: link.renew(link.owner),
    "holder of a locked link": lambda link: None,
}


def expected(role: str, name: str) -> int:
    """For an approved picture."""
    other = OTHERS.get(role)
    return other.but.get(name, ROUTES[name][2][other.like]) if other else ROUTES[name][2][role]


def asked_by(name: str) -> Iterable[str]:
    """Everybody; who holds a link that ended is anonymous anywhere else."""
    return (
        EVERYBODY if OF_A_LINK & set(ROUTES[name][1]) else [role for role in EVERYBODY if role not in HOLDERS]
    )


# How the picture stands -------------------------------------------------------------------------------------
def approve_by_hand(image: Image) -> None:
    """By SQL, or by a fault of ours: no decision, and no row in the trail."""
    pend(image)
    Image.objects.filter(pk=image.pk).update(review="approved", reviewed_at=timezone.now())


def pend(image: Image) -> None:
    """As if nobody had decided yet."""
    image.undo(make_user())


def reject(image: Image) -> None:
    image.reject(make_user(), RejectionReason.MODESTY)


def report(image: Image) -> None:
    Report.objects.send(image.links.first(), image, "x", "me", "")


OPEN, WAITING, GONE = "open", "waiting", "gone"
STATES: dict[str, tuple[str, Callable[[Image], object]]] = {
    "approved": (OPEN, lambda image: None),
    "reported": (OPEN, report),
    "un-approved": (WAITING, pend),
    "rejected": (GONE, reject),
    "deleted": (GONE, lambda image: deletion.delete_image(image, None)),
    "approved by hand": (GONE, approve_by_hand),
}
closed = dict.fromkeys(ROLES, 404)
TOKEN = {WAITING: dict.fromkeys(ROLES, 200), GONE: closed | {"owner": 200}}
BYTES = {WAITING: closed, GONE: closed}
# What there is of routes to a picture that others may not see; a role that is not named finds nothing.
SHOWN: dict[str, dict[str, Statuses]] = {
    "share": TOKEN,
    "share_as_chats_write_it": TOKEN,
    "share_preview": BYTES,
    "shared": {WAITING: {"owner": 200, "share visitor": 200}, GONE: {"owner": 200}},
    "shared_state": {WAITING: {"owner": 200, "share visitor": 204}, GONE: {"owner": 200}},
    "shared_unlock": {WAITING: {"owner": 302, "share visitor": 302}, GONE: {"owner": 302}},
    "shared_heart": BYTES,
    "shared_report": BYTES,
    "shared_zip": {WAITING: {"owner": 200}, GONE: {"owner": 200}},  # empty
    "shared_bytes": BYTES,
    "sample_look": BYTES,
}
# These are the owner's and the reviewers' own: only its end takes a picture from them.
OWN = {"image", "image_bytes", "image_delete", "image_mend", "image_favourite", "review_image", "review_mend"}
OF_LINKS = {"link_change", "link_renew", "link_approve", "link_revoke"}  # whatever they show
OF_THE_LOCKED = {WAITING: {"shared": 200, "shared_state": 204, "shared_unlock": 302, "share": 200}}


def to_a_picture() -> list[str]:
    return [name for name, (_, parts, _) in ROUTES.items() if OF_A_PICTURE & set(parts)]


def test_every_route_to_a_picture_says_what_it_gives_of_one_that_others_may_not_see():
    assert set(to_a_picture()) == set(SHOWN) | OWN | OF_LINKS


def expected_of(state: str, role: str, name: str) -> int:
    stands, _ = STATES[state]
    if stands == OPEN or name in OF_LINKS:
        return expected(role, name)
    if name in OWN:
        return 404 if state == "deleted" else expected(role, name)
    found = SHOWN[name][stands]
    if role not in OTHERS:
        return found.get(role, 404)
    if expected(role, name) == 404:
        return 404
    if role == "holder of a locked link":
        told = OF_THE_LOCKED.get(stands, {})
        return told.get("share" if name == "share_as_chats_write_it" else name, 404)
    return found.get(OTHERS[role].like, 404)


def differences(
    gate: Gate, state: str, names: Iterable[str], roles: Iterable[str]
) -> dict[tuple[str, str], tuple]:
    """(route, role): (what came, what should have come)"""
    found = {}
    for name in names:
        for role in set(roles) & set(asked_by(name)):
            answer = gate.ask(role, name)
            wanted = expected_of(state, role, name)
            if answer.status_code != wanted:
                found[name, role] = (answer.status_code, wanted)
            assert_is_kept_by_nobody_else(answer, name, role)
    return found


def assert_is_kept_by_nobody_else(answer: HttpResponse, name: str, role: str) -> None:
    """What a cache or the Back button may keep, and how; nothing else is kept by anybody."""
    kept = answer["Cache-Control"]
    like = OTHERS[role].like if role in OTHERS else role
    if answer.status_code == 200 and name in PICTURES:
        assert kept == "private, no-cache", "asked for again each time, by what it is"
    elif name in LOOKS:
        assert kept.startswith("public, ")
    elif name in ("studio", "privacy") and like in ("anonymous", "share visitor"):
        assert kept == "private, no-cache", "it shows nothing of anybody's"
    else:
        assert "no-store" in kept, (name, role)
        assert "private" in kept, (name, role)


@pytest.fixture
def gate(world) -> Gate:
    return Gate(world)


def test_each_route_answers_everybody_as_the_table_says(gate):
    assert differences(gate, "approved", ROUTES, EVERYBODY) == {}


MET = ("anonymous", "other account", "owner", "reviewer", "share visitor", "holder of a locked link")


@pytest.mark.parametrize("roles", matrix([MET, set(EVERYBODY) - set(MET)], first=1), ids=["first", "others"])
def test_what_others_may_not_see_is_closed_to_them_at_every_route(gate, roles):
    for state in STATES:
        with transaction.atomic():
            stand(gate, state)
            found = differences(gate, state, to_a_picture(), roles)
            transaction.set_rollback(True)
        assert found == {}, state


@pytest.mark.parametrize("name", ["image_bytes", "shared_bytes"])
def test_every_size_is_guarded_alike(gate, name):
    for size in SIZES:
        gate.world.size = size
        assert differences(gate, "approved", [name], EVERYBODY) == {}, size


def stand(gate: Gate, state: str) -> None:
    """The owner's picture, and the shop's own sample look."""
    _, turn = STATES[state]
    for image in (gate.world.image, gate.world.look):
        if turn is not report or image.links.exists():  # nobody reports a sample
            turn(image)


# By which method ------------------------------------------------------------------------------------------
METHODS = {"get", "head", "post", "put", "patch", "delete", "options", "trace"}
SLACK = 100  # bytes: a page's one-time keys
A_PAGE_AND_ITS_FORM = {"studio", "links", "my_data_delete", "unsubscribe", "review_image", "review_sheet"}
SAFE = {
    "HEAD": lambda gate, role, name, etag: gate.ask(role, name, "head"),
    "Range": lambda gate, role, name, etag: gate.ask(role, name, Range="bytes=0-9"),
    "If-None-Match": lambda gate, role, name, etag: gate.ask(role, name, **{"If-None-Match": etag or "*"}),
}


@pytest.mark.parametrize("state", matrix(["un-approved", "rejected", *STATES], first=2))
def test_no_way_of_asking_tells_more_than_a_plain_one(gate, state):
    """HEAD, a range, and what a browser kept from the time when it was open: a 304 would be a leak."""
    names = [name for name in to_a_picture() if ROUTES[name][0] == "get"]
    roles = ("anonymous", "share visitor", "owner", "holder of a locked link")
    etags = {(role, name): gate.ask(role, name).get("ETag", "") for role in roles for name in names}
    stand(gate, state)
    for (role, name), etag in etags.items():
        plain = gate.ask(role, name)
        for way, ask in SAFE.items():
            answer = ask(gate, role, name, etag)
            is_kept = way == "If-None-Match" and plain.get("ETag") and plain["ETag"] == etag
            assert answer.status_code == (304 if is_kept else plain.status_code), (name, role, way)
            assert len(answer.whole) <= len(plain.whole) + SLACK, (name, role, way)
        if plain.status_code == 404:
            assert plain["Content-Type"].startswith("text/html"), "no byte of a picture"


@pytest.mark.parametrize("role", matrix(["owner", "share visitor", "administrator", "anonymous"], first=2))
def test_each_route_takes_the_methods_that_it_is_made_for_and_no_other(gate, role):
    found = {}
    for name, (method, _, _) in ROUTES.items():
        takes = {"get", "head"} if method == "get" else {"post"}
        takes |= {"get", "head", "post"} if name in A_PAGE_AND_ITS_FORM else set()
        for other in METHODS - takes:
            answer = gate.ask(role, name, other)
            if answer.status_code != 405:
                found[name, other] = answer.status_code
    assert found == {}
