"""What a restored backup must not bring back of share links: a lost address, a door without its lock."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from gallery.deletion_log import DeletionRecord
from gallery.models import AuditEntry, ShareLink
from tests.asking import status
from tests.factories import make_user
from tests.gallery.opening import shared
from tryon.operations.replay_deletions import replay

pytestmark = pytest.mark.django_db


def told(link: ShareLink, action: str) -> DeletionRecord:
    entry = AuditEntry.objects.of(link).get(action=action)
    return DeletionRecord(entry.at.isoformat(), action, "sharelink", str(link.pk))


def opens(token: str) -> bool:
    return status(Client().get(reverse("share", args=[token]))) == 200


@pytest.mark.parametrize("action", ["renewed", "password_changed"])
def test_what_was_good_before_is_not_good_again(action):
    owner = make_user()
    link, old = shared(owner)
    with transaction.atomic():  # the backup is of before: neither row nor trail know of it
        if action == "renewed":
            link.renew(owner)
        else:
            link.change(owner, days=None, password="apricot jam")
        line = told(link, action)
        transaction.set_rollback(True)
    assert opens(old)

    assert replay([line]).addresses == 1

    assert not opens(old)


def test_what_the_backup_knows_already_costs_nobody_the_new_address():
    owner = make_user()
    link, _ = shared(owner)
    new = link.renew(owner)
    line = told(link, "renewed")

    for _ in range(2):
        assert replay([line]).addresses == 0
    assert opens(new)
