"""What we add to ONE plain call: from its acceptance to the gateway, and from there to the page that waits.

A guest asks through the pages, with photos whose copies live at the gateway already, and is told by a held
answer. Of the way from the button to the told page the gateway's own time is taken away: what is left is
ours. Calls of both latencies begin and end in turn, none beside another one; then the same again beside
others that are in flight all the time, whose pictures are kept and rendered too. All runs as in production,
on a gateway that answers with ready bytes (see canned.py).
"""

import argparse
import asyncio
import datetime as dt
import re
import sqlite3
import ssl
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from bench.guests import Browser, Question
from bench.report import Report, Row, median, percentile, table
from bench.tally import Tally
from bench.throughput import Bench, say
from bench.waiting import web

LATENCIES = (2.0, 30.0)
SLOT = 4.0  # seconds for one call of each; 2 s and 30 s end at other moments than they and the next begin
ADDED_P50, ADDED_P95 = 200, 500  # ms
THREADS = 128  # of the calls worker: nobody waits for a place
WARM = 2
STEPS: tuple[tuple[str, str, str], ...] = (
    ("accepted to the gateway", "accepted", "came"),
    ("answered to kept", "answered", "finished"),
    ("kept to told", "finished", "told"),
)


@dataclass(frozen=True)
class Lap:
    """Wall times of one call in seconds, in the order in which they came."""

    accepted: float
    came: float
    answered: float
    finished: float
    told: float

    @property
    def added(self) -> float:
        """ms"""
        return (self.came - self.accepted + self.told - self.answered) * 1000


class Probes:
    """A guest's calls, numbered; when each was accepted and ended stands in the database."""

    def __init__(self, bench: Bench, address: str) -> None:
        self._bench, self._address, self._tls = bench, address, ssl.create_default_context()
        self._tally = Tally()
        self._number = 0
        self._told: dict[int, tuple[str, float]] = {}  # try-on and time, by number

    async def run(self, rounds: int) -> dict[float, list[Lap]]:
        """`rounds` calls at each latency."""
        tasks = []
        for number in range(rounds):
            for turn, latency in enumerate(LATENCIES):
                at = SLOT * (number + turn / 4)
                tasks.append(asyncio.create_task(self._call_at(at, latency)))
        numbers = await asyncio.gather(*tasks)
        if errors := self._tally.errors:
            raise SystemExit(f"calls failed: {errors}")
        laps: dict[float, list[Lap]] = {latency: [] for latency in LATENCIES}
        for number, latency in numbers:
            laps[latency].append(self._lap(number))
        return laps

    async def _call_at(self, seconds: float, latency: float) -> tuple[int, float]:
        await asyncio.sleep(seconds)
        self._number += 1
        number = self._number
        browser = Browser(self._address, self._tls, self._tally, shows=False)
        try:
            self._told[number] = await self._call(browser, f"probe {number}, {latency:g} s")
        finally:
            await browser.aclose()
        return number, latency

    async def _call(self, browser: Browser, note: str) -> tuple[str, float]:
        await browser.open("studio", "/")
        wishes = {name: browser.field(name) for name in ("csrfmiddlewaretoken", "key")}
        wishes |= {"mode": "try_on", "n": "1", "size": "1K", "note": note, **self._chosen()}
        answer = await browser.ask("submit", "POST", "/", data=wishes)
        path = answer.headers["Location"]
        await browser.open("try-on page", path)
        question = Question(browser, self._tally, holds=True)
        while await question.answer():
            pass
        if set(question.states.values()) != {"done"}:
            raise SystemExit(f"{path} did not end with a picture: {question.states}")
        return re.search(r"[0-9a-f-]{36}", path)[0], time.time()  # type: ignore[index]

    def _chosen(self) -> dict[str, str]:
        rows = self._rows(
            "SELECT kind, id FROM tryon_reference WHERE owner_id IS NULL ORDER BY position DESC"
        )
        return {f"{kind}_reference": str(pk) for kind, pk in rows}

    def _lap(self, number: int) -> Lap:
        tryon, told = self._told[number]
        query = (
            f"SELECT created_at, ended_at FROM tryon_generation WHERE tryon_id = '{tryon.replace('-', '')}'"
        )
        accepted, finished = (
            dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC).timestamp() for at in self._rows(query)[0]
        )
        lines = (self._bench.folder / "canned.log").read_text().splitlines()
        came, answered = next(
            map(float, line.split()[1:]) for line in lines if line.split()[0] == str(number)
        )
        return Lap(accepted, came, answered, finished, told)

    def _rows(self, query: str) -> list[tuple[str, str]]:
        with closing(
            sqlite3.connect(f"file:{self._bench.folder}/data/tryon.sqlite3?mode=ro", uri=True)
        ) as rows:
            return rows.execute(query).fetchall()


def measure(folder: Path, rounds: int, others: int) -> dict[str, dict[float, list[Lap]]]:
    """Alone, and beside so many others."""
    longest = max(LATENCIES)
    seconds = SLOT * rounds + longest  # of the calls that are measured
    with Bench(folder, longest) as bench, ExitStack() as running:
        bench.python("manage.py", "collectstatic", "--noinput", "-v0")
        bench.accept(round(others * (seconds + longest) / longest))
        sender = running.enter_context(bench.sender(seconds + longest))
        running.enter_context(bench.worker(THREADS))
        running.enter_context(bench.worker(2, "renditions,upkeep"))
        address, _ = running.enter_context(web(folder, bench.environment(GUESTS="1")))
        probes = Probes(bench, address)

        async def both() -> dict[str, dict[float, list[Lap]]]:
            say("  warming up")
            await probes.run(WARM)
            say("  alone")
            alone = await probes.run(rounds)
            say(f"  beside {others} others")
            assert sender.stdin
            print("go", file=sender.stdin, flush=True)
            await asyncio.sleep(longest)  # until all of them are in flight
            return {"alone": alone, f"beside {others} others": await probes.run(rounds)}

        return asyncio.run(both())


def rows(beside: str, laps: dict[float, list[Lap]]) -> list[Row]:
    found = []
    for latency, some in laps.items():
        added = [lap.added for lap in some]
        name = f"added to one call, gateway {latency:g} s, {beside}"
        found.append(Row(f"{name}: p50 of {len(added)}", median(added), "ms", most=ADDED_P50))
        found.append(Row(f"{name}: p95", percentile(added, 0.95), "ms", most=ADDED_P95))
    return found


def note(measured: dict[str, dict[float, list[Lap]]]) -> str:
    columns = {
        f"{latency:g} s, {beside}": some
        for beside, laps in measured.items()
        for latency, some in laps.items()
    }
    lines = ((name, *(_cell(some, start, end) for some in columns.values())) for name, start, end in STEPS)
    return "Where it goes, p50 and p95 in ms:\n\n" + table(lines, ("step", *columns))


def _cell(some: list[Lap], start: str, end: str) -> str:
    spans = [(getattr(lap, end) - getattr(lap, start)) * 1000 for lap in some]
    return f"{median(spans):.0f}, {percentile(spans, 0.95):.0f}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=20, help="calls at each latency (%(default)s)")
    parser.add_argument("--others", type=int, default=64, help="calls in flight beside it (%(default)s)")


def run(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        measured = measure(Path(folder), options.rounds, options.others)
    report = Report(notes=[note(measured)])
    for beside, laps in measured.items():
        report.rows += rows(beside, laps)
    return report
