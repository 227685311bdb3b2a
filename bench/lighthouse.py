"""Lighthouse, as a phone on slow 4G sees it, on the pages that shoppers and receivers of a link open.

The result is as heavy as a photograph, or a file of yours; its copies are made when Lighthouse comes. The
gallery has a full page of it.
Lighthouse itself is fetched from the npm registry into a temporary folder. Medians of several runs.
"""

import argparse
import asyncio
import json
import shutil
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

from bench.guests import Browser, Guest, Habits, Photos
from bench.load import photo
from bench.report import Report, median, table
from bench.tally import Tally
from bench.throughput import Bench, say, wait_for
from bench.waiting import web
from tests import chromium

LIGHTHOUSE = "lighthouse@12.8.2"
NODE = (18, 20)  # at least, as that Lighthouse wants it
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100}


# A full page of the gallery, of the one picture's files; four of them approved and shared. Prints both keys.
FILLED = """
import django
django.setup()
from datetime import timedelta
from uuid import uuid4
from gallery.models import Image, ShareLink
from tryon.accounts.models import User
staff = User.objects.filter(is_staff=True).first() or User.objects.create_superuser("reviewer")
first = Image.objects.get()
link = [first]
for n in range(1, 24):
    copy = Image.objects.get(pk=first.pk)
    copy.pk, copy.series, copy.created_at = uuid4(), None, first.created_at - timedelta(hours=n)
    copy.save(force_insert=True)
    link.append(copy)
for image in link[:4]:
    image.approve(staff)
made, token = ShareLink.objects.create_link(first.owner, link[:4], title="For Ana")
print(first.pk, token)
"""


class LighthouseMissingError(SystemExit):
    """Node is not there, or the npm registry cannot be reached."""


def install(folder: Path) -> Path:
    """Lighthouse's program. Raises LighthouseMissingError with a sentence."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        raise LighthouseMissingError(
            "Lighthouse needs Node and npm on PATH; everything else runs without them."
        )
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(map(int, told.removeprefix("v").split(".")[:2])) < NODE:
        raise LighthouseMissingError(
            f"{LIGHTHOUSE} needs Node {'.'.join(map(str, NODE))} or newer; here is {told}."
        )
    say(f"  fetching {LIGHTHOUSE}")
    command = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
        "--loglevel",
        "error",
        "--prefix",
        str(folder),
        LIGHTHOUSE,
    ]
    if (done := subprocess.run(command, capture_output=True, text=True)).returncode:
        last = (done.stderr.strip().splitlines() or ["npm said nothing"])[0]
        raise LighthouseMissingError(f"{LIGHTHOUSE} cannot be fetched from the npm registry: {last}")
    return folder / "node_modules" / ".bin" / "lighthouse"


@dataclass(frozen=True)
class Page:
    path: str
    cookie: tuple[str, str] | None = None  # name and value


@contextmanager
def opened(page: Page) -> Iterator[int]:
    """A fresh browser with the cookie that this page wants; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-sandbox", "--disable-dev-shm-usage", f"--remote-debugging-port={port}"]
    with tempfile.TemporaryDirectory(prefix="bench-") as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium.ready(), args=options
        )
        if page.cookie:
            name, value = page.cookie
            browser.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
        yield port
        browser.close()


def audit(program: Path, address: str, page: Page, folder: Path) -> dict[str, Any]:
    """One run's report."""
    file = folder / "report.json"
    address += page.path
    command = [str(program), address, "--quiet", "--output=json", f"--output-path={file}"]
    command += [f"--only-categories={','.join(WANTED)}", "--disable-storage-reset"]  # the cookie stays
    with opened(page) as port:
        done = subprocess.run([*command, f"--port={port}"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"Lighthouse failed on {address}:\n{done.stderr[-2000:]}")
    report: dict[str, Any] = json.loads(file.read_text())
    if error := report.get("runtimeError"):
        raise SystemExit(f"Lighthouse could not look at {address}: {error['message']}")
    return report


def prepare(bench: Bench, address: str, photos: Photos) -> dict[str, Page]:
    """A guest's finished try-on of own photos, with all copies made, a full gallery, and a link to four."""
    visitor = "visitor", asyncio.run(_try_on(address, photos))
    bench.python("-m", "celery", "-A", "tryon.celery", "call", "tryon.tasks.sweep")  # there is no beat
    where = f"file:{bench.folder}/data/tryon.sqlite3?mode=ro"

    def found(query: str) -> list[tuple[str]]:
        with closing(sqlite3.connect(where, uri=True)) as rows:
            return rows.execute(query).fetchall()

    wait_for(lambda: found("SELECT 1 FROM gallery_image WHERE rendered_at IS NOT NULL"))
    wait_for(lambda: not found("SELECT 1 FROM tryon_reference WHERE small = ''"))
    ((tryon,),) = found("SELECT id FROM tryon_tryon")
    image, token = bench.python("-c", FILLED).split()[-2:]
    with httpx.Client(base_url=address) as receiver:
        came = receiver.get(f"/s/{token}").raise_for_status()
        ticket = came.cookies.jar
        [(shared, value)] = [(each.path, each.value) for each in ticket if each.name == "shared"]
    return {
        "studio": Page("/"),
        "finished try-on": Page(f"/tryons/{uuid.UUID(tryon)}/", visitor),
        "gallery": Page("/gallery/", visitor),
        "picture": Page(f"/gallery/{image}/", visitor),
        "shared pictures": Page(shared, ("shared", str(value))),
    }


async def _try_on(address: str, photos: Photos) -> str:
    tally, stop = Tally(), asyncio.Event()
    browser = Browser(address, ssl.create_default_context(), tally, shows=False)
    await Guest(browser, tally, Habits((0, 0), 0, 1.0, "1K", holds=True), photos, 1, stop).try_on()
    if tally.ends != {"done": 1}:
        raise SystemExit(f"no picture was made: {tally.ends}, {tally.told_errors()}")
    await browser.aclose()
    return browser.visitor


def _scores(reports: list[dict[str, Any]]) -> dict[str, float]:
    return {name: 100 * median(report["categories"][name]["score"] for report in reports) for name in WANTED}


def _missing(report: dict[str, Any]) -> list[str]:
    """The audits that cost points, with what they say; the heaviest first."""
    audits, found = report["audits"], []
    for name in WANTED:
        for ref in report["categories"][name]["auditRefs"]:
            told = audits[ref["id"]]
            if ref["weight"] and told["score"] is not None and told["score"] < 0.995:
                lost = ref["weight"] * (1 - told["score"])
                value = told.get("displayValue") or "; ".join(
                    str(item.get("node", {}).get("snippet") or item.get("description", ""))[:160]
                    for item in told.get("details", {}).get("items", [])[:4]
                )
                found.append(
                    (lost, f"{name}: {told['title']} ({ref['id']}: {told['score']:.2f}) {value}".strip())
                )
    return [words for _, words in sorted(found, reverse=True)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=3, help="of each page (%(default)s)")
    parser.add_argument("--result", type=Path, help="the picture that the gateway answers (a grainy drawing)")
    parser.add_argument("--person", type=Path, help="the photo of the person (a grainy drawing)")
    parser.add_argument("--garment", type=Path, help="that of the garment (the same)")


def run(options: argparse.Namespace) -> Report:
    photos = Photos(photo(options.person, "person.jpg"), photo(options.garment, "red-dress.jpg"))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as running:
        folder = Path(name)
        program = install(folder / "node")
        result = options.result or folder / "result.jpg"
        if not options.result:
            result.write_bytes(photos.person)
        bench = running.enter_context(Bench(folder, 1.0, result))
        bench.python("manage.py", "collectstatic", "--noinput", "-v0")
        running.enter_context(bench.worker(4))
        running.enter_context(bench.worker(2, "renditions,upkeep"))
        address, _ = running.enter_context(web(folder, bench.environment(GUESTS="1")))
        pages = prepare(bench, address, photos)
        reports = {
            name: [audit(program, address, page, folder) for _ in range(options.runs)]
            for name, page in pages.items()
        }
    return Report(notes=[_table(reports), *(_told(page, some[-1]) for page, some in reports.items())])


def _table(reports: dict[str, list[dict[str, Any]]]) -> str:
    lines = []
    for page, some in reports.items():
        scores = _scores(some)
        cells = (f"{scores[name]:.0f} (>= {most})" for name, most in WANTED.items())
        met = all(round(scores[name]) >= most for name, most in WANTED.items())
        lines.append((page, *cells, "met" if met else "missed"))
    return table(lines, (f"{LIGHTHOUSE}, phone", *WANTED, ""))


def _told(page: str, report: dict[str, Any]) -> str:
    audits = report["audits"]
    names = {"first-contentful-paint": "FCP", "largest-contentful-paint": "LCP", "total-blocking-time": "TBT"}
    names |= {"cumulative-layout-shift": "CLS", "total-byte-weight": "weight"}
    figures = ", ".join(f"{short} {audits[name].get('displayValue', '?')}" for name, short in names.items())
    figures += "".join(f"; {name}: {', '.join(of)}" for name, of in _elements(audits).items() if of)
    missing = "".join(f"\n- {words}" for words in _missing(report)) or "\n- nothing"
    return f"{page}: {figures}. What costs points:{missing}"


def _elements(audits: dict[str, Any]) -> dict[str, list[str]]:
    """What was painted largest, and what moved."""

    def nodes(items: list[dict[str, Any]]) -> list[str]:
        found = [item["node"]["snippet"][:120] for item in items if "node" in item]
        return found + [snippet for item in items for snippet in nodes(item.get("items", []))]

    names = {"largest": "largest-contentful-paint-element", "moved": "layout-shifts"}
    return {
        short: nodes(audits[name].get("details", {}).get("items", []))[:4] for short, name in names.items()
    }
