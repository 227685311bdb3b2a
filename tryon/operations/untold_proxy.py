"""Whether a proxy stands in front that does not name its visitors: then all their guests count as one."""

from __future__ import annotations

from django.utils import timezone

from tryon.models import Budget
from tryon.models.money.budget import first_day_of_addresses
from tryon.operations.settings_rules import is_public

ENOUGH = 10  # guests' pictures: of fewer nothing is concluded
HINT = (
    "A proxy in front of this site does not name its visitors, so that all guests share one allowance. "
    "Set CLIENT_IP_HEADER to the header in which it names them."
)


def sign() -> str:
    """What was counted that says so, for staff; "" where it is not so, or others do not reach the site."""
    if not is_public():
        return ""
    one, whole = Budget.objects.of_one_private_address(first_day_of_addresses(timezone.now()))
    if whole < ENOUGH or 2 * one <= whole:
        return ""
    return f"{one} of {whole} pictures of guests since yesterday were asked for from one private address."
