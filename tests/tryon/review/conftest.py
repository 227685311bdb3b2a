"""Reviewers, an owner, and pictures that wait."""

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
def ana(db) -> User:
    return make_user("ana", is_staff=True, is_superuser=True)


@pytest.fixture
def ben(db) -> User:
    return make_user("ben", is_staff=True, is_superuser=True)


@pytest.fixture
def client(ana) -> Client:
    return signed_in(ana)
