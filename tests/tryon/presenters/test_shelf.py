"""What the shelf offers to whom, in which order, with none, few and hundreds of garments."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from tests.factories import make_guest, make_reference, make_user
from tryon.models import Reference
from tryon.presenters import shelf
from tryon.presenters.shelf import shelf_of

pytestmark = pytest.mark.django_db


def told(owner) -> list[tuple[str, list[str]]]:
    return [(group.heading, [each.name for each in group.garments]) for group in shelf_of(owner).groups]


def house_garment(label: str, category: str, **fields) -> Reference:
    return make_reference(None, "garment", label=label, category=category, **fields)


def many(owner, count: int) -> None:
    """Rows alone: the shelf opens no file."""
    Reference.objects.bulk_create(
        Reference(
            owner=owner,
            kind="garment",
            category="top",
            label=f"Top {n}",
            sha256=f"{n:064}",
            file=f"references/{n}.jpg",
        )
        for n in range(count)
    )


def test_an_empty_shelf_has_no_groups():
    assert (shelf_of(AnonymousUser()).groups, shelf_of(make_guest()).count) == ((), 0)


def test_garments_hang_by_category_ones_own_before_the_houses():
    owner = make_user()
    house_garment("Coat", "outerwear")
    house_garment("Second top", "top", position=2)
    house_garment("First top", "top", position=1)
    house_garment("Red dress", "dress")
    make_reference(owner, "garment", category="dress")
    make_reference(owner, "garment", category="dress", last_used_at=timezone.now(), label="Blue dress")
    make_reference(owner, "garment")
    make_reference(make_user(), "garment", category="dress", label="Somebody else's")
    make_reference(owner, "person")

    assert told(owner) == [
        ("Other", ["Your garment 1"]),
        ("Top", ["First top", "Second top"]),
        ("Dress", ["Blue dress", "Your dress 1", "Red dress"]),
        ("Outerwear", ["Coat"]),
    ]


def test_what_was_taken_off_the_shelf_or_deleted_or_lies_elsewhere_is_not_offered():
    owner = make_user()
    house_garment("Kept", "top")
    house_garment("Taken off", "top", is_on_shelf=False)
    house_garment("Deleted", "top").wipe()
    linked = Reference.objects.keep(owner, "garment", "0" * 64, url="https://shop.example/a.jpg")[0]

    assert told(owner) == [("Top", ["Kept"])]
    assert linked.host == "shop.example"


@pytest.mark.parametrize(("count", "is_searchable"), [(5, False), (11, False), (12, True), (300, True)])
def test_from_twelve_garments_on_there_is_a_search(count, is_searchable):
    owner = make_user()
    many(owner, count)
    assert (shelf_of(owner).count, shelf_of(owner).is_searchable) == (count, is_searchable)


def test_two_queries_bring_any_number_of_garments(django_assert_num_queries):
    owner = make_user()
    many(owner, shelf.MOST + 10)
    many(None, shelf.MOST + 10)
    with django_assert_num_queries(2):
        assert shelf_of(owner).count == 2 * shelf.MOST


def test_a_garment_is_found_by_its_name_and_its_kind():
    house_garment("Breton shirt", "top")
    (group,) = shelf_of(AnonymousUser()).groups
    assert group.garments[0].words == "breton shirt top"
