"""Who checks pictures: staff who may decide on them, and may see what they were made from."""

from __future__ import annotations

from gallery.owners import may_view
from tryon.accounts.models import AnyUser, User
from tryon.models.reference import Reference


def may_review(user: AnyUser) -> bool:
    """Whether their word on a picture counts; others' photos stand beside it."""
    return user.has_perm("gallery.change_image") and may_view(user, Reference)


def reviewers() -> list[User]:
    """All of them, by name."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("username")
    return [user for user in staff if may_review(user)]
