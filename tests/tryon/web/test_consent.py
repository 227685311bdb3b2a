"""Who may be in a photo is asked once for each role in which it stands, by whatever door it comes."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from tests.asking import signed_in
from tests.factories import make_reference, make_tryon, make_user
from tests.live import WITH_KEY
from tests.rings import matrix
from tests.tryon.studio_form import photo
from tryon.accounts.models import User
from tryon.models import Consent, Generation, Reference, TryOn, TryOnInput
from tryon.pipeline import run
from tryon.rules.request_rules import CONSENT_VERSIONS
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
CASES = [(door, kind, place) for place in PLACES for kind in KINDS for door in DOORS]


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


@pytest.mark.parametrize("case", matrix(CASES, first=len(DOORS)), ids=name)
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
    calls = httpx.get(f"{gateway.url}/_sandbox/calls", headers=WITH_KEY).json()["rows"]
    media = Path(settings.MEDIA_ROOT)
    return {
        "rows": [model.objects.count() for model in (TryOn, Generation, Reference, Consent)],
        "files": sorted(path.name for path in media.rglob("*") if path.is_file()),
        "calls": [row["endpoint"] for row in calls],
    }


def test_what_waited_at_the_upgrade_does_not_go_out_and_says_why(gateway: Sandbox):
    """It was accepted when a garment could be worked from without being asked for."""
    asking = Asking("remix", "picture", "garment")
    asking.earlier()
    generation = Generation.objects.get()
    Generation.objects.filter(pk=generation.pk).update(
        status="queued", reason="", ended_at=None, sent_at=None
    )
    before = everything(gateway)
    run.run_generation(generation.pk)
    generation.refresh_from_db()
    assert (generation.status, generation.reason) == ("failed", "no_consent")
    assert everything(gateway) == before
    page = asking.client.get(reverse("tryon", args=[generation.tryon_id])).text
    assert "The box for one of its photos was not ticked" in page
    assert re.search(rf'href="/\?tryon={generation.tryon_id}">Tick the box', page)
    assert made(by_an_earlier_tryon(asking, True))


def test_staff_do_not_run_again_what_nobody_agreed_to(gateway: Sandbox):
    asking = Asking("remix", "picture", "garment")
    asking.earlier()
    staff = signed_in(make_user("boss", is_staff=True, is_superuser=True))
    before = everything(gateway)
    picked = {"action": "run_again", "_selected_action": str(Generation.objects.get().pk)}
    answer = staff.post(reverse("admin:tryon_generation_changelist"), picked, follow=True)
    assert TICK in answer.text
    assert everything(gateway) == before


@pytest.mark.parametrize(
    ("kind", "mode"), [("person", "try_on"), ("person", "remix"), ("garment", "compose")]
)
def test_what_was_imagined_is_nobody_as_a_person_and_asked_for_as_a_picture(gateway: Sandbox, kind, mode):
    asking = Asking(mode, "person" if mode == "try_on" else "picture", "person")
    tryon = make_tryon(asking.owner, "done")
    TryOn.objects.filter(pk=tryon.pk).update(mode="imagine", note="a tall woman")
    image = tryon.generations.get().results.get().image
    asking.client.post(reverse("image_keep", args=[image.pk]), {"kind": kind})
    asking.kept = Reference.objects.get(label__startswith="Imagined", kind=kind)
    if mode == "try_on":
        assert made(by_kept_picture(asking, False))
        return
    before = everything(gateway)
    assert is_asked(asking, by_kept_picture(asking, False))
    assert everything(gateway) == before
    assert made(by_kept_picture(asking, True))


def box(page: str) -> bool:
    """Whether the box is seen where scripts run; without them it always is, as a file may be chosen."""
    return "is-given" not in re.search(r'<div class="consent[^>]*>', page)[0]


def test_the_box_is_seen_where_it_is_needed_and_not_where_it_was_ticked():
    asking = Asking("remix", "picture", "garment")
    get = asking.client.get
    assert not box(get("/?mode=remix").text), "nothing is chosen yet"
    assert box(get(f"/?mode=remix&picture={asking.kept.pk}").text)
    assert box(get(f"/?mode=compose&picture={asking.kept.pk}").text)
    assert not box(get(f"/?mode=remix&picture={asking.house[1].pk}").text)
    asking.kept.consent("picture", "test")
    for address in ("/?mode=remix", "/?mode=compose"):
        assert not box(get(f"{address}&picture={asking.kept.pk}").text)
    assert not box(get(f"/?person={asking.house[0].pk}&garment={asking.kept.pk}").text)


def test_each_picture_on_offer_says_whether_it_needs_the_tick():
    asking = Asking("remix", "picture", "garment")
    pick = rf'value="{asking.kept.pk}"\s+data-pick\s+data-worn="\w+"\s+data-needs-consent'
    assert re.search(pick, asking.client.get("/?mode=remix").text)
    assert "data-needs-consent" not in asking.client.get("/").text, "as a garment it needs none"
    asking.kept.consent("picture", "test")
    assert "data-needs-consent" not in asking.client.get("/?mode=remix").text


def agreed(page: str) -> str:
    """What stands in the box's place: "" for nothing."""
    note = re.search(r'(?s)<p class="agreed[^>]*>.*?</p>', page)[0]
    return "" if " hidden" in note.partition(">")[0] else strip_tags(note)


def test_where_it_was_agreed_to_stands_when_in_the_boxs_place():
    asking = Asking("try_on", "person", "person")
    mine = f"/?person={asking.kept.pk}"
    asking.kept.consents.all().delete()
    assert not agreed(asking.client.get(mine).text)

    asking.kept.consent("person", "test")
    Consent.objects.update(at=dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC))

    page = asking.client.get(mine).text
    assert agreed(page) == "You agreed on 29 November"
    assert re.search(rf'value="{asking.kept.pk}"[^>]*data-agreed="2026-11-29T12:00:00', page)
    assert not agreed(asking.client.get(f"/?person={asking.house[0].pk}").text), "nobody is asked for it"
    assert not agreed(asking.client.get("/").text)


def test_of_a_photo_kept_twice_the_one_that_was_agreed_to_is_offered():
    asking = Asking("remix", "picture", "other")
    asking.kept.consent("picture", "test")
    latest = make_reference(asking.owner, "person", "tan")
    Reference.objects.filter(pk=latest.pk).update(sha256=asking.kept.sha256)
    page = asking.client.get("/?mode=remix").text
    assert str(asking.kept.pk) in page
    assert str(latest.pk) not in page


def test_each_role_has_words_of_its_own_which_are_kept():
    asking = Asking("remix", "picture", "person")
    for _ in range(2):
        by_kept_picture(asking, True)
    kept = asking.kept.consents.exclude(text_version="test").values_list("role", "text_version")
    assert list(kept) == [("picture", "2026-11-picture")]


def test_what_was_agreed_to_before_there_were_roles_counts_for_what_it_was_given_as():
    asking = Asking("remix", "picture", "other")
    person = make_reference(asking.owner, "person", consented=False)
    Consent.objects.all().delete()
    for reference in (asking.kept, person):
        with connection.cursor() as cursor:  # as the version before writes it
            cursor.execute(
                "INSERT INTO tryon_consent (reference_id, text_version, at) VALUES (%s, %s, %s)",
                [
                    reference.pk.hex if connection.vendor == "sqlite" else reference.pk,
                    "2026-11",
                    timezone.now(),
                ],
            )
    migration = import_module("tryon.migrations.0013_consent_by_role")
    migration.fill(apps, None)
    assert asking.kept.is_consented_as("picture")
    assert person.is_consented_as("person")
    assert not person.is_consented_as("picture")

    person.consent("picture", "2026-11")
    migration.merge(apps, None)
    assert list(person.consents.values_list("role", flat=True)) == ["person"], "the first of one wording"

    person.consent("picture", CONSENT_VERSIONS["picture"])
    Consent.objects.update(role="person")  # back to the version before, and forth
    migration.fill(apps, None)
    assert person.is_consented_as("person")
    assert person.is_consented_as("picture")
