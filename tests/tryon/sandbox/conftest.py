"""A sandbox on a real socket, and a client that speaks to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tryon.sandbox.client import Client, client_of
from tryon.sandbox.server import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", keys=("llmtr-sandbox", "llmtr-other")) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with client_of(sandbox) as client:
        yield client
