"""What the studio's page and its scripts hold people to: each limit, with the sentence of its refusal."""

from __future__ import annotations

from typing import Any

from tryon import links
from tryon.rules import request_rules


def limits_of(mode: str) -> dict[str, Any]:
    """For templates, which hand it to the scripts in `data-` attributes."""
    return request_rules.limits(mode) | {"address_characters": links.LONGEST}
