"""One worker process with many calls in flight, against an asyncio script that makes the same calls.

The worker is the product's own, with its broker and SQLite, and takes the queue of calls alone, as in
production. The gateway answers with ready bytes after a fixed time (see canned.py). Runs of both sides
alternate; medians.
"""

import argparse
import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.product import ROOT, Service
from bench.report import Report, Row, median, percentile
from tryon.embedded import broker
from tryon.embedded.plan import CELERY, WORKER
from tryon.sandbox.server import KEY

TICKS = os.sysconf("SC_CLK_TCK")
RATE = 0.90  # of the pictures per second of the script, at least
OVERHEAD = 100  # ms
MEMORY = 1.5  # MB a call
LONGEST = 900  # seconds that a run may take


@dataclass(frozen=True)
class Run:
    """`seconds` from the first message to the last picture, `cpu` seconds a picture, `overheads` in ms."""

    seconds: float
    cpu: float
    overheads: list[float]
    megabytes: float  # a call: the most of the process's memory, less what it has when idle


class Bench:
    """A database with the house's samples, a broker and a gateway; workers come and go."""

    def __init__(self, folder: Path, latency: float, picture: Path | None = None) -> None:
        self.folder, self.latency, self._picture = folder, latency, picture
        self._running = ExitStack()

    def __enter__(self) -> "Bench":
        with ExitStack() as starting:
            command = ["-m", "bench.canned", "--latency", str(self.latency)]
            command += ["--picture", str(self._picture)] if self._picture else []
            gateway = Service(command, self.folder / "canned.log", r"ready on (\S+)", dict(os.environ))
            self.gateway = starting.enter_context(gateway).address
            starting.enter_context(self._broker())
            (self.folder / "data").mkdir()
            for step in ("migrate", "samples"):
                self.python("manage.py", step)
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def environment(self, **more: str) -> dict[str, str]:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return keep | {
            "DJANGO_SETTINGS_MODULE": "tryon.settings",
            "DATA_DIR": str(self.folder / "data"),
            "STATIC_ROOT": str(self.folder / "static"),
            "ENV_FILE": "",
            "SECRET_KEY": "only-for-the-bench",
            "SITE_URL": "http://127.0.0.1",
            "LLMTR_BASE_URL": self.gateway,
            "LLMTR_API_KEY": KEY,
            "REDIS_URL": self._broker_url,
            "CELERY_SKIP_CHECKS": "1",
            **more,
        }

    @property
    def _broker_url(self) -> str:
        return broker.url(self.folder / "broker.sock")

    @contextmanager
    def _broker(self) -> Iterator[None]:
        data = self.folder / "broker"
        data.mkdir()
        with (
            (self.folder / "broker.log").open("w") as log,
            stopped(broker.command(self.folder / "broker.sock", data), stdout=log, stderr=log),
        ):
            wait_for(lambda: broker.answers(self._broker_url))
            yield

    def python(self, *command: str, **environment: str) -> str:
        """What it printed."""
        log = self.folder / "steps.log"
        with log.open("a") as out:
            told = subprocess.run(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment(**environment),
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
            )
            out.write(told.stdout)
        if told.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{log.read_text()[-3000:]}")
        return told.stdout

    def accept(self, count: int) -> None:
        """Try-ons that wait until they are sent for: there is no broker when they are accepted."""
        self.python("-m", "bench.orders", "accept", str(count), REDIS_URL="redis://127.0.0.1:9/0")

    # The two sides --------------------------------------------------------------------------------------
    def ours(self, count: int, in_flight: int, spread: float = 0) -> Run:
        """`count` try-ons that wait, and their messages within `spread` seconds."""
        self.accept(count)
        with self.worker(in_flight) as worker, self.sender(spread) as sender:
            idle, cpu = memory(worker.pid, "VmRSS"), cpu_seconds(worker.pid)
            began = time.time()
            told, _ = sender.communicate("go\n", timeout=LONGEST)
            sent = {row.split()[0]: float(row.split()[1]) for row in told.splitlines()}
            wait_for(lambda: len(ended := self._ended(sent)) == count and ended, LONGEST)
            ended = self._ended(sent)
            used = cpu_seconds(worker.pid) - cpu
            grown = memory(worker.pid, "VmHWM") - idle
        overheads = [(ended[pk] - at - self.latency) * 1000 for pk, at in sent.items()]
        return Run(max(ended.values()) - began, used / count, overheads, grown / in_flight)

    def by_hand(self, count: int, in_flight: int) -> tuple[float, float]:
        """Seconds in all, and CPU seconds a picture."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            command = ["-m", "bench.callsbyhand", self.gateway, str(count), str(in_flight), folder]
            told = subprocess.run(
                [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
            )
        seen = json.loads(told.stdout)
        return seen["seconds"], seen["cpu"] / count

    @contextmanager
    def worker(self, threads: int, queue: str = "calls") -> Iterator[subprocess.Popen[str]]:
        mark = self.folder / f"{queue}.ready"
        mark.unlink(missing_ok=True)
        command = [*CELERY, *WORKER, "-Q", queue, "-c", str(threads), "-n", f"{queue}@bench"]
        environment = self.environment(READY_FILE=str(mark), LOG_LEVEL="INFO")
        with (
            (self.folder / f"{queue}.log").open("a") as log,
            stopped(
                [*command, "--loglevel", "INFO"], cwd=ROOT, env=environment, stdout=log, stderr=log
            ) as worker,
        ):
            wait_for(mark.exists)
            time.sleep(1)  # what it does when it has begun is over
            yield worker

    @contextmanager
    def sender(self, spread: float) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "bench.orders", "send", str(spread)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with stopped(command, cwd=ROOT, env=self.environment(), **pipes) as sender:
            assert sender.stdout
            if sender.stdout.readline() != "ready\n":
                raise SystemExit("the messages cannot be sent")
            yield sender

    def _ended(self, ids: dict[str, float]) -> dict[str, float]:
        """When those of these that brought their picture were ended, in wall time."""
        query = "SELECT id, ended_at FROM tryon_generation WHERE status = 'done'"
        with closing(sqlite3.connect(f"file:{self.folder}/data/tryon.sqlite3?mode=ro", uri=True)) as rows:
            found = {pk: dt.datetime.fromisoformat(at) for pk, at in rows.execute(query)}
        return {pk: at.replace(tzinfo=dt.UTC).timestamp() for pk, at in found.items() if pk in ids}


# Rounds and what they tell --------------------------------------------------------------------------
def at_full_speed(folder: Path, options: argparse.Namespace) -> Report:
    """Both sides in turn with as many calls in flight; who goes first changes from round to round."""
    ours: list[Run] = []
    theirs: list[tuple[float, float]] = []
    with Bench(folder, options.latency) as bench:
        bench.ours(4, options.in_flight)  # the two uploads, and everything warm
        for number in range(options.rounds):
            turns = [
                lambda: ours.append(bench.ours(options.calls, options.in_flight)),
                lambda: theirs.append(bench.by_hand(options.calls, options.in_flight)),
            ]
            for turn in turns if number % 2 else reversed(turns):
                turn()
            say(f"  round {number + 1}: {ours[-1].seconds:.1f} s, by hand {theirs[-1][0]:.1f} s")
    name = f"{options.calls} pictures, {options.in_flight} in flight, gateway {options.latency:g} s"
    seconds, by_hand = median(run.seconds for run in ours), median(run[0] for run in theirs)
    cpu, cpu_by_hand = median(run.cpu for run in ours), median(run[1] for run in theirs)
    note = (
        f"{options.in_flight} in flight: {options.calls / seconds:.2f} pictures a second against "
        f"{options.calls / by_hand:.2f}, {by_hand / seconds:.3f} of the script's (>= {RATE:g}). The CPU of a "
        "picture is that of the worker and of the child in which it proves each picture whole."
    )
    return Report(
        [
            Row(name, seconds, "s", by_hand, 1 / RATE),
            Row("the same, CPU a picture", cpu * 1000, "ms", cpu_by_hand * 1000),
        ],
        [note],
    )


def with_many_in_flight(folder: Path, options: argparse.Namespace) -> Report:
    """Calls that begin evenly over the gateway's time, until all are in flight in one process."""
    runs: list[Run] = []
    with Bench(folder, options.many_latency) as bench:
        bench.ours(4, options.many)
        for number in range(options.rounds):
            run = bench.ours(options.many, options.many, spread=options.many_latency * 0.95)
            runs.append(run)
            say(f"  round {number + 1}: {median(run.overheads):.0f} ms, {run.megabytes:.2f} MB a call")
    name = f"{options.many} in flight in one process, gateway {options.many_latency:g} s"
    p95 = median(percentile(run.overheads, 0.95) for run in runs)
    return Report(
        [
            Row(f"{name}: overhead, p50", median(median(run.overheads) for run in runs), "ms", most=OVERHEAD),
            Row("the same, p95", p95, "ms"),
            Row("the same, memory a call", median(run.megabytes for run in runs), "MB", most=MEMORY),
        ],
        ["Overhead: from the message to the picture in the gallery, less the gateway's own time."],
    )


def cpu_seconds(pid: int) -> float:
    """Of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def memory(pid: int, name: str) -> float:
    """MB of `VmRSS` (now) or `VmHWM` (the most until now)."""
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith(f"{name}:"))


@contextmanager
def stopped(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that is asked to end with the block."""
    process = subprocess.Popen(command, text=True, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"It did not happen within {seconds:g} s")
        time.sleep(0.1)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    whole = {"type": int, "metavar": "N"}
    parser.add_argument(
        "--in-flight", default=64, help="calls at a time of both sides (%(default)s)", **whole
    )
    parser.add_argument("--calls", default=256, help="pictures of a round (%(default)s)", **whole)
    parser.add_argument(
        "--latency", type=float, default=20.0, help="of the gateway, in seconds (%(default)g)"
    )
    parser.add_argument("--many", default=256, help="calls in one process at a time (%(default)s)", **whole)
    parser.add_argument("--many-latency", type=float, default=60.0, help="the gateway's then (%(default)g)")
    parser.add_argument("--rounds", default=3, help="of each (%(default)s)", **whole)


def run(options: argparse.Namespace) -> Report:
    whole = Report()
    for measure in (at_full_speed, with_many_in_flight):
        say(f"  {measure.__name__.replace('_', ' ')}")
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            report = measure(Path(folder), options)
        whole.rows += report.rows
        whole.notes += report.notes
    return whole
