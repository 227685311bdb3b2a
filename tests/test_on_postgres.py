"""What touches jobs and money, on PostgreSQL too: the same files once more, on a server of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT

PARTS = {
    "a death at every point": ["crash"],
    "jobs": ["tryon/test_flow.py", "tryon/test_generation.py", "tryon/test_upkeep.py"],
    "files and their lives": [
        "tryon/test_references.py",
        "tryon/test_seven_days.py",
        "tryon/test_deletion.py",
    ],
    "money and doors": [
        "tryon/test_caps.py",
        "tryon/test_ledger.py",
        "tryon/test_money_pages.py",
        "tryon/test_submission.py",
        "tryon/test_review.py",
        "gallery/test_share_links.py",
    ],
}


@pytest.mark.postgres
@pytest.mark.parametrize("part", PARTS)
def test_it_holds_on_postgresql(part: str, postgres_url: str, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "TRYON_TEST_DIR"}
    env |= {
        "DATABASE_URL": postgres_url,
        "PGOPTIONS": "-c synchronous_commit=off",  # the machine does not lose power during a test
        # pytest closes its usual folder to other users, and the server may run as one of them
        "PYTEST_DEBUG_TEMPROOT": str(tmp_path),
    }
    files = [f"tests/{name}" for name in PARTS[part]]
    command = [sys.executable, "-m", "pytest", *files, "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
