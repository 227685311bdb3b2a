"""The audit trail: added to and never changed, on both databases; taken along as CSV by who may read it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from gallery.models import AuditEntry, RejectionReason
from gallery.models.append_only import AppendOnly
from tests.asking import body, signed_in
from tests.factories import make_image, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(owner, staff) -> AuditEntry:
    image = make_image(owner)
    image.reject(staff, RejectionReason.FACE, "no words of hers")
    return AuditEntry.objects.get(action="rejected")


def test_no_code_of_ours_changes_or_removes_a_line(entry):
    tries = (entry.save, entry.delete, AuditEntry.objects.all().delete)
    for attempt in (*tries, lambda: AuditEntry.objects.update(action="approved")):
        with pytest.raises(AppendOnly):
            attempt()


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        yield


CHANGES = {
    "at": "'2020-01-01 00:00:00+00:00'",
    "action": "'approved'",
    "kind": "'link'",
    "subject": "'another'",
    "detail": "'{}'",
    "actor_id": "(SELECT max(id) FROM accounts_user)",
}


@pytest.mark.both_databases
@pytest.mark.parametrize("change", [f"SET {name} = {value}" for name, value in CHANGES.items()])
def test_the_database_itself_refuses_to_change_a_line(entry, change):
    make_user()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE gallery_auditentry {change} WHERE id = %s", [entry.pk])


@pytest.mark.both_databases
def test_the_database_itself_refuses_to_remove_a_line(entry):
    if connection.vendor == "sqlite":  # conftest takes this trigger away, as tables are emptied by DELETE
        with connection.cursor() as cursor:
            cursor.execute(import_module("gallery.migrations.0015_audit_is_append_only").SQLITE[1])
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM gallery_auditentry WHERE id = %s", [entry.pk])


@pytest.mark.both_databases
def test_an_account_that_goes_takes_its_name_out_of_the_trail_and_leaves_the_line(entry, staff):
    told = (entry.at, entry.action, entry.subject, entry.detail)

    staff.delete()

    entry.refresh_from_db()
    assert (entry.at, entry.action, entry.subject, entry.detail) == told
    assert entry.actor is None


# As CSV -------------------------------------------------------------------------------------------
def exported(client: Client, **days: str) -> list[dict[str, str]]:
    answer = client.post(reverse("admin:gallery_auditentry_csv"), days)
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(body(answer).decode())))


def test_the_trail_of_some_days_is_taken_along_and_that_is_a_line_too(staff):
    for day in (1, 2, 3):
        with time_machine.travel(dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC), tick=False):
            make_image(staff).approve(staff)
    client = signed_in(staff)

    rows = exported(client, since="2026-11-02", until="2026-11-03")

    assert [row["at"][:10] for row in rows] == ["2026-11-02", "2026-11-03"]
    assert {(row["actor"], row["action"], row["kind"]) for row in rows} == {(str(staff), "approved", "image")}
    line = AuditEntry.objects.latest("id")
    assert (line.action, line.actor) == ("trail_exported", staff)
    assert line.detail == {"since": "2026-11-02", "until": "2026-11-03"}
    assert len(exported(client)) == 5
    assert "Export as CSV" in client.get(reverse("admin:gallery_auditentry_changelist")).text
    assert client.post(reverse("admin:gallery_auditentry_csv"), {"since": "soon"}).status_code == 302


def test_no_cell_is_a_formula_to_a_spreadsheet(staff):
    sly = make_user("=HYPERLINK(1)")
    make_image(sly).approve(sly)

    row, _ = exported(signed_in(staff))

    assert row["actor"].startswith("'=HYPERLINK")


@pytest.mark.parametrize(("right", "status"), [("view_auditentry", 200), ("view_image", 403)])
def test_only_who_may_read_the_trail_takes_it_along(right, status):
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename=right))
    address = reverse("admin:gallery_auditentry_csv")

    assert signed_in(user).post(address).status_code == status
    assert signed_in(user).get(address).status_code == 405
    assert signed_in(make_user()).post(address).status_code in (302, 403)
