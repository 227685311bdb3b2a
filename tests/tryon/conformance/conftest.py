"""A sandbox on a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tryon.sandbox.server import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox") as running:
        yield running
