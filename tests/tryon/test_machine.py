"""The product under everything that can happen to it at random; TRYON_EXAMPLES says how often."""

from __future__ import annotations

import logging
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.tryon.machine.world import World
from tryon import references

log = logging.getLogger(__name__)  # --log-cli-level=INFO shows how much happened
pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("TRYON_EXAMPLES", "60"))


def test_nothing_is_lost_or_paid_twice_whatever_happens_in_whatever_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(references, "PATIENCE_SECONDS", 0.05)  # another's upload never ends meanwhile
    run_state_machine_as_test(
        World,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    log.info(", ".join(f"{count} {what}" for what, count in sorted(World.seen.items())))
