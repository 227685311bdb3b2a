"""Sessions of staff end where they are left; those of shoppers stay."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.asking import signed_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def is_in(client, hours: float) -> bool:
    """Whether somebody is still signed in so long after noon, which asking extends."""
    with time_machine.travel(NOON + dt.timedelta(hours=hours), tick=False):
        return client.get(reverse("account_change_password")).status_code == 200


@pytest.mark.parametrize(
    ("is_staff", "hours", "stays"),
    [
        (True, [1, 12.5, 24], [True, True, True]),
        (True, [1, 13.1], [True, False]),
        (True, [0.1, 11.9, 23.7], [True, True, True]),
        (False, [1, 200], [True, True]),
    ],
)
def test_staff_are_signed_out_after_twelve_hours_without_a_request(is_staff, hours, stays):
    with time_machine.travel(NOON, tick=False):
        client = signed_in(make_user(is_staff=is_staff))
        client.get("/")
    assert [is_in(client, hour) for hour in hours] == stays


def test_a_copied_cookie_opens_nothing_afterwards():
    with time_machine.travel(NOON, tick=False):
        client = signed_in(make_user(is_staff=True))
        client.get("/")
    assert Session.objects.get().expire_date == NOON + dt.timedelta(hours=12)


def test_a_busy_day_does_not_write_the_session_with_every_request():
    client = signed_in(make_user(is_staff=True))
    client.get("/privacy/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/privacy/")
    assert not [query["sql"] for query in asked if not query["sql"].startswith("SELECT")]
