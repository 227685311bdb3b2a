"""What pages that stay open are told of pictures that are made meanwhile."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_tryon, make_user
from tryon.accounts.models import User
from tryon.models import TryOn
from tryon.presenters.waiting.news import News
from tryon.presenters.waiting.tickets import read_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_guest()


@pytest.fixture
def visitor(owner: User) -> Client:
    return visiting(owner)


def told(page: str) -> dict[str, str]:
    """What the badge of a page, or of an answer, carries."""
    found = re.search(r'<news-badge id="news"([^>]*)>', page)[1]
    return {name: html.unescape(value) for name, value in re.findall(r'data-([a-z-]+)(?:="([^"]*)")?', found)}


def page(browser: Client, path: str = "/wardrobe/") -> dict[str, str]:
    return told(browser.get(path).text)


def end(tryon: TryOn, status: str = "done", numbers: tuple[int, ...] = (1, 2, 3, 4)) -> None:
    reason = {"reason": "no_picture"} if status == "refused" else {}
    changes = {"status": status, "ended_at": timezone.now(), "lease_until": None} | reason
    tryon.generations.filter(number__in=numbers).update(**changes)


@pytest.mark.parametrize("path", ["/", "/gallery/", "/wardrobe/", "/links/", "/my-data/"])
def test_every_page_waits_for_what_is_being_made_and_is_told_where_it_is_shown(owner, visitor, path):
    tryon = make_tryon(owner, "running")
    before = page(visitor, path)
    assert read_ticket(before["tickets"]).tryon_id == tryon.pk
    end(tryon)
    after = page(visitor, before["address"])
    assert after["sentence"] == "A new picture is here"
    assert (after["shown-at"], after["ended"]) == (reverse("tryon", args=[tryon.pk]), str(tryon.pk))
    assert "tickets" not in after, "nothing is made any more"
    assert page(visitor, after["address"])["count"] == "1", "what was told once is told as often"


def test_one_that_is_ready_is_told_while_the_rest_is_being_made(owner, visitor):
    tryon, other = make_tryon(owner, "running", count=2), make_tryon(owner, "queued")
    before = page(visitor)
    assert len(before["tickets"].split()) == 2
    end(tryon, numbers=(1,))
    after = page(visitor, before["address"])
    assert (after["sentence"], len(after["tickets"].split())) == ("A new picture is here", 2)
    assert after["address"] != before["address"], "so that it asks again at once"
    assert "ended" not in after
    end(tryon)
    end(other)
    last = page(visitor, after["address"])
    assert (after["count"], last["count"]) == ("1", "3")
    assert (last["sentence"], last["shown-at"]) == (
        "New pictures are here",
        reverse("tryon", args=[other.pk]),
    )


@pytest.mark.parametrize(
    ("status", "sentence"), [("refused", "A picture could not be made"), ("cancelled", None)]
)
def test_what_brought_no_picture_is_told_but_not_what_was_cancelled(owner, visitor, status, sentence):
    tryon = make_tryon(owner, "queued")
    before = page(visitor)
    end(tryon, status)
    assert page(visitor, before["address"]).get("sentence") == sentence


def test_nobody_hears_of_what_is_anothers_or_was_deleted(owner, visitor):
    tryon = make_tryon(owner, "running")
    address = page(visitor)["address"]
    end(tryon)
    for stranger in (Client(), visiting(make_guest()), signed_in(make_user())):
        assert "count" not in page(stranger, address)
    visitor.post(reverse("tryon_delete", args=[tryon.pk]))
    assert "count" not in page(visitor, address)


def test_the_page_of_a_look_asks_for_itself_and_afterwards_for_the_others(owner, visitor):
    tryon, other = make_tryon(owner, "running"), make_tryon(owner, "running")
    while_waiting = page(visitor, reverse("tryon", args=[tryon.pk]))
    assert "quiet" in while_waiting
    assert "tickets" not in while_waiting
    end(tryon)
    afterwards = page(visitor, while_waiting["address"])
    assert read_ticket(afterwards["tickets"]).tryon_id == other.pk
    assert "count" not in afterwards


@pytest.mark.parametrize("seen", ["", ".", "rubbish", "0" * 32 + "-1-0", "." * 999, "é"])
def test_rubbish_is_no_news(owner, visitor, seen):
    assert "count" not in page(visitor, reverse("news") + f"?seen={seen}")


def test_it_costs_a_page_one_query_however_much_there_is_and_strangers_none(owner, django_assert_num_queries):
    for _ in range(8):
        make_tryon(owner, "done")
    for _ in range(8):
        make_tryon(owner, "running")
    with django_assert_num_queries(1) as asked:
        assert len(News(owner).tickets.split()) == 6
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked.captured_queries[0]['sql']}")
            plan = " ".join(row[3] for row in cursor.fetchall())
        assert "tryon_recent" in plan
        assert "SCAN tryon" not in plan
    with django_assert_num_queries(0):
        assert page(Client(), "/privacy/") == {"address": "/news?seen="}
