"""How tests are spread over pytest-xdist's workers.

Tests that start processes wait more than they compute, so there are more workers than cores: half of them
take these, the longest first, the others everything else; who has no work left helps the others. What
computes gives way to what waits for a moment: a worker in a storm has a second to keep what it was answered.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Files whose tests share nothing that is dear to start: each of them may run in another worker.
APART = ("test_storm.py", "test_on_postgres.py", "test_flow.py", "test_up.py")
USUAL_SECONDS = 5.0
# All of these share a product, which is dear to start: half of them run in one worker, half in another.
BROWSER = "tests/browser/test_"


def workers(config: pytest.Config) -> int:
    """How many: none of its own for a few tests, which would be done before the workers have started."""
    if config.option.keyword or config.option.lf or any(".py" in word for word in config.args):
        return 0
    cores = os.cpu_count() or 1
    return 2 * cores + 1


def ordered(items: list[pytest.Item]) -> list[pytest.Item]:
    """Units in the order of the queue: those with processes, the longest first, then the others."""
    files: defaultdict[tuple[str, str], float] = defaultdict(float)
    for item in items:
        if mark := item.get_closest_marker("processes"):
            file = unit_of(item.nodeid), item.nodeid.partition("::")[0]
            files[file] = max(files[file], *mark.args, USUAL_SECONDS)
    seconds: defaultdict[str, float] = defaultdict(float)
    for (unit, _), of_file in files.items():
        seconds[unit] += of_file
    return sorted(items, key=lambda item: -seconds[unit_of(item.nodeid)])


def unit_of(node: str) -> str:
    """What stays in one worker: a file, on one of the databases; a test by itself; or half of a folder."""
    file, _, name = node.partition("::")
    if file.startswith(BROWSER):
        return f"{BROWSER}{'a-m' if file.removeprefix(BROWSER) < 'n' else 'n-z'}"
    if file.endswith(APART):
        return node
    found = re.search(r"\b(sqlite|postgres)\b", name.partition("[")[2])
    return f"{file} {found[1]}" if found else file


def give_way(worker: str) -> None:
    """Called in each worker."""
    if _takes_the_last(worker):
        os.nice(10)


def _takes_the_last(worker: str) -> bool:
    return int(worker.removeprefix("gw")) % 2 == 1


class Spreading(LoadScopeScheduling):
    """Workers with an even number take the next unit of the queue, the others the last."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if _takes_the_last(node.gateway.id):
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
