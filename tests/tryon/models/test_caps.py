"""Many processes ask at the same moment: a cap grants exactly what it says, and tells when it opens again."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_guest, make_reference, make_user
from tests.live import raced
from tests.rings import matrix
from tests.tryon.studio_form import wishes
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.models import Budget, Generation, TryOn

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 32
PRICE = 45_000  # micro-USD of a picture of 512 px


def first_on_both(first: str, second: str) -> list:
    """Two times of one kind: the second in `make proof` only."""
    return [
        pytest.param(first, marks=pytest.mark.both_databases),
        pytest.param(second, marks=pytest.mark.proof),
    ]


def asked_at_once(owners: int, **caps: float) -> list[str]:
    """What 32 processes were told that asked for one picture each, as so many owners."""
    return all_asked([make_user() for _ in range(owners)], **caps)


def all_asked(people: list[User], address: str = "", times: int = PROCESSES, **caps: float) -> list[str]:
    inputs = [[str(make_reference(who, kind).pk) for kind in ("person", "garment")] for who in people]
    orders = [
        {
            "step": "accept",
            "owner": str(people[n % len(people)].pk),
            "inputs": inputs[n % len(people)],
            "key": uuid.uuid4().hex,
            "address": address,
        }
        for n in range(times)
    ]
    return raced(orders, **caps)


def guests(number: int) -> list[User]:
    return [make_guest() for _ in range(number)]


def reserved(scope: str) -> int:
    return Budget.objects.get(scope=scope).reserved


def refused(answers: list[str]) -> list[dt.datetime]:
    assert reconcile.disagreements() == []
    until = [answer.removeprefix("until ") for answer in answers if answer.startswith("until ")]
    return [dt.datetime.fromisoformat(moment) for moment in until]


def next_hour() -> dt.datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)


def tomorrow() -> dt.datetime:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + dt.timedelta(days=1)


@pytest.mark.processes(20)
@pytest.mark.both_databases
def test_thirty_two_processes_get_exactly_the_pictures_of_the_day():
    answers = asked_at_once(1, PICTURES_PER_DAY_ACCOUNT=7)
    no = refused(answers)
    assert set(no) == {tomorrow()}
    assert (len(no), TryOn.objects.count(), Generation.objects.count()) == (25, 7, 7)
    assert Budget.objects.get(scope__startswith="owner").reserved == 7


@pytest.mark.processes
@pytest.mark.parametrize("cap", matrix(["SPEND_PER_DAY", "SPEND_PER_MONTH"], first=1))
def test_thirty_two_processes_of_many_owners_get_exactly_the_money_of_the_site(cap: str):
    answers = asked_at_once(8, **{cap: 11 * PRICE / 1e6 + 0.044})
    assert (len(refused(answers)), Generation.objects.count()) == (21, 11)
    assert Budget.objects.get(scope="site day").reserved == 11 * PRICE
    assert Budget.objects.get(scope="site month").reserved == 11 * PRICE


@pytest.mark.both_databases
@pytest.mark.processes
def test_of_two_caps_the_tighter_one_holds_and_nothing_is_left_of_what_it_refused():
    answers = asked_at_once(2, SPEND_PER_MONTH=9 * PRICE / 1e6, PICTURES_PER_DAY_ACCOUNT=3)
    assert (len(refused(answers)), Generation.objects.count()) == (26, 6)
    owners = Budget.objects.filter(scope__startswith="owner").values_list("reserved", flat=True)
    assert list(owners) == [3, 3]
    assert Budget.objects.get(scope="site month").reserved == 6 * PRICE


@pytest.mark.processes
@pytest.mark.parametrize("span", first_on_both("hour", "day"))
def test_thirty_two_processes_of_many_guests_get_exactly_the_pictures_of_their_address(span: str):
    answers = all_asked(guests(8), "3f", **{f"PICTURES_PER_{span.upper()}_ADDRESS": 7})
    no = refused(answers)
    opens = tomorrow() if span == "day" else next_hour()
    assert (set(no), len(no), Generation.objects.count()) == ({opens}, 25, 7)
    assert reserved(f"address 3f {span}") == 7
    assert reserved("site day") == 7 * PRICE, "nothing is left of what was refused"


@pytest.mark.processes
@pytest.mark.parametrize("cap", first_on_both("SPEND_PER_DAY", "SPEND_PER_MONTH"))
def test_thirty_two_processes_get_exactly_the_guests_share_and_accounts_the_rest(cap: str):
    room = {cap: 22 * PRICE / 1e6 + 0.044, "GUESTS_SHARE": 0.5}
    answers = all_asked(guests(8), **room)
    assert (len(refused(answers)), Generation.objects.count()) == (21, 11)
    assert reserved("guests day") == reserved("guests month") == 11 * PRICE
    answers = all_asked([make_user() for _ in range(4)], times=16, **room)
    assert (len(refused(answers)), Generation.objects.count()) == (5, 22)
    assert reserved("guests day") == 11 * PRICE


@pytest.mark.proof
@pytest.mark.processes
def test_where_guests_and_accounts_ask_at_once_guests_get_no_more_than_their_share():
    people = [who for pair in zip(guests(4), [make_user() for _ in range(4)], strict=True) for who in pair]
    answers = all_asked(people, "3f", SPEND_PER_DAY=20 * PRICE / 1e6, PICTURES_PER_DAY_ADDRESS=9)
    made = Generation.objects.filter(tryon__owner__is_guest=True).count()
    assert made <= 9
    assert made == reserved("address 3f day")
    assert made * PRICE == reserved("guests day")
    assert (len(refused(answers)), Generation.objects.count()) == (12, 20)


@pytest.mark.parametrize("cap", ["PICTURES_PER_DAY_GUEST", "SPEND_PER_DAY", "SPEND_PER_MONTH"])
def test_a_form_that_meets_a_cap_says_when_it_opens_again(client: Client, settings, cap: str):
    setattr(settings, cap, 0)
    page = client.post("/", wishes()).content.decode()
    opens = tomorrow()
    if cap == "SPEND_PER_MONTH":
        opens = (timezone.now().replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        opens = opens.replace(hour=0, minute=0, second=0, microsecond=0)
    assert f'datetime="{opens.isoformat()}"' in page
    assert not TryOn.objects.exists()
