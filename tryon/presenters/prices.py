"""Who reads what pictures cost: staff always, accounts where the shop shows prices, and no guest."""

from __future__ import annotations

from typing import Any

from django.conf import settings


def shown_to(user: Any) -> bool:
    """Whether pages tell `user` (None: nobody is known) prices, and whether something was charged."""
    if user is None or not user.is_authenticated:
        return False
    return bool(getattr(user, "acts_as_staff", False) or (settings.SHOW_PRICES and not user.is_guest))
