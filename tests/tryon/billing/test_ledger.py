"""The books: every movement of money is written once, stays, and adds up."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from threading import Barrier

import pytest
from django.apps import apps
from django.db import connection

from gallery.models import AuditEntry
from gallery.models.append_only import AppendOnly
from tests.tryon.making import accepted, only_generation, spool_an_answer
from tryon.accounts.models import User
from tryon.billing import reconcile
from tryon.models import Attempt, Budget, Entry, Generation
from tryon.models.money.budget import CapReached
from tryon.pipeline import recovery, run
from tryon.pipeline.guest_merge import merge_guest_into_account
from tryon.pipeline.privacy import deletion

pytestmark = pytest.mark.django_db(transaction=True)

PRICE = 45_000  # micro-USD, the list price of a picture of 512


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("eva", is_staff=True)


def ran(tryon) -> Generation:
    run.run_generation(only_generation(tryon).pk)
    return only_generation(tryon)


def lost(owner, fault, **changes) -> Generation:
    fault("drop_after")
    return ran(accepted(owner, **changes))


def kinds(row: Generation) -> list[str]:
    return [entry.kind for entry in row.entries.order_by("pk")]


def sums(row: Generation) -> tuple[int, int, int]:
    entries = row.entries.all()
    return tuple(
        sum(getattr(entry, name) for entry in entries)
        for name in ("reserved_micros", "spent_micros", "at_risk_micros")
    )


def test_a_picture_is_booked_when_it_is_accepted_and_when_it_is_paid(gateway, owner):
    row = ran(accepted(owner))
    assert kinds(row) == ["reserved", "spent"]
    assert sums(row) == (0, PRICE, 0)
    [_, paid] = row.entries.order_by("pk")
    assert (paid.pictures, paid.attempt, paid.model) == (1, row.attempts.get(), row.tryon.model)
    assert reconcile.disagreements() == []


@pytest.mark.parametrize(
    ("kind", "options", "booked", "left"),
    [
        ("status", {"status": 400, "type": "invalid_request"}, ["reserved", "released"], (0, 0, 0)),
        ("status", {"status": 429, "type": "rate_limit_exceeded"}, ["reserved"], (PRICE, 0, 0)),
        ("empty", {}, ["reserved", "spent"], (0, 0, 0)),
        ("not_a_picture", {}, ["reserved", "at_risk"], (0, 0, PRICE)),
        ("drop_after", {}, ["reserved", "at_risk"], (0, 0, PRICE)),
    ],
)
def test_whatever_the_gateway_answers_the_books_agree(gateway, owner, fault, kind, options, booked, left):
    fault(kind, **options)
    row = ran(accepted(owner))
    assert (kinds(row), sums(row)) == (booked, left)
    assert reconcile.disagreements() == []


def test_what_is_cancelled_is_given_back(gateway, owner):
    row = only_generation(accepted(owner))
    assert row.cancel()
    assert (kinds(row), sums(row)) == (["reserved", "released"], (0, 0, 0))
    assert reconcile.disagreements() == []


def test_a_lost_call_that_was_charged_is_settled_as_made_once(gateway, owner, staff, fault):
    row = lost(owner, fault)
    assert reconcile.resolve_by_staff(row, made=True, by=staff)
    assert not reconcile.resolve_by_staff(row, made=False, by=staff), "it was settled before"
    row.refresh_from_db()
    assert (row.status, row.settled, row.attempts.get().status) == ("unknown", "made", "settled_made")
    assert sums(row) == (0, PRICE, 0)
    assert reconcile.disagreements() == []


def test_a_lost_call_that_was_not_charged_gives_the_picture_back(gateway, owner, staff, fault, settings):
    settings.PICTURES_PER_DAY_ACCOUNT = 1
    row = lost(owner, fault)
    with pytest.raises(CapReached):
        accepted(owner, key="two")
    assert reconcile.resolve_by_staff(row, made=False, by=staff)
    assert sums(row) == (0, 0, 0)
    assert only_generation(accepted(owner, key="two"))
    assert reconcile.disagreements() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("made", [None, True, False])
def test_a_picture_that_is_found_late_is_paid_once_whatever_was_settled(gateway, owner, staff, fault, made):
    row = lost(owner, fault)
    if made is not None:
        reconcile.resolve_by_staff(row, made=made, by=staff)
    spool_an_answer(gateway, row.attempts.get())
    recovery.sweep_spool()
    row.refresh_from_db()
    assert (row.status, row.settled, row.results.count()) == ("done", "", 1)
    assert sums(row) == (0, PRICE, 0)
    assert sum(entry.pictures for entry in row.entries.all()) == 1
    assert reconcile.disagreements() == []


@pytest.mark.both_databases
def test_it_is_paid_once_when_two_settle_it_and_its_answer_is_found_at_the_same_moment(
    gateway, owner, staff, fault
):
    row = lost(owner, fault)
    spool_an_answer(gateway, row.attempts.get())
    ready = Barrier(3)

    def at_once(step):
        try:
            ready.wait(timeout=30)
            step()
        finally:
            connection.close()

    steps = [
        lambda: reconcile.resolve_by_staff(only_generation(row.tryon), made=True, by=staff),
        lambda: reconcile.resolve_by_staff(only_generation(row.tryon), made=False, by=staff),
        recovery.sweep_spool,
    ]
    with ThreadPoolExecutor(len(steps)) as pool:
        list(pool.map(at_once, steps))
    row.refresh_from_db()
    assert (row.status, row.settled, sums(row)) == ("done", "", (0, PRICE, 0))
    settled = [kind for kind in kinds(row) if kind.startswith("settled")]
    assert AuditEntry.objects.filter(action="settled").count() == len(settled) <= 1
    assert reconcile.disagreements() == []


@pytest.mark.both_databases
def test_the_books_follow_a_guest_into_an_account_and_outlive_a_deletion(gateway, owner, fault):
    guest = User.objects.create_user("guest", is_guest=True)
    tryon = accepted(guest)
    ran(tryon)
    lost(guest, fault, key="two")
    merge_guest_into_account(guest, owner)
    tryon.refresh_from_db()
    deletion.delete_tryon(tryon, owner)
    assert reconcile.disagreements() == []
    assert Entry.objects.count() == 4


@pytest.mark.both_databases
def test_what_was_paid_before_there_was_a_ledger_is_carried_over(gateway, owner, staff, fault):
    ran(accepted(owner))
    fault("not_a_picture")
    ran(accepted(owner, key="unreadable"))
    lost(owner, fault, key="lost")
    accepted(owner, key="waits")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tryon_entry" if connection.vendor == "sqlite" else "TRUNCATE tryon_entry")
    assert reconcile.disagreements()
    migration = import_module("tryon.migrations.0006_opening_entries")
    migration.open_books(apps, None)
    migration.open_books(apps, None)
    assert reconcile.disagreements() == []
    assert set(Entry.objects.values_list("kind", flat=True)) == {"opening"}


@pytest.mark.both_databases
def test_money_is_settled_only_with_the_line_that_says_by_whom(gateway, owner, fault):
    row = lost(owner, fault)
    with pytest.raises(ValueError, match="unsaved"):
        reconcile.resolve_by_staff(row, made=True, by=User(username="nobody"))
    row.refresh_from_db()
    assert (row.settled, sums(row)) == ("", (0, 0, PRICE))
    assert reconcile.disagreements() == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's readers keep no writer waiting")
def test_others_write_while_the_books_are_added_up(gateway, owner):
    ran(accepted(owner))
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)) as other:
        written = []

        def write_beside(execute, sql, params, many, context):
            answer = execute(sql, params, many, context)
            if sql.startswith("SELECT"):
                other.execute("BEGIN IMMEDIATE")
                other.execute("UPDATE tryon_budget SET spent = spent + 1")
                other.execute("COMMIT")
                written.append(sql)
            return answer

        with connection.execute_wrapper(write_beside):
            assert reconcile.disagreements() == [], "all of it is of one moment"
    assert len(written) > 3
    assert reconcile.disagreements()


@pytest.mark.both_databases
def test_a_wrong_row_is_named(gateway, owner):
    row = ran(accepted(owner))
    Budget.objects.filter(scope="site day").update(spent=1)
    Attempt.objects.filter(generation=row).update(pictures=2)
    told = "\n".join(reconcile.disagreements())
    assert f"generation {row.pk}, done: reserved $0.000, spent $0.090" in told
    assert "budget site day" in told
    assert "budget owner" in told


@pytest.mark.both_databases
def test_what_is_booked_is_neither_changed_nor_removed(gateway, owner):
    entry = only_generation(accepted(owner)).entries.get()
    entry.spent_micros = 1
    for attempt in (
        entry.save,
        entry.delete,
        Entry.objects.all().delete,
        lambda: Entry.objects.update(pictures=9),
    ):
        with pytest.raises(AppendOnly):
            attempt()


@pytest.mark.processes(15)
def test_the_database_itself_refuses_to_change_the_books(migrated, tmp_path):
    file = shutil.copy(migrated, tmp_path / "books.sqlite3")
    with sqlite3.connect(file) as books:
        books.execute(
            "INSERT INTO tryon_entry (at, kind, generation_id, model, size, pictures, reserved_micros, "
            "spent_micros, at_risk_micros) VALUES ('2026-01-01', 'spent', 'x', 'm', '', 1, 0, 1, 0)"
        )
        for statement in ("UPDATE tryon_entry SET spent_micros = 0", "DELETE FROM tryon_entry"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                books.execute(statement)
    books.close()
