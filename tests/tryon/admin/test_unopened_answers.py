"""What staff do with answers that were paid for and cannot be opened."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.test import Client

from gallery.models import AuditEntry
from tests.tryon.making import accepted, only_generation, photo
from tryon.accounts.models import User
from tryon.models import Attempt
from tryon.pipeline import run

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/tryon/unopenedanswer/"


@pytest.fixture
def unopened(gateway, fault) -> Attempt:
    owner = User.objects.create_user("ana", email="ana@example.com")
    fault("not_a_picture")
    tryon = accepted(owner)
    run.run_generation(only_generation(tryon).pk)
    return Attempt.objects.get()


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("eva"))
    return client


def open_again(staff: Client, row: Attempt) -> str:
    posted = {"action": "open_again", "_selected_action": str(row.pk)}
    return staff.post(LIST, posted, follow=True).content.decode()


def test_they_are_listed_and_can_be_taken_along(staff, unopened):
    page = staff.get(LIST).content.decode()
    for told in ("ana@example.com", "The picture came but cannot be opened yet", "Try to open again"):
        assert told in page
    assert "200 unreadable" in staff.get("/admin/tryon/unknown/").content.decode()

    answer = staff.get(f"{LIST}{unopened.pk}/answer.json")
    assert json.loads(answer.getvalue())["data"][0]["b64_json"]
    assert answer["Content-Disposition"] == f'attachment; filename="answer-{unopened.pk}.json"'
    assert AuditEntry.objects.get(action="answer_taken").actor.username == "eva"


def test_one_that_opens_now_becomes_its_owners_picture(staff, unopened):
    assert "1 still cannot be opened, and stay" in open_again(staff, unopened)

    told = {"data": [{"b64_json": base64.b64encode(photo("teal")).decode()}]}
    Path(default_storage.path(str(unopened.raw_answer))).write_text(json.dumps(told))
    assert "1 opened: the pictures are in their owner" in open_again(staff, unopened)

    assert unopened.generation.results.get().image.owner.username == "ana"
    assert str(unopened.pk) not in staff.get(LIST).content.decode()


def test_who_may_only_look_takes_nothing(client, unopened):
    looker = User.objects.create_user("lee", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_unopenedanswer"))
    client.force_login(looker)
    assert client.get(LIST).status_code == 200
    assert "Try to open again" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{unopened.pk}/answer.json").status_code == 403
