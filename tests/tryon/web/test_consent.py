"""Who may be in a photo is asked once for each role in which it stands, by whatever door it comes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.asking import signed_in
from tests.factories import make_reference, make_tryon, make_user
from tests.rings import matrix
from tests.tryon.studio_form import photo
from tryon.accounts.models import User
from tryon.models import Consent, Generation, Reference, TryOn, TryOnInput
from tryon.pipeline import references, run
from tryon.sandbox.server import Sandbox

# Uploads to the gateway run in threads with connections of their own.
pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "https://shop.example/coat.jpg"
TICK = "Tick the box to say that you may use this photo"
KINDS = ("garment", "person", "other")
PLACES = (("remix", "picture"), ("compose", "picture"), ("try_on", "person"), ("try_on", "garment"))


@dataclass
class Asking:
    """Somebody with a photo kept as `kind`, who wants it in a `role` that nobody was asked about."""

    mode: str
    role: str
    kind: str
    owner: User = field(default_factory=make_user)

    def __post_init__(self) -> None:
        self.client = signed_in(self.owner)
        self.house = [make_reference(None, kind, "olive") for kind in ("person", "garment")]
        self.kept = make_reference(self.owner, self.kind, "tan", consented=False)
        for other in {"person", "picture"} - {self.role}:
            self.kept.consent(other, "test")  # it counts for that role only

    def post(self, tick: bool, **chosen: Any) -> HttpResponse:
        """The form with this photo at its place, all else of it being the house's."""
        person, garment = (str(reference.pk) for reference in self.house)
        rest = {
            "try_on": {"person_reference": person, "garment_reference": garment, "category": "top"},
            "remix": {},
            "compose": {"picture_reference-2": garment},
        }[self.mode]
        fields = {"mode": self.mode, "note": "By candle light", "key": uuid.uuid4().hex}
        return self.client.post("/", fields | rest | ({"consent": "1"} if tick else {}) | chosen)

    def earlier(self) -> None:
        """What a version before accepted, and what came to nothing."""
        tryon = make_tryon(self.owner, "failed")
        tryon.inputs.all().delete()
        TryOn.objects.filter(pk=tryon.pk).update(mode=self.mode, note="By candle light")
        person, garment = self.house
        pictures = {
            "try_on": {"person": person, "top": garment, self._slot: self.kept},
            "remix": {"picture": self.kept},
            "compose": {"picture": self.kept, "": garment},
        }[self.mode]
        for n, (role, reference) in enumerate(pictures.items(), 1):
            TryOnInput.objects.create(tryon=tryon, reference=reference, position=n, role=role or "picture")

    @property
    def _slot(self) -> str:
        return "top" if self.role == "garment" else self.role

    def consents(self) -> int:
        return Consent.objects.filter(role=self.role).exclude(text_version="test").count()


def by_file(asking: Asking, tick: bool) -> HttpResponse:
    return asking.post(tick, **{asking.role: photo("tan")})


def by_early_upload(asking: Asking, tick: bool) -> HttpResponse:
    return _early(asking, tick, file=photo("tan"))


def by_early_address(asking: Asking, tick: bool) -> HttpResponse:
    return _early(asking, tick, url=ADDRESS)


def _early(asking: Asking, tick: bool, **given: Any) -> HttpResponse:
    """The photo goes ahead of the form, and takes the tick along."""
    fields = {"kind": asking.role} | ({"consent": "1"} if tick else {}) | given
    answer = asking.client.post("/references/", fields)
    if answer.status_code != 201:
        return answer
    chosen = re.search(r'value="([-0-9a-f]{36})"', answer.text)[1]
    return asking.post(tick=False, **{f"{asking.role}_reference": chosen})


def by_address(asking: Asking, tick: bool) -> HttpResponse:
    return asking.post(tick, **{f"{asking.role}_url": ADDRESS, f"{asking.role}_reference": ""})


def by_kept_picture(asking: Asking, tick: bool) -> HttpResponse:
    return asking.post(tick, **{f"{asking.role}_reference": str(asking.kept.pk)})


def by_trying_again(asking: Asking, tick: bool) -> HttpResponse:
    """The button sends the same; where the box is missing it leads to the form, which has it."""
    generation = Generation.objects.get(status="failed")
    again = asking.client.post(reverse("generation_again", args=[generation.pk]))
    if not tick:
        return again
    assert again.url == f"/?tryon={generation.tryon_id}"
    return _prefilled(asking, again.url, tick)


def by_an_earlier_tryon(asking: Asking, tick: bool) -> HttpResponse:
    return _prefilled(asking, f"/?tryon={Generation.objects.get(status='failed').tryon_id}", tick)


def by_its_name_in_the_address(asking: Asking, tick: bool) -> HttpResponse:
    return _prefilled(asking, f"/?mode={asking.mode}&{asking.role}={asking.kept.pk}", tick)


def _prefilled(asking: Asking, address: str, tick: bool) -> HttpResponse:
    """What a page that opens with pictures posts, as it stands."""
    page = asking.client.get(address).text.partition('id="wishes"')[2]
    kept = re.findall(r'<input type="hidden" name="(\w+_reference[-\d]*)" value="([^"]+)"', page)
    return asking.post(tick, **{f"{asking.role}_reference": ""} | dict(kept))


DOORS: dict[Callable[[Asking, bool], HttpResponse], str] = {
    by_kept_picture: "kept",
    by_trying_again: "again",
    by_an_earlier_tryon: "kept",
    by_its_name_in_the_address: "kept",
    by_file: "new",
    by_early_upload: "new",
    by_address: "linked",
    by_early_address: "linked",
}
CASES = [(door, kind, place) for door in DOORS for place in PLACES for kind in KINDS]


def may_stand(door: Callable[..., Any], kind: str, role: str) -> bool:
    """Whether a tick helps: a kept photo is no person that was no person, and a person is always a file."""
    if DOORS[door] == "kept":
        return role in ("picture", kind)
    if DOORS[door] == "again":
        return role in ("picture", "garment", kind)
    return DOORS[door] == "new" or role != "person"


def name(case: Any) -> str:
    door, kind, place = case
    return f"{door.__name__}-{kind}-{'-'.join(place)}"


@pytest.mark.parametrize("case", matrix(CASES, first=18), ids=name)
def test_nothing_goes_out_before_the_tick_and_one_is_enough(gateway: Sandbox, case):
    door, kind, (mode, role) = case
    asking, stands = Asking(mode, role, kind), may_stand(door, kind, role)
    if door in (by_trying_again, by_an_earlier_tryon):
        asking.earlier()
    if role != "garment":
        before = everything(gateway)
        refused = door(asking, False)
        assert everything(gateway) == before, "no row, no file, no call"
        assert is_asked(asking, refused) == (stands or DOORS[door] in ("new", "again"))
        assert made(door(asking, True)) == stands
    count = Generation.objects.count()
    assert is_accepted(door(asking, False)) == stands
    assert (Generation.objects.count() > count) == stands
    assert asking.consents() == (stands and role != "garment"), "asked once, and of no garment at all"


def is_asked(asking: Asking, answer: HttpResponse) -> bool:
    """Whether the asker reads what is missing, and sees the box."""
    page = (asking.client.get(answer.url) if answer.status_code == 302 else answer).text
    has_box = "is-given" not in page if "<html" in page else True  # a fragment is for a page that has it
    return bool(re.search(rf">{TICK}\b", page)) and has_box


def is_accepted(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and answer.url.startswith("/tryons/")


def made(answer: HttpResponse) -> bool:
    """Whether it became a try-on, whose call then goes out."""
    if not is_accepted(answer):
        return False
    generation = Generation.objects.filter(status="queued").get()
    run.run_generation(generation.pk)
    generation.refresh_from_db()
    return generation.status == "done"


def everything(gateway: Sandbox) -> dict[str, Any]:
    """What there is of requests and photos, and what went out."""
    calls = httpx.get(f"{gateway.url}/_sandbox/calls").json()["rows"]
    media = Path(settings.MEDIA_ROOT)
    return {
        "rows": [model.objects.count() for model in (TryOn, Generation, Reference, Consent)],
        "files": sorted(path.name for path in media.rglob("*") if path.is_file()),
        "calls": [row["endpoint"] for row in calls],
    }
