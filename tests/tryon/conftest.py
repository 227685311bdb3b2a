"""What goes wrong at the sandbox gateway, and what it charged."""

from __future__ import annotations

import httpx
import pytest

from tests.live import WITH_KEY


@pytest.fixture
def fault(gateway):
    """Order a fault for the next call to generations."""

    def order(kind: str, on: str = "generations", **options) -> None:
        answer = httpx.post(f"{gateway.url}/_sandbox/faults", json=[{"on": on, "fault": kind, **options}])
        assert answer.is_success, answer.text

    return order


@pytest.fixture
def bill(gateway):
    return lambda: httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()
