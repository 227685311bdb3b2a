"""A burst of photos that cost little to send and much to open leaves the site to everybody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hostile.uploads import burst
from tests.up import Up, placed


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.processes(30)
@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads Linux's /proc")
def test_40_pngs_of_50_megapixels_at_once_leave_the_site_to_everybody_else(tmp_path, static_root, migrated):
    data = placed(tmp_path / "data", migrated)
    with Up(data, STATIC_ROOT=str(static_root), UPLOADS_PER_HOUR="none") as up:
        figures = burst(up.ready().address.rstrip("/"), up.process.pid)
        kept = up.rows("SELECT count(*) FROM tryon_reference WHERE owner_id IS NOT NULL")[0][0]
    # All were answered: kept, or told to come again.
    assert figures.statuses.keys() == {201, 503}
    assert figures.statuses[201] == kept
    busy = [answer for answer in figures.answers if answer.status_code == 503]
    assert all(answer.headers["Retry-After"] == "5" for answer in busy)
    assert all("Many photos are arriving just now" in answer.text for answer in busy)
    # Of the two processes with 16 threads each, eight of each waited; the others were free for pages.
    assert len(figures.probes) > 20
    assert figures.p95 < figures.seconds / 3
    # One pool for both processes.
    assert 1 <= figures.children <= (os.cpu_count() or 1)
    assert figures.allowed_bytes <= 2_000_000_000
    assert figures.niceness == {min(19, os.nice(0) + 10)}
    assert {file.name for file in (data / "seats").iterdir()} >= {"turn", "turn-of-uploads", "0", "core-0"}
