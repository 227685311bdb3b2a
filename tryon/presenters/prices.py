"""Who reads what pictures cost: staff always, accounts where the shop shows prices, and no guest."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_noop


def shown_to(user: Any) -> bool:
    """Whether pages tell `user` (None: nobody is known) prices, and whether something was charged."""
    if user is None or not user.is_authenticated:
        return False
    return bool(getattr(user, "acts_as_staff", False) or (settings.SHOW_PRICES and not user.is_guest))


def _called(real: str, of_sandbox: str) -> str:
    return gettext(of_sandbox if settings.SANDBOX else real)


_called_lazily = lazy(_called, str)
# What staff read over sums: those of the sandbox were charged to nobody, and are called so.
SPENT = _called_lazily(gettext_noop("spent"), gettext_noop("would have cost"))
RESERVED = _called_lazily(gettext_noop("reserved"), gettext_noop("would be reserved"))
AT_RISK = _called_lazily(gettext_noop("at risk"), gettext_noop("would be at risk"))
COST = _called_lazily(gettext_noop("cost"), gettext_noop("would have cost"))
MAY_HAVE_COST = _called_lazily(gettext_noop("may have cost"), gettext_noop("would have cost"))
A_PICTURE = _called_lazily(gettext_noop("a picture"), gettext_noop("a picture would cost"))
FAILURES = _called_lazily(gettext_noop("What failures cost"), gettext_noop("What failures would have cost"))
