"""The page of figures: what passes the check, why not, how long it takes, and what it costs."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.html import strip_tags

from gallery.models import Image
from tests.asking import signed_in
from tests.factories import make_tryon, make_user
from tryon.accounts.models import User
from tryon.models import Attempt, Result
from tryon.pipeline.privacy import deletion
from tryon.presenters.review_figures import Figures, Period, wilson

pytestmark = pytest.mark.django_db

OLD, NEW = "try-on-compact-2", "try-on-compact-3"


@pytest.fixture
def ana() -> User:
    return make_user("ana", is_staff=True, is_superuser=True)


def decided(
    by: User,
    reason: str = "",
    *,
    version: str = NEW,
    model: str = "google/flash",
    days: float = 1,
    **fields: Any,
) -> Image:
    """A picture that cost 4 cents and was decided on so many days ago, an hour after it was made."""
    tryon = make_tryon(fields.pop("owner", None) or make_user(), "done")
    image = Result.objects.get(generation__tryon=tryon).image
    call = {"fence": 1, "status": "ok", "prompt": "p", "price_micros": 40_000}
    Attempt.objects.create(generation=tryon.generations.get(), model=model, prompt_version=version, **call)
    image.reject(by, reason) if reason else image.approve(by)
    at = timezone.now() - dt.timedelta(days=days)
    Image.objects.filter(pk=image.pk).update(reviewed_at=at, created_at=at - dt.timedelta(hours=1), **fields)
    return image


def page(by: User, query: str = "") -> str:
    answer = signed_in(by).get(f"/review/figures/{query}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def test_it_counts_what_passed_by_version_model_and_category_with_intervals(ana):
    for reason in ("", "", "", "face"):
        decided(ana, reason)
    decided(ana, "face", version=OLD, model="google/other")
    told = page(ana)

    assert "Passed 60 % 3 of 5" in told
    assert f"{NEW} 75 % 75 % (30 to 95), 3 of 4" in told
    assert f"{OLD} 0 % 0 % (0 to 79), 0 of 1" in told
    assert "google/flash 75 %" in told
    assert "google/other 0 %" in told
    assert "Top 60 % 60 % (23 to 88), 3 of 5" in told


def test_it_tells_why_not_how_long_and_for_how_much(ana):
    for reason in ("", "face", "face", "anatomy"):
        decided(ana, reason)
    told = page(ana)

    assert "The face changed 67 % 2 (67 %)" in told
    assert "Hands or body look wrong 33 % 1 (33 %)" in told
    assert "95 of 100 decided within 60 minutes" in told
    assert "Cost for each approved one $0.160" in told, "those that did not pass were paid for too"


def test_pictures_of_the_sandbox_stand_apart_and_would_have_cost(ana):
    decided(ana)
    decided(ana, "face", sandbox=True)
    real, sandbox = page(ana).split("Pictures of the sandbox")

    assert "Passed 100 % 1 of 1" in real
    assert "Passed 0 % 0 of 1" in sandbox
    assert "it would have cost" in sandbox
    assert "would have cost" not in real


@pytest.mark.parametrize(
    ("query", "n"), [("", 2), ("?days=7", 1), ("?days=90", 3), ("?days=all", 4), ("?days=x", 2)]
)
def test_the_address_says_of_which_time(ana, query, n):
    for days in (1, 20, 60, 300):
        decided(ana, days=days)

    assert f"Passed 100 % {n} of {n}" in page(ana, query)


def test_what_its_owner_decided_is_left_out_and_what_was_undone_too(ana):
    decided(ana, owner=ana)
    decided(ana).undo(ana)

    assert "Nothing was decided in this time" in page(ana)


def test_a_deleted_picture_is_still_counted_and_tells_nothing_of_anybody(ana):
    image = decided(ana, "other", owner=make_user("somebody"))
    deletion.delete_image(image, None)
    told = page(ana)

    assert "Passed 0 % 0 of 1" in told
    assert "somebody" not in told


def test_of_more_than_it_counts_it_says_from_when_on(ana):
    for days in (1, 2, 3):
        decided(ana, days=days)
    some, more = Figures(Period(None), latest=3), Figures(Period(None), latest=2)

    assert [part.overall.decided for part in (*some.parts, *more.parts)] == [3, 2]
    assert more.since
    assert (timezone.now() - more.since).days == 2


def test_of_a_million_decisions_the_latest_are_found_by_an_index(ana):
    decided(ana)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which takes no index for a handful of rows
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    plan = Figures(Period(90)).images.explain()

    assert "image_decided" in plan
    assert "TEMP B-TREE" not in plan


def test_calls_of_which_nobody_knows_what_became_are_told(ana):
    make_tryon(make_user(), "unknown", reason="answered_error")

    assert "nobody knows what became of 1 call, which may have cost $0.067" in page(ana)


@pytest.mark.parametrize(
    ("passed", "of", "low", "high"), [(9, 10, 0.596, 0.982), (0, 10, 0, 0.278), (50, 100, 0.404, 0.596)]
)
def test_intervals_are_wilsons(passed, of, low, high):
    assert wilson(passed, of) == pytest.approx((low, high), abs=0.001)


def test_it_costs_as_many_questions_whatever_was_decided(ana, django_assert_max_num_queries):
    client = signed_in(ana)
    for reason in ("", "face", "anatomy", ""):
        decided(ana, reason)
    with django_assert_max_num_queries(16):
        client.get("/review/figures/")
