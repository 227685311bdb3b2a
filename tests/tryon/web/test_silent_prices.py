"""Money is for staff, and for accounts where the shop shows prices: no other page speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from django.test import Client
from django.urls import reverse

from gallery.models import ShareLink
from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_reference, make_tryon, make_user
from tests.rings import matrix
from tests.tryon.asked import asked_for
from tryon.accounts.models import User
from tryon.models import Attempt, Generation, Result, TryOn

pytestmark = pytest.mark.django_db
# "costs nothing", "was charged", "$0.07", "CHF 0.06": none of it, in words or in what scripts are given.
MONEY = re.compile(r"\$|\bUSD\b|\bCHF\b|\bcost|charge|\bpric|\bpaid\b|\bpay\b|\bbill", re.IGNORECASE)
ENDS = [  # status, reason, what staff found out
    *(("refused", reason, "") for reason in ("no_picture", "safety", "words")),
    *(("failed", reason, "") for reason in ("too_many_sends", "rejected", "retired", "input_gone")),
    *(("unknown", reason, "") for reason in ("", "answered_error", "unreadable")),
    *(("unknown", "", settled) for settled in ("made", "not_made")),
    ("cancelled", "", ""),
]


@pytest.fixture
def real_key(settings) -> None:
    """A site with a real gateway; its prices are known."""
    settings.SANDBOX = False
    settings.PICTURES_PER_DAY_ACCOUNT = settings.PICTURES_PER_DAY_GUEST = 50


def ended_as(owner: User, ends: Sequence[tuple[str, str, str]]) -> TryOn:
    tryon = make_tryon(owner, "failed", count=len(ends))
    for generation, (status, reason, settled) in zip(tryon.generations.all(), ends, strict=True):
        Generation.objects.filter(pk=generation.pk).update(status=status, reason=reason, settled=settled)
    return tryon


def pages_of(owner: User) -> Iterator[str]:
    """Every page that a shopper sees, with something on it."""
    done = make_tryon(owner, "done", count=2)
    image = Result.objects.filter(generation__tryon=done).first().image
    image.approve(make_user(is_staff=True))
    rejected = Result.objects.filter(generation__tryon=done).last().image
    rejected.reject(make_user(is_staff=True), "face")
    for generation in done.generations.all():
        Attempt.objects.create(
            generation=generation, fence=1, status="ok", model="m", prompt_version="9", price_micros=67_000
        )
    link, token = ShareLink.objects.create_link(owner, [image], title="")
    make_reference(owner, "garment", label="Breton top")
    looks = [done, *(asked_for(owner, mode, status="done") for mode in ("remix", "compose", "imagine"))]
    looks += [ended_as(owner, ENDS[n : n + 4]) for n in range(0, len(ENDS), 4)]
    looks += [make_tryon(owner, "queued", waiting_for=why) for why in ("line", "model")]
    yield from (reverse("tryon", args=[look.pk]) for look in looks)
    yield from (reverse("image", args=[each.pk]) for each in (image, rejected))
    yield from ("/", *(f"/?mode={mode}" for mode in ("remix", "compose", "imagine")), f"/?tryon={done.pk}")
    yield from (reverse(name) for name in ("wardrobe", "gallery", "links", "my_data", "my_data_delete"))
    yield from (reverse(name) for name in ("account_settings", "account_mails", "account_login"))
    yield from (reverse("shared", args=[link.pk]), reverse("share", args=[token]), "/no/such/page", "/undo/x")


def spoken(client: Client, address: str) -> list[str]:
    """What of money stands on a page: in its words, and in the attributes that scripts read."""
    answer = client.get(address, follow=True)
    text = answer.text.partition("<body")[2]
    return [text[max(0, m.start() - 40) : m.end() + 40] for m in MONEY.finditer(text)]


@pytest.mark.parametrize("kind", matrix(["account of a silent shop", "guest"], first=1))
def test_no_page_of_a_shopper_speaks_of_money(settings, real_key, kind):
    settings.SHOW_PRICES = kind == "guest"
    owner = make_guest() if kind == "guest" else make_user("ana")
    client = visiting(owner) if kind == "guest" else signed_in(owner)

    told = {address: spoken(client, address) for address in pages_of(owner)}

    assert {address: words for address, words in told.items() if words} == {}


def test_what_a_shopper_does_is_answered_without_money(settings, real_key):
    settings.SHOW_PRICES = False
    owner = make_user("ana")
    client = signed_in(owner)
    waits = make_tryon(owner, "queued")
    assert "Cancelled" in client.post(reverse("tryon_cancel", args=[waits.pk]), follow=True).text
    settings.SPEND_PER_DAY = 0
    lost = make_tryon(owner, "failed").generations.get()
    refused = client.post(reverse("generation_again", args=[lost.pk]), follow=True).text
    assert "makes no more pictures for now" in refused
    assert MONEY.findall(re.sub(r"<[^>]*>", "", refused)) == []


@pytest.mark.parametrize("who", ["account", "staff of a silent shop"])
def test_accounts_and_staff_read_what_a_picture_costs(settings, real_key, who):
    settings.SHOW_PRICES = who == "account"
    owner = make_user("ana", is_staff=who != "account")
    client = signed_in(owner)
    assert re.search(r"About\s+<span data-estimate>\$0\.\d\d</span>", client.get("/").text)
    lost = client.get(reverse("tryon", args=[make_tryon(owner, "unknown").pk])).text
    assert "This picture may have been charged." in lost
