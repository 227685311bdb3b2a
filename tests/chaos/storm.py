"""One storm: the product is started, asked and struck; when all is calm again its history is written."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests import forks
from tests.chaos import schedule
from tests.chaos.gale import Gale
from tests.chaos.history import Asked, Charged, Failure, History, Kept, Made, Sent
from tests.chaos.order import Order
from tests.chaos.product import MARGIN, Product
from tests.live import ROOT, until

NONCE = re.compile(r"k\d+n\d{4}z")
# An upload whose sender was killed is taken over after its lease, and a claim may wait for it twice.
PROMISE = 150  # seconds after the last fault within which everything accepted has ended


def raised(order: Order, static: Path | None = None, keep: Path | None = None) -> History:
    """The history of the storm of this order. `static` is a folder for static files that others share;
    `keep` one that the product's logs are copied to."""
    with tempfile.TemporaryDirectory(prefix="storm-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with Product(order, folder, static or folder / "static") as product:
            try:
                return _stormed(product)
            finally:
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    for log in folder.glob("*.log"):
                        shutil.copy(log, keep)


def _stormed(product: Product) -> History:
    order = product.order
    pauses = tuple(product.times[f"{lease}_LEASE_SECONDS"] + MARGIN for lease in ("INTENT", "CLAIM"))
    planned = schedule.drawn(order, pauses)
    if order.slow_uploads:
        product.control("latency", {"files": order.slow_uploads})
    begun = time.time()
    gale = Gale(product, begun)
    if order.no_redis:
        product.parts["broker"].kill()
    with _shoppers(product, begun, planned.jobs) as shoppers:
        gale.blow(planned.blows, gone=lambda: _gone(product, gale, shoppers))
    assert shoppers.returncode == 0, "the shoppers' own process broke"
    told = json.loads(product.report.read_text())
    unused = product.control("faults")["faults"]
    product.forgive()
    product.control("latency", {"generations": 0.1, "files": 0})
    last = gale.now
    gale.calm()
    left = _ended(product)
    return _history(product, gale, told, {"seconds": round(last, 1), "left": left}, unused)


@contextmanager
def _shoppers(product: Product, begun: float, jobs: list[schedule.Job]) -> Iterator[subprocess.Popen[str]]:
    """People at work, in a process of their own, which leaves their report in a file."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.shoppers"],
        cwd=ROOT,
        env=product.environment,
        stdin=subprocess.PIPE,
        text=True,
    ) as people:
        try:
            orders = {
                "addresses": [machine.address for machine in product.machines.values()],
                "sandbox": product.sandbox,
                "progress": str(product.progress),
                "report": str(product.report),
                "seconds": product.order.seconds,
                "people": product.order.people,
                "begun": begun,
                "jobs": [asdict(job) for job in jobs],
            }
            people.stdin.write(json.dumps(orders))
            people.stdin.close()
            people.stdin = None
            yield people
        finally:
            people.kill()


def _gone(product: Product, gale: Gale, shoppers: subprocess.Popen[str]) -> float:
    """The part of the storm that is over: of its time, or of what is to be asked."""
    order = product.order
    if shoppers.poll() is not None:
        return 1
    if order.seconds:
        return min(0.999, gale.now / order.seconds)
    return min(0.999, product.progress.stat().st_size / order.jobs)


def _ended(product: Product) -> int:
    """Wait for the end of everything accepted, within the promise; how many have not ended."""
    try:
        until(lambda: not (product.unfinished() or product.spooled() or product.half_deleted()), PROMISE)
    except AssertionError:
        return product.unfinished()
    return 0


def _history(
    product: Product, gale: Gale, told: dict[str, Any], times: dict[str, Any], unused: list[dict[str, Any]]
) -> History:
    order = product.order
    failures = told["pages"].pop("failures")
    gathered = _gathered(product, gale.begun)
    asked = [Asked(*row)._replace(tryon=row[1][:12]) for row in told["asked"]]
    nonces = {row.tryon: row.nonce for row in asked}  # the note of a deleted one tells it no more
    return History(
        storm={
            "seed": order.seed,
            "commit": _commit(),
            "database": order.database,
            "build": order.build,
            "order": asdict(order),
            "times": product.times,
            **times,
            "ended": round(gale.now, 1),
            "late": _late(product),
            "unused": sorted(nonce for fault in unused if (nonce := fault.get("match"))),
        },
        ledger={**gathered["ledger"], "adopted": _adopted(product)},
        pages=told["pages"],
        asked=asked,
        struck=gale.struck,
        bill=[_charged(row, gale.begun) for row in product.control("bill")["rows"]],
        tryons=[Kept(*row)._replace(nonce=row[1] or nonces.get(row[0], "")) for row in gathered["tryons"]],
        generations=[Made(*row) for row in gathered["generations"]],
        attempts=[Sent(*row) for row in gathered["attempts"]],
        failures=[Failure(*row) for row in failures],
    )


def _gathered(product: Product, begun: float) -> dict[str, Any]:
    folders = [str(machine.data) for machine in product.machines.values()]
    ran = forks.run(["-m", "tests.chaos.gathering", str(begun), *folders], product.environment)
    ran.check_returncode()
    rows: dict[str, Any] = json.loads(ran.stdout)
    return rows


def _charged(row: dict[str, Any], begun: float) -> Charged:
    found = NONCE.search(row["prompt"])
    return Charged(
        found[0] if found else "",
        row["pictures"],
        row["price_micros_usd"],
        round(row["wall"] - begun, 2),
        row["delivered"] or "",
    )


def _late(product: Product) -> int:
    """How many calls the gateway itself did not answer within the deadline."""
    most = product.times["GENERATION_SECONDS"] - 0.5
    calls = [row for row in product.control("calls")["rows"] if row["endpoint"] == "generations"]
    return sum((row["ended"] or time.time()) - row["started"] > most for row in calls)


def _adopted(product: Product) -> int:
    """How many answers were kept by another process than the one that had asked, as its log says."""
    said = "".join(log.read_text(errors="replace") for log in product.folder.glob("calls-*.log"))
    return len(set(re.findall(r"adopting the answer to attempt (\w+)", said)))


def _commit() -> str:
    ran = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return ran.stdout.strip() or "unknown"
