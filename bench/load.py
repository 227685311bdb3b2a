"""Many guests at once on a running site: errors, lost try-ons, times of pages, CPU per waiting guest."""

import argparse
import asyncio
import contextlib
import io
import math
import os
import random
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from bench.cpu import Meter, containers, set_latency
from bench.guests import Browser, Guest, Habits, Photos, Trouble
from bench.photos import PICTURES
from bench.report import Report, Row, median, percentile, table
from bench.tally import KINDS, Tally

GRACE = 120.0  # seconds after the end in which what was accepted must have ended
HERD_GRACE = 300.0  # the same where all of it ends within a few seconds
ARRIVALS = 8.0  # a second, of guests who only wait
PAGE_P95 = 1000.0  # ms
PAGES = ("studio", "gallery", "picture", "try-on page", "poll", "submit", "bytes", "static")
PHOTO = (1500, 2000)
GRAIN = 0.06  # noise, so that an enlarged drawing is as hard to code as a photograph
WAITING_WORDS = "A person in a plain coat, standing"
GATEWAY = "sandbox"  # the service of the compose file that only stands in for somebody else's machine


@dataclass
class Used:
    """CPU seconds by name between two readings, wall seconds, and seconds that guests waited in between."""

    seconds: dict[str, float] = field(default_factory=dict)
    driver: float = 0.0
    wall: float = 0.0
    waited: float = 0.0

    @property
    def site(self) -> float:
        return sum(seconds for name, seconds in self.seconds.items() if name != GATEWAY)

    def per_waiting(self, seconds: float) -> float:
        """Microseconds of CPU for one guest who waits one second."""
        return seconds / self.waited * 1e6 if self.waited else math.nan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--address", required=True, help="the running site")
    parser.add_argument("--users", type=int, default=200, help="guests at once (%(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="for how long (%(default)g)")
    parser.add_argument(
        "--waiting",
        action="store_true",
        help="guests only order one picture in words each and wait; what is measured is the waiting",
    )
    parser.add_argument(
        "--compose", metavar="PROJECT", help="measure the CPU of a compose project's containers"
    )
    parser.add_argument(
        "--latency", type=float, help="with --compose: seconds that its sandbox takes for a generation"
    )
    parser.add_argument(
        "--processes", type=int, nargs="+", metavar="PID", help="measure the CPU of these and their children"
    )
    parser.add_argument(
        "--pause", type=float, nargs=2, default=(5.0, 30.0), help="seconds between pages (5 30)"
    )
    parser.add_argument("--pages", type=int, default=8, help="pages between two try-ons (%(default)s)")
    parser.add_argument(
        "--new-photos", type=float, default=0.3, help="part of the try-ons with new photos (%(default)g)"
    )
    parser.add_argument("--person", type=Path, help="a JPEG of a person (a drawn one, with grain)")
    parser.add_argument("--garment", type=Path, help="a JPEG of a garment (a drawn one, with grain)")
    parser.add_argument(
        "--asking", action="store_true", help="guests ask again and again, as where no answer can be held"
    )
    parser.add_argument("--size", default="512", help="of the pictures ordered (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (%(default)s)")


def run(options: argparse.Namespace) -> Report:
    trees = _trees(options)
    tally = Tally()
    work = _only_wait if options.waiting else _visit
    used = asyncio.run(work(options, tally, Meter(trees)))
    return _report(options, tally, used)


def _trees(options: argparse.Namespace) -> Mapping[str, list[int]]:
    if not options.compose:
        return {"processes": options.processes} if options.processes else {}
    found = containers(options.compose)
    if options.latency is not None:
        set_latency(found[GATEWAY][0][1], options.latency)
    return {service: [pid for pid, _ in some] for service, some in found.items()}


# The two courses ------------------------------------------------------------------------------------
async def _visit(options: argparse.Namespace, tally: Tally, meter: Meter) -> Used:
    """Everybody comes within the longest pause, and after the time finishes what was begun."""
    stop = asyncio.Event()
    guests, browsers = _guests(options, tally, stop)
    with _measured(tally, meter) as used:
        visits = [asyncio.create_task(guest.visit()) for guest in guests]
        await _told(tally, options.minutes * 60)
    stop.set()
    _, late = await asyncio.wait(visits, timeout=GRACE)
    await _leave(late, browsers)
    return used


async def _only_wait(options: argparse.Namespace, tally: Tally, meter: Meter) -> Used:
    """They come one after the other; measured from when the last has ordered until the first is done."""
    guests, browsers = _guests(options, tally, asyncio.Event())
    orders = [
        asyncio.create_task(_order(guest, browser, number / ARRIVALS))
        for number, (guest, browser) in enumerate(zip(guests, browsers, strict=True))
    ]
    while tally.waiting + sum(order.done() for order in orders) < options.users:
        await asyncio.sleep(0.1)
    with _measured(tally, meter) as used:
        while not any(order.done() for order in orders):
            await asyncio.sleep(0.1)
    _, late = await asyncio.wait(orders, timeout=HERD_GRACE)
    await _leave(late, browsers)
    return used


async def _order(guest: Guest, browser: Browser, after: float) -> None:
    await asyncio.sleep(after)
    with contextlib.suppress(Trouble):
        await browser.open("studio", "/?mode=imagine")
        await guest.order({"mode": "imagine", "note": WAITING_WORDS})


def _guests(
    options: argparse.Namespace, tally: Tally, stop: asyncio.Event
) -> tuple[list[Guest], list[Browser]]:
    habits = Habits(tuple(options.pause), options.pages, options.new_photos, options.size, not options.asking)
    photos = Photos(photo(options.person, "person.jpg"), photo(options.garment, "red-dress.jpg"))
    tls = ssl.create_default_context()
    address, shows = options.address.rstrip("/"), not options.waiting
    browsers = [Browser(address, tls, tally, shows=shows) for _ in range(options.users)]
    seeds = random.Random(options.seed).sample(range(2**31), options.users)
    return [
        Guest(browser, tally, habits, photos, seed, stop)
        for browser, seed in zip(browsers, seeds, strict=True)
    ], browsers


async def _leave(late: set[asyncio.Task[None]], browsers: list[Browser]) -> None:
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    await asyncio.gather(*(browser.aclose() for browser in browsers))


async def _told(tally: Tally, seconds: float) -> None:
    """Wait, saying every ten seconds how it goes."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(10.0, left))
        ended = sum(tally.ends.values())
        words = f"{tally.requests} requests, {tally.errors.total()} errors, {tally.accepted} try-ons"
        print(f"{max(0, left - 10):4.0f} s left: {words}, {ended} ended", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _measured(tally: Tally, meter: Meter) -> Iterator[Used]:
    used = Used()
    waited, wall, driver, before = tally.waited_seconds(), time.monotonic(), sum(os.times()[:2]), meter.read()
    yield used
    used.seconds = {name: seconds - before[name] for name, seconds in meter.read().items()}
    used.driver = sum(os.times()[:2]) - driver
    used.wall = time.monotonic() - wall
    used.waited = tally.waited_seconds() - waited


def photo(path: Path | None, drawn: str) -> bytes:
    """As a phone sends it, or a sample made as hard to code as a photograph."""
    if path:
        return path.read_bytes()
    with Image.open(PICTURES / drawn) as sample:
        picture = Image.blend(
            sample.convert("RGB").resize(PHOTO), Image.effect_noise(PHOTO, 60).convert("RGB"), GRAIN
        )
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=88)
    return content.getvalue()


# The report -----------------------------------------------------------------------------------------
def _report(options: argparse.Namespace, tally: Tally, used: Used) -> Report:
    pages = [seconds * 1000 for kind in PAGES for seconds in tally.seconds[kind]]
    rows = [
        Row(
            f"p95 of {len(pages)} pages, {options.users} guests", percentile(pages, 0.95), "ms", most=PAGE_P95
        )
    ]
    told = [_fate(tally), _times(tally), _polls(tally), *_cpu(used, options.waiting)]
    return Report(rows if pages and not options.waiting else [], told)


def _fate(tally: Tally) -> str:
    ends = ", ".join(f"{count} {state}" for state, count in sorted(tally.ends.items())) or "none ended"
    wait = (
        f"; p50 {median(tally.waits):.1f} s, p95 {percentile(tally.waits, 0.95):.1f} s" if tally.waits else ""
    )
    return (
        f"{tally.requests} requests, {tally.errors.total()} errors ({tally.told_errors()}). "
        f"{tally.accepted} try-ons accepted: {ends}, {tally.lost} lost{wait}."
    )


def _times(tally: Tally) -> str:
    def cells(kind: str) -> tuple[str, ...]:
        times = tally.seconds[kind]
        parts = (f"{percentile(times, part) * 1000:.0f}" for part in (0.5, 0.95, 0.99))
        return kind, str(len(times)), *parts

    head = ("milliseconds", "requests", "p50", "p95", "p99")
    return table((cells(kind) for kind in KINDS if tally.seconds[kind]), head)


def _polls(tally: Tally) -> str:
    if not tally.poll_bytes:
        return "Nobody waited."
    usual, largest = median(tally.poll_bytes), max(tally.poll_bytes)
    waited = tally.waited_seconds()
    return (
        f"An answer to a waiting page: {usual:.0f} bytes with its head (largest {largest}); "
        f"{len(tally.poll_bytes) / waited:.2f} questions per waiting guest and second."
    )


def _cpu(used: Used, only_waiting: bool) -> list[str]:
    """By part of the site; for each waiting guest only where nobody did anything else."""
    if not used.seconds or not used.wall:
        return []
    parts = sorted(used.seconds.items(), key=lambda part: -part[1])
    whole = [*parts, ("the site in all", used.site), ("this driver", used.driver)]
    rows = [
        (name, f"{seconds / used.wall:.3f}", f"{used.per_waiting(seconds):.0f}") for name, seconds in whole
    ]
    columns = 3 if only_waiting else 2
    words = f"CPU over {used.wall:.0f} s, in which {used.waited / used.wall:.1f} guests waited on average"
    head = ("", "cores", "us per waiting guest and second")
    return [f"{words}:\n\n{table((row[:columns] for row in rows), head[:columns])}"]
