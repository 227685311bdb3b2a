"""What staff see of the money: unknown outcomes to settle, and the books of a period."""

from __future__ import annotations

import csv
import io
import re

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.billing import spend_reports
from tryon.models import Generation
from tryon.pipeline import run

pytestmark = pytest.mark.django_db(transaction=True)

UNKNOWN, MONEY = "/admin/tryon/unknown/", "/admin/tryon/entry/money/"


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana", email="ana@example.com")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("eva"))
    return client


@pytest.fixture
def lost(gateway, owner, fault) -> Generation:
    fault("drop_after")
    tryon = accepted(owner)
    run.run_generation(only_generation(tryon).pk)
    return only_generation(tryon)


def settle(staff: Client, row: Generation, how: str) -> str:
    posted = {"action": f"settle_as_{how}", "_selected_action": str(row.pk)}
    return staff.post(f"{UNKNOWN}?settled=all", posted, follow=True).content.decode()


def test_an_unknown_outcome_is_listed_with_the_money_at_risk_and_settled(staff, lost, owner, client):
    page = staff.get("/admin/").content.decode()
    assert "Unknown outcomes: 1, $0.045 would be at risk" in page
    page = staff.get(UNKNOWN).content.decode()
    for told in ("$0.045 at risk", "ana@example.com", "No answer, or not a whole one"):
        assert told in page
    assert re.search(r"\d\xa0minutes?<", page), "how long ago"
    assert "1 settled: $0.045 would have been spent" in settle(staff, lost, "made")
    assert "1 had been settled, or found, before" in settle(staff, lost, "not_made")
    assert "Nothing to settle" in staff.get("/admin/").content.decode()
    money = staff.get(MONEY).content.decode()
    assert "Made, and lost on the way" in money
    assert money.count("$0.045") >= 4, "of the period, the failures, the model, the user and the day"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("made", "It was made, and never reached us"),
        ("not_made", "The shop looked into it: nothing was charged"),
    ],
)
def test_its_owner_is_told_what_was_found_out(staff, lost, owner, how, told):
    settle(staff, lost, how)
    shopper = Client()
    shopper.force_login(owner)
    assert told in shopper.get(f"/tryons/{lost.tryon_id}/").content.decode()


def test_staff_without_the_right_to_settle_only_look(client, lost):
    looker = User.objects.create_user("lo", is_staff=True)
    looker.user_permissions.add(*Permission.objects.filter(codename__in=["view_unknown", "view_entry"]))
    client.force_login(looker)
    assert "settle_as_made" not in client.get(UNKNOWN).content.decode()
    settle(client, lost, "made")
    lost.refresh_from_db()
    assert lost.settled == ""
    assert client.get(MONEY).status_code == 200


def test_a_visitor_sees_no_books(client, owner):
    client.force_login(owner)
    for path in (UNKNOWN, MONEY, "/admin/tryon/entry/money.csv"):
        assert client.get(path).status_code == 302


def test_the_books_of_a_period_can_be_taken_along(staff, gateway, owner):
    run.run_generation(only_generation(accepted(owner)).pk)
    answer = staff.get("/admin/tryon/entry/money.csv?period=last-7-days")
    assert answer["Content-Disposition"] == 'attachment; filename="sandbox-money-last-7-days.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["kind"] for row in rows] == ["reserved", "spent"]
    assert sum(int(row["spent_micros"]) for row in rows) == 45_000


def test_a_reached_cap_says_when_it_opens_again(client, gateway, owner, lost, settings):
    settings.SPEND_PER_MONTH = 0.05
    client.force_login(owner)
    page = client.post(f"/generations/{lost.pk}/again", follow=True).content.decode()
    assert "This site makes no more pictures for now" in page
    assert 'data-local="moment"' in page


def test_what_failed_is_counted_once_and_adds_up_with_the_rest(gateway, owner, staff, fault):
    tryon = accepted(owner)
    run.run_generation(only_generation(tryon).pk)
    fault("not_a_picture")
    spoiled = accepted(owner, key="spoiled")
    run.run_generation(only_generation(spoiled).pk)
    settle(staff, only_generation(spoiled), "made")
    Generation.objects.filter(tryon=spoiled).update(dropped_at=timezone.now())
    of_week = spend_reports.Books(spend_reports.Period.last(7))
    assert (of_week.spent, of_week.pictures, of_week.calls) == ("$0.090", 2, 2)
    assert [row.spent for row in of_week.failures()] == ["$0.045", "$0.000", "$0.000"]
    assert [row.pictures for row in of_week.by_day() if row.micros] == [2]
    assert [(row.name, row.spent) for row in of_week.by_user()] == [("ana@example.com", "$0.090")]
    assert [(row.pictures, row.spent) for row in of_week.by_model()] == [(2, "$0.090")]


@pytest.mark.both_databases
def test_the_books_of_a_month_are_those_of_its_days(gateway, owner, staff):
    for key, moment in (("a", "2026-10-31T23:59:59Z"), ("b", "2026-11-01T00:00:00Z")):
        with time_machine.travel(moment, tick=False):
            run.run_generation(only_generation(accepted(owner, key=key)).pk)
    with time_machine.travel("2026-12-02T12:00:00Z", tick=False):
        page = staff.get(f"{MONEY}?period=2026-10").content.decode()
        months = re.findall(r'<option value="([0-9-]+)"\s*(selected)?', page)
        assert months == [("2026-12", ""), ("2026-11", ""), ("2026-10", "selected")]
        assert "Would have cost in October 2026" in page
        assert [page.count(day) for day in ("31 Oct 2026", "01 Oct 2026", "01 Nov 2026")] == [1, 1, 0]
        assert spend_reports.Books(spend_reports.Period.of("2026-11")).spent == "$0.045"
        answer = staff.get("/admin/tryon/entry/money.csv?period=2026-10")
        assert answer["Content-Disposition"] == 'attachment; filename="sandbox-money-2026-10.csv"'
        rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
        assert {row["at"][:10] for row in rows} == {"2026-10-31"}
        for other in ("2027-01", "2026-13", "nonsense", ""):
            assert (
                "Would have cost in the last 30 days" in staff.get(f"{MONEY}?period={other}").content.decode()
            )


@pytest.mark.parametrize(("is_sandbox", "said"), [(True, "would have cost"), (False, "spent")])
def test_money_of_the_sandbox_is_called_what_it_is(staff, settings, is_sandbox, said):
    settings.SANDBOX = is_sandbox
    pages = {name: staff.get(reverse(f"admin:{name}")).text for name in MONEY_PAGES}

    assert {name for name, page in pages.items() if "Sandbox: nothing is charged." in page} == (
        set(MONEY_PAGES) if is_sandbox else set()
    )
    assert f"{said.capitalize()} in the last 30 days" in pages["tryon_money"]


MONEY_PAGES = [
    *("tryon_money", "tryon_entry_changelist", "tryon_budget_changelist", "tryon_attempt_changelist"),
    "tryon_unknown_changelist",
]
