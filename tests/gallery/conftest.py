from __future__ import annotations

import pytest
from django.test import Client

from tests.asking import signed_in
from tests.factories import make_user
from tryon.accounts.models import User


@pytest.fixture
def owner(db) -> User:
    return make_user("owner")


@pytest.fixture
def staff(db) -> User:
    return make_user("reviewer", is_staff=True, is_superuser=True)


@pytest.fixture
def owners_client(owner: User) -> Client:
    return signed_in(owner)
