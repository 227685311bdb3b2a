"""What touches jobs and money, on PostgreSQL too: the same files once more, on a server of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT
from tests.postgres import new_database

pytestmark = [pytest.mark.postgres, pytest.mark.processes(90)]

PARTS = {
    "a death at every point": ["crash"],
    "jobs": [
        "tryon/pipeline/test_flow.py",
        "tryon/pipeline/test_run.py",
        "tryon/pipeline/test_recovery.py",
        "tryon/pipeline/test_machines.py",
        "tryon/pipeline/test_notifications.py",
        "tryon/embedded/test_held_answers.py",
    ],
    "files and their lives": [
        "tryon/pipeline/test_references.py",
        "tryon/pipeline/test_seven_days.py",
        "tryon/pipeline/test_deletion.py",
    ],
    "the gallery, and the lists of staff": ["tryon/web/test_gallery_filters.py", "tryon/admin/test_lists.py"],
    "the desk": ["gallery/test_review_queue.py", "tryon/review"],
    "money and doors": [
        "tryon/models/test_caps.py",
        "tryon/billing/test_ledger.py",
        "tryon/admin/test_money_pages.py",
        "tryon/pipeline/test_submission.py",
        "tryon/pipeline/test_guest_caps.py",
        "tryon/admin/test_review.py",
        "tryon/web/test_upload_bounds.py",
        "gallery/test_audit.py",
        "gallery/test_reports.py",
        "gallery/test_share_links.py",
        "gallery/test_share_promises.py",
        "gallery/test_share_passwords.py",
        "gallery/test_hearts.py",
        "tryon/accounts/test_log_in_limits.py",
    ],
}
NOT_OF_THIS_RUN = ("TRYON_TEST_DIR", "PYTEST_XDIST_WORKER")


def run(files: list[str], database: str, folder: Path, *options: str) -> None:
    """These tests in a pytest of their own, whose settings name this database."""
    env = {name: value for name, value in os.environ.items() if name not in NOT_OF_THIS_RUN}
    env |= {
        "DATABASE_URL": database,
        "PGOPTIONS": "-c synchronous_commit=off",  # the machine does not lose power during a test
        # pytest closes its usual folder to other users, and the server may run as one of them
        "PYTEST_DEBUG_TEMPROOT": str(folder),
    }
    command = [sys.executable, "-m", "pytest", *(f"tests/{name}" for name in files), "-q", *options]
    ran = subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=ROOT, env=env, text=True, capture_output=True
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]


def test_what_the_database_decides_holds_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """Claims, locks, constraints, triggers and clocks: what is marked `both_databases`."""
    files = [name for names in PARTS.values() for name in names]
    run(files, new_database(postgres_url, "decides"), tmp_path, "-m", "both_databases and not proof")


@pytest.mark.proof
@pytest.mark.parametrize("part", PARTS)
def test_it_holds_on_postgresql(part: str, postgres_url: str, tmp_path: Path) -> None:
    run(PARTS[part], new_database(postgres_url, part.replace(" ", "_")), tmp_path)
