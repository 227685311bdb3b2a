"""Guests who only wait for a picture: told by held answers, and asking as where none can be held.

Both on the web server alone, in turn: the calls are rows of a database that nobody works on, and are ended
one by one at the end. What is told is measured from that commit to the last byte of the answer.
"""

import argparse
import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.cpu import Meter
from bench.guests import Browser, Question
from bench.product import ROOT, Service
from bench.report import Report, Row, median, percentile
from bench.tally import Tally
from tryon.embedded import parent_death

MOST_CPU = {200: 200.0}  # us a second of each who waits, by how many wait
PAGE_P95 = 500.0  # ms
TOLD_P50 = 50.0  # ms
ARRIVALS = 60.0  # a second
SETTLING = 3.0  # seconds after the last has come
LOOKING = 6.0  # seconds in which somebody else looks at pages
ENDED, ENDING = 150, 6.0  # so many of the calls are ended in so many seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--guests", type=int, nargs="+", default=[200, 500], help="who wait (200 500)")
    parser.add_argument("--seconds", type=float, default=8.0, help="for which CPU is measured (%(default)g)")


@dataclass
class Seen:
    """What one run saw: us of CPU and requests of each who waits in a second; ms of pages and of telling."""

    cpu: float = 0.0
    requests: float = 0.0
    pages: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    errors: str = ""


def run(options: argparse.Namespace) -> Report:
    """Held answers for each number of guests; asking for the first one, as more would cost each the same."""
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name)
        _python(empty, "manage.py", "migrate", "-v0")
        _python(empty, "manage.py", "collectstatic", "--noinput", "-v0")
        asking = _measured(empty, options.seconds, options.guests[0], holds=False)
        held = {count: _measured(empty, options.seconds, count, holds=True) for count in options.guests}
    cpu = "CPU of each in a second"
    report.rows.append(
        Row(f"{options.guests[0]} who wait: {cpu}", held[options.guests[0]].cpu, "us", asking.cpu)
    )
    report.notes.append(_note(f"{options.guests[0]} asking", asking))
    for count, seen in held.items():
        who = f"{count} who wait"
        report.rows += [
            Row(f"{who}: {cpu}, alone", seen.cpu, "us", most=MOST_CPU.get(count)),
            Row(f"{who}: other pages, p95", percentile(seen.pages, 0.95), "ms", most=PAGE_P95),
            Row(f"{who}: told, p50", median(seen.told), "ms", most=TOLD_P50),
        ]
        report.notes.append(_note(f"{count} held", seen))
    return report


def _note(who: str, seen: Seen) -> str:
    return (
        f"{who}: {seen.cpu:.0f} us of CPU and {seen.requests:.2f} requests of each in a second; "
        f"other pages p95 {percentile(seen.pages, 0.95):.0f} ms; told p50 {median(seen.told):.0f} ms, "
        f"p95 {percentile(seen.told, 0.95):.0f} ms; errors: {seen.errors}."
    )


def _measured(empty: Path, seconds: float, count: int, *, holds: bool) -> Seen:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(empty, name, dirs_exist_ok=True))
        waiters = [line.split() for line in _python(folder, "-m", "bench.waiters", "make", str(count))]
        with web(folder, _environment(folder)) as (address, process):
            return asyncio.run(_course(seconds, folder, address, Meter({"web": [process]}), waiters, holds))


async def _course(
    seconds: float, folder: Path, address: str, meter: Meter, waiters: list[list[str]], holds: bool
) -> Seen:
    seen, tally, tls = Seen(), Tally(), ssl.create_default_context()
    told: dict[str, float] = {}

    async def wait(tryon: str, cookie: str) -> None:
        browser = Browser(address, tls, tally, shows=False, visitor=cookie)
        await browser.open("try-on page", f"/tryons/{tryon}/")
        question = Question(browser, tally, holds=holds)
        while await question.answer():
            pass
        told[tryon] = time.time()
        await browser.aclose()

    tasks = []
    for waiter in waiters:
        tasks.append(asyncio.create_task(wait(*waiter)))
        await asyncio.sleep(1 / ARRIVALS)
    await asyncio.sleep(SETTLING)
    used, requests, began = meter.read()["web"], tally.requests, time.monotonic()
    await asyncio.sleep(seconds)
    waited = len(waiters) * (time.monotonic() - began)
    seen.cpu = (meter.read()["web"] - used) / waited * 1e6
    seen.requests = (tally.requests - requests) / waited
    await _look(Browser(address, tls, Tally(), shows=False), seen.pages)
    end = ("-m", "bench.waiters", "end", str(ENDED), str(ENDING))
    ended = await asyncio.to_thread(_python, folder, *end)
    deadline = time.monotonic() + 30
    while not all(line.split()[0] in told for line in ended) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    seen.told = [(told[tryon] - float(at)) * 1000 for tryon, at in map(str.split, ended)]
    seen.errors = tally.told_errors()
    return seen


async def _look(browser: Browser, times: list[float]) -> None:
    end = time.monotonic() + LOOKING
    while time.monotonic() < end:
        for path in ("/", "/gallery/"):
            began = time.monotonic()
            await browser.ask("studio", "GET", path)
            times.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(0.2)
    await browser.aclose()


# The web alone --------------------------------------------------------------------------------------
@contextmanager
def web(folder: Path, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """As `up` starts it; its address and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "-m",
        "gunicorn",
        "-c",
        "python:tryon.embedded.web",
        "--bind",
        f"127.0.0.1:{port}",
        "tryon.wsgi",
    ]
    environment = environment | {"SITE_URL": f"http://127.0.0.1:{port}"}
    log = folder / "web.log"
    with Service(command, log, r"Listening at: (\S+)", environment, parent_death.preexec()) as service:
        yield service.address, service.pid


def _environment(folder: Path) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return keep | {
        "DJANGO_SETTINGS_MODULE": "tryon.settings",
        "DATA_DIR": str(folder / "data"),
        "STATIC_ROOT": str(folder / "static"),
        "ENV_FILE": "",
        "SECRET_KEY": "only-for-the-bench",
        "GUESTS": "1",
        "LLMTR_BASE_URL": "http://127.0.0.1:9",
        "LLMTR_API_KEY": "llmtr-sandbox",
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }


def _python(folder: Path, *command: str) -> list[str]:
    """The lines that it prints."""
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    told = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=_environment(folder), capture_output=True, text=True
    )
    if told.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{told.stderr[-3000:]}")
    return told.stdout.splitlines()
