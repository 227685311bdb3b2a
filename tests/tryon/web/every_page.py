"""Every page in the states that it has, for who looks through its words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Flag, Image, RejectionReason, ReviewClaim, ShareLink
from tests.asking import visiting
from tests.factories import make_guest, make_image, make_reference, make_tryon, make_user
from tests.tryon.asked import asked_for
from tests.tryon.studio_form import wishes
from tests.tryon.web.test_routes import ROUTES, World
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, Offer, Result, TryOn
from tryon.models.states import FailureReason, PauseReason, Settled, WaitingFor
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import model_families

NO_PAGE = {
    "reference_bytes", "image_bytes", "shared_bytes", "share_preview", "sample_look", "shared_zip",
    "site_sheet", "site_logo", "site_icon", "site_manifest",
}  # fmt: skip
OF_ADMIN = (
    "index", "tryon_money", "tryon_site_looks", "gallery_image_changelist", "tryon_unknown_changelist",
    "tryon_offer_changelist", "tryon_circuitbreaker_changelist", "tryon_reference_changelist",
    "tryon_housegarment_add", "gallery_auditentry_changelist", "gallery_sharelink_changelist",
)  # fmt: skip
PASSWORD = "correct horse battery"


@dataclass
class Asked:
    """A question of `role`; with `data` it is posted. A `back` is where its message is read."""

    role: str
    address: str
    data: dict[str, Any] | None = None
    back: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def by(self, browser: Client, headers: dict[str, str]) -> HttpResponse:
        headers = headers | self.headers
        if self.data is None:
            return browser.get(self.address, headers=headers, follow=True)
        answer = browser.post(self.address, self.data, headers=headers)
        return browser.get(self.back, headers=headers) if self.back else answer


def pages(world: World) -> Iterator[Asked]:
    """Those of the table of routes, of the log-in and of the admin."""
    for name, (method, parts, _) in ROUTES.items():
        if method == "get" and name not in NO_PAGE:
            yield Asked("owner", reverse(name, args=world.parts(parts)))
    for mode in model_families.MODES[1:]:
        yield Asked("owner", f"{reverse('studio')}?mode={mode}")
    for name in ("studio", "gallery", "wardrobe", "links", "my_data", "account_settings"):
        yield Asked("anonymous", reverse(name))
    for name in ("login", "signup", "reset_password", "reset_password_done", "inactive"):
        yield Asked("anonymous", reverse(f"account_{name}"))
    for name in ("settings", "change_password", "email", "mails", "logout", "reauthenticate"):
        yield Asked("owner", reverse(f"account_{name}"))
    for name in OF_ADMIN:
        yield Asked("reviewer", reverse(f"admin:{name}"))
    yield Asked("reviewer", reverse("admin:tryon_site_change", args=[1]))
    yield Asked("reviewer", reverse("admin:gallery_image_change", args=[world.image.pk]))
    yield Asked("reviewer", reverse("admin:accounts_user_changelist"))
    yield Asked("reviewer", reverse("image", args=[world.image.pk]))


def looks(owner: User) -> Iterator[Asked]:
    """The page of a try-on: how it waits, how it ends, each way of asking."""
    rows = [make_tryon(owner, each, count=2) for each in ("queued", "running", "cancelled", "unknown")]
    later = {"not_before": timezone.now() + dt.timedelta(minutes=2)}
    rows += [make_tryon(owner, "queued", waiting_for=each.value, **later) for each in WaitingFor]
    rows += [make_tryon(owner, "refused", reason=reason) for reason in ("no_picture", "safety", "words")]
    rows += [make_tryon(owner, "failed", reason=reason.value) for reason in FailureReason]
    rows += [make_tryon(owner, "unknown", settled=each.value) for each in Settled]
    rows.append(make_tryon(owner, "unknown", reason="unreadable"))
    rows.append(make_tryon(owner, "running", sent_at=timezone.now() - dt.timedelta(hours=1)))
    photos = [make_reference(owner, "other") for _ in range(3)]
    for mode, given in (("remix", photos[:1]), ("compose", photos), ("imagine", [])):
        row = asked_for(owner, mode, *given)
        rows.append(row)
        yield Asked("owner", reverse("image", args=[image_of(row).pk]))
        yield Asked("owner", f"{reverse('studio')}?tryon={row.pk}")
    rows.append(asked_for(owner, "remix", photos[0], status="queued"))
    yield from (Asked("owner", reverse("tryon", args=[row.pk])) for row in rows)
    yield Asked("owner", reverse("tryon_cancel", args=[rows[0].pk]), {}, back=reverse("gallery"))
    yield Asked("owner", reverse("tryon_cancel", args=[rows[-2].pk]), {}, back=reverse("gallery"))
    yield Asked("owner", reverse("tryon_delete", args=[rows[0].pk]), {}, back=reverse("studio"))


def image_of(tryon: TryOn) -> Image:
    return Result.objects.filter(generation__tryon=tryon).earliest("generation__number").image


def pictures(world: World) -> Iterator[Asked]:
    """One picture and all of them: checked or not, found by filters, selected, deleted."""
    owner, staff, gallery = world.tryon.owner, make_user(is_staff=True), reverse("gallery")
    look = make_tryon(owner, "done", count=2)
    rejected = image_of(look)
    for reason in RejectionReason:
        each = make_image(owner)
        each.reject(staff, reason, "")
        yield Asked("owner", reverse("image", args=[each.pk]))
    rejected.reject(staff, RejectionReason.FACE, "⟦⟧")
    waiting = make_image(owner)
    for image in (rejected, waiting):
        yield Asked("owner", reverse("image", args=[image.pk]))
        yield Asked("reviewer", reverse("image", args=[image.pk]))
    yield Asked("owner", reverse("tryon", args=[look.pk]))
    for query in (
        "?show=favourite&show=shared",
        "?show=rejected",
        "?show=pending",
        "?select=all",
        "?after=zz",
    ):
        yield Asked("owner", gallery + query)
    yield Asked("owner", f"{gallery}?person={world.parts(('person',))[0]}&show=approved")
    yield Asked("owner", reverse("gallery_delete"), {}, back=gallery)
    yield Asked("owner", reverse("gallery_download"), {"images": [str(waiting.pk)] * 101}, back=gallery)
    yield Asked("owner", reverse("image_delete", args=[waiting.pk]), {}, back=gallery)
    yield Asked(
        "owner", reverse("image_keep", args=[world.imagined.pk]), {"kind": "garment"}, reverse("studio")
    )
    person = world.parts(("person",))[0]
    yield Asked("owner", reverse("reference_describe", args=[person]), {"label": "x" * 500})
    yield Asked("owner", reverse("reference_delete", args=[person]), {}, back=reverse("wardrobe"))


def links(world: World) -> Iterator[Asked]:
    """Sharing: the form, the link that was made, its owner's list, and what others find behind it."""
    owner, staff, mine = world.tryon.owner, make_user(is_staff=True), reverse("links")
    approved, waiting, rejected = (make_image(owner) for _ in range(3))
    approved.approve(staff)
    rejected.reject(staff, RejectionReason.FACE, "")

    def link(*images: Image, **fields: Any) -> tuple[ShareLink, str]:
        return ShareLink.objects.create_link(owner, images, title="", **fields)

    open_, early, refused = (
        link(approved, waiting, download=True),
        link(waiting),
        link(rejected, hearts=False),
    )
    locked, stopped, ended = link(approved, password="xyzzy"), link(approved), link(approved)
    stopped[0].revoke(owner)
    ShareLink.objects.filter(pk=ended[0].pk).update(expires_at=timezone.now() - dt.timedelta(days=1))
    for each, token in (open_, early, refused, locked, stopped, ended):
        yield Asked("visitor", reverse("share", args=[token]))
        yield Asked("visitor", reverse("shared", args=[each.pk]))
    for image in (approved, waiting):
        liked = reverse("shared_heart", args=[open_[0].pk, image.pk])
        yield Asked("visitor", liked, {"favourite": "1"}, back=reverse("shared", args=[open_[0].pk]))
    report = reverse("shared_report", args=[open_[0].pk, approved.pk])
    for given in ({}, {"reason": "me", "words": "x" * 501}, *[{"reason": "me"}] * 11):  # then it asks to wait
        yield Asked("visitor", report, given)
    for _ in range(6):  # then it asks to wait
        yield Asked("visitor", reverse("shared_unlock", args=[locked[0].pk]), {"password": "no"})
    yield Asked("owner", reverse("shared", args=[open_[0].pk]))
    yield Asked("owner", mine)
    yield Asked("reviewer", mine)
    chosen = {"images": [str(approved.pk), str(waiting.pk)]}
    yield Asked("owner", f"{mine}?share=1")
    yield Asked("owner", f"{mine}?share=1&images={approved.pk}&images={waiting.pk}")
    yield Asked("owner", mine, chosen | {"days": "999", "title": "x" * 200})
    yield Asked("owner", mine, chosen | {"days": "7"})
    yield Asked("owner", mine, chosen | {"days": "7"}, headers={"HX-Request": "true"})
    yield Asked("owner", mine, {"days": "0"}, headers={"HX-Request": "true"})
    yield Asked("owner", reverse("link_change", args=[open_[0].pk]), {"days": "0"})
    yield Asked("owner", reverse("link_change", args=[open_[0].pk]), {"days": "9"}, back=mine)
    yield Asked("owner", reverse("link_renew", args=[early[0].pk]), {})
    yield Asked("owner", reverse("link_revoke", args=[open_[0].pk]), {}, back=mine)


def desk(world: World) -> Iterator[Asked]:
    """The desk and its sheet: what waits, what was decided, by whom, and what is refused."""
    owner, ana = world.tryon.owner, make_user("ana", is_staff=True, is_superuser=True)
    waiting, rejected, shared = (image_of(make_tryon(owner, "done", count=2)) for _ in range(3))
    rejected.reject(ana, RejectionReason.FACE, "⟦⟧")
    for kind in Flag.Kind:
        Flag.objects.create(image=waiting, kind=kind, measure=1)
    ShareLink.objects.create_link(owner, [shared], title="")
    ReviewClaim.objects.claim([shared.pk], ana, 60)
    part = {"HX-Request": "true"}
    for image in (waiting, rejected, shared):
        yield Asked("reviewer", reverse("review_image", args=[image.pk]))
    for query in ("", "?reason=face", "?category=shoes"):
        yield Asked("reviewer", reverse("review") + query)
        yield Asked("reviewer", reverse("review_sheet") + query)
    page = reverse("review_image", args=[waiting.pk])
    yield Asked("reviewer", page, {"decision": "reject"}, headers=part)
    yield Asked("reviewer", page, {"decision": "reject", "reason": "face"}, headers=part)
    yield Asked("reviewer", reverse("review"))
    yield Asked(
        "reviewer", reverse("review_image", args=[rejected.pk]), {"decision": "approve"}, headers=part
    )
    mend = reverse("review_mend", args=[rejected.pk])
    yield Asked("reviewer", mend, {}, back=reverse("review"))
    yield Asked("reviewer", reverse("review_mend", args=[shared.pk]), {}, headers=part)
    yield Asked("reviewer", page, {"decision": "undo"}, back=reverse("review"))
    yield Asked("reviewer", reverse("review_sheet"), {}, back=reverse("review_sheet"))
    yield Asked("reviewer", reverse("review_claims"), {})


def refusals(owner: User) -> Iterator[Asked]:
    """Forms that come back with what is to be put right, and limits that are met."""
    studio = reverse("studio")
    for data in (
        wishes(note="x" * 600, consent=""),
        wishes(person="", garment="", n="9", size="9K", aspect_ratio="9:1"),
        {"mode": "remix"},
        {"mode": "compose", "n": "9", "size": "8K"},
        {"mode": "imagine", "aspect_ratio": "5:1"},
    ):
        yield Asked("owner", studio, data)
    gone = {"mode": "try_on", "person_reference": "no", "garment_reference": "no", "from": "mirror"}
    yield Asked("owner", studio, gone, headers={"HX-Request": "true"})
    yield Asked("owner", reverse("references"), {"kind": "person"})
    yield Asked("anonymous", reverse("account_login"), {"login": "nobody", "password": "wrong"})
    yield Asked("anonymous", reverse("account_signup"), {"email": "x", "password1": "1", "password2": "2"})
    yield Asked("anonymous", reverse("account_reset_password"), {"email": "x"})
    wrong = {"oldpassword": "no", "password1": "1", "password2": "2"}
    yield Asked("owner", reverse("account_change_password"), wrong)
    yield Asked("owner", reverse("account_email"), {"action_add": "", "email": "no"})
    yield Asked("owner", reverse("account_name"), {"username": ""})
    yield Asked("owner", reverse("account_name"), {"username": "owner"}, back=reverse("account_settings"))
    yield Asked("owner", reverse("my_data_delete"), {"confirm": ""})


def limits(owner: User, settings: Any) -> Iterator[Asked]:
    """What somebody reads who has no picture left, while everything is paused as well."""
    settings.INLINE_REFERENCES = True  # nothing is pushed to a gateway that is not there
    settings.PICTURES_PER_DAY_ACCOUNT = settings.PICTURES_PER_DAY_GUEST = 0
    account = gateway_client().account
    for reason in (PauseReason.RETIRED, PauseReason.KEY):
        CircuitBreaker.objects.pause(account, f"google/{reason}", reason, 60)
    Offer.objects.create(model="google/gone", offered=True, position=9, missing_since=timezone.now())
    for role in ("owner", "anonymous", "reviewer"):
        yield Asked(role, reverse("studio"))
        yield Asked(role, reverse("studio"), wishes())
    settings.PICTURES_PER_HOUR_ADDRESS = settings.PICTURES_PER_DAY_ADDRESS = 0
    settings.PICTURES_PER_DAY_GUEST = 9
    yield Asked("anonymous", reverse("studio"))
    yield Asked("anonymous", reverse("studio"), wishes())
    settings.UPLOADS_PER_HOUR = 0
    yield Asked(
        "owner", reverse("references"), {"kind": "person", "file": wishes()["person"], "consent": "1"}
    )
    yield Asked("reviewer", reverse("admin:tryon_offer_changelist"))
    yield Asked("reviewer", reverse("admin:tryon_circuitbreaker_changelist"))
    yield Asked("owner", reverse("tryon", args=[TryOn.objects.owned_by(owner).latest("created_at").pk]))


def closed(settings: Any) -> Iterator[Asked]:
    """A site that asks for an account."""
    settings.GUESTS, settings.SIGNUP = False, "closed"
    for name in ("studio", "gallery", "account_login", "account_signup"):
        yield Asked("anonymous", reverse(name))


def came_back(headers: dict[str, str]) -> Client:
    """Somebody who made pictures here before they logged in."""
    guest = make_guest()
    make_tryon(guest, "done", count=2)
    browser = visiting(guest)
    who = {"login": make_user("ada").email, "password": PASSWORD}
    browser.post(reverse("account_login"), who, headers=headers)
    assert SESSION_KEY in browser.session
    return browser
