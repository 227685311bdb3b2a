from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, AnonymousUser, UserManager
from django.db import models


class Users(UserManager["User"]):
    def guest(self, visitor: uuid.UUID) -> User | None:
        return self.filter(visitor=visitor, is_guest=True).first()

    def make_guest(self, visitor: uuid.UUID) -> User:
        """The guest of a visitor's cookie; two requests at once make one row."""
        guest, _ = self.get_or_create(
            visitor=visitor, defaults={"username": f"guest-{visitor.hex}", "is_guest": True, "password": "!"}
        )
        return guest


class User(AbstractUser):
    """An owner of pictures: an account, or a guest known by a signed cookie only.

    A guest is never logged in; signing up turns the same row into an account.
    """

    is_guest = models.BooleanField(default=False)
    visitor = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects: ClassVar[Users] = Users()

    def __str__(self) -> str:
        return f"guest {str(self.visitor)[:8]}" if self.is_guest else (self.email or self.username)

    def become_account(self) -> None:
        """Turn a guest into the account that signed up; its cookie stops being a way in."""
        self.is_guest = False
        self.visitor = None


AnyUser = User | AnonymousUser  # an account, a guest, or a visitor who has done nothing yet
