"""What touches jobs and money, on PostgreSQL too: the same files once more, on a server of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live import ROOT
from tests.postgres import new_database

PARTS = {
    "a death at every point": ["crash"],
    "jobs": ["tryon/pipeline/test_flow.py", "tryon/pipeline/test_run.py", "tryon/pipeline/test_recovery.py"],
    "files and their lives": [
        "tryon/pipeline/test_references.py",
        "tryon/pipeline/test_seven_days.py",
        "tryon/pipeline/test_deletion.py",
    ],
    "money and doors": [
        "tryon/models/test_caps.py",
        "tryon/billing/test_ledger.py",
        "tryon/admin/test_money_pages.py",
        "tryon/pipeline/test_submission.py",
        "tryon/admin/test_review.py",
        "gallery/test_share_links.py",
    ],
}


Run = subprocess.CompletedProcess[str]


def run(part: str, database: str, folder: Path) -> Run:
    env = {name: value for name, value in os.environ.items() if name != "TRYON_TEST_DIR"}
    env |= {
        "DATABASE_URL": database,
        "PGOPTIONS": "-c synchronous_commit=off",  # the machine does not lose power during a test
        # pytest closes its usual folder to other users, and the server may run as one of them
        "PYTEST_DEBUG_TEMPROOT": str(folder),
    }
    files = [f"tests/{name}" for name in PARTS[part]]
    command = [sys.executable, "-m", "pytest", *files, "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True)


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Run]]]:
    """The parts that were asked for, two at a time, each with a database of its own."""
    here = [item for item in request.session.items if item.module is request.module]
    with ThreadPoolExecutor(2) as pool:
        yield {
            part: pool.submit(
                run, part, new_database(postgres_url, f"part{number}"), tmp_path_factory.mktemp("part")
            )
            for number, part in enumerate(item.callspec.params["part"] for item in here)
        }


@pytest.mark.postgres
@pytest.mark.parametrize("part", PARTS)
def test_it_holds_on_postgresql(part: str, runs: dict[str, Future[Run]]) -> None:
    ran = runs[part].result()
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
