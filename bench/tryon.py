"""One try-on in a real browser, against a script of three plain calls on the same pictures and gateway."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bench import studio
from bench.byhand import Script
from bench.photos import Pair, Photographer
from bench.product import Product
from bench.report import Report, Row, median, percentile, table

ROUNDS = {2.0: 10, 30.0: 5}
USUAL_ROUNDS = 5
TAIL_P50, TAIL_P95 = 350, 800  # ms
WHOLE = {"new photos": 1.05, "known photos": 1.0}
WHOLE_COUNTS_FROM = 30.0  # seconds of latency; with a shorter one the ratio has no target
STEPS = (
    ("chosen to accepted", "began", "accepted"),
    ("worker: call begun", "accepted", "sent"),
    ("at the gateway", "sent", "answered"),
    ("worker: picture kept", "answered", "finished"),
    ("page: told", "finished", "told"),
    ("page: bytes", "told", "loaded"),
    ("page: decoded", "loaded", "decoded"),
)


@dataclass(frozen=True)
class Lap:
    """Wall times of one try-on, in seconds and in the order in which they came."""

    began: float
    accepted: float
    sent: float
    answered: float
    finished: float
    asked: float
    told: float
    loaded: float
    decoded: float
    size: int
    questions: int

    @property
    def tail(self) -> float:
        return self.decoded - self.answered

    @property
    def whole(self) -> float:
        return self.decoded - self.began


@dataclass
class Laps:
    """All rounds at one latency; `script` are seconds, `script_gateway` the part spent on the generation."""

    latency: float
    uploads: float = 0.0
    ours: dict[str, list[Lap]] = field(default_factory=lambda: {name: [] for name in WHOLE})
    script: list[float] = field(default_factory=list)
    script_gateway: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def all(self) -> list[Lap]:
        return [lap for laps in self.ours.values() for lap in laps]


class Course:
    """One latency: product, browser and script, and the rounds that they run in turn."""

    def __init__(self, product: Product, page: studio.Studio, script: Script, laps: Laps) -> None:
        self._product, self._page, self._script, self._laps = product, page, script, laps

    def run(self, number: int, photos: Pair) -> None:
        """One round; who goes first changes from round to round."""
        turns: list[Callable[[], None]] = [
            lambda: self._ours(number, photos),
            lambda: self._by_hand(number, photos),
        ]
        for turn in turns if number % 2 else reversed(turns):
            turn()

    def _ours(self, number: int, photos: Pair) -> None:
        self._lap("new photos", lambda: self._page.with_new_photos(photos, f"first, round {number}"))
        self._lap("known photos", lambda: self._page.with_known_photos(f"again, round {number}"))

    def _lap(self, name: str, work: Callable[[], studio.Seen]) -> None:
        seen = work()
        call = self._product.last_call()
        accepted, finished = self._product.last_generation()
        lap = Lap(accepted=accepted, sent=call.started, answered=call.ended, finished=finished, **vars(seen))
        self._laps.ours[name].append(lap)
        say(f"  {name}: {lap.whole:.2f} s in all, {lap.tail * 1000:.0f} ms after the gateway")

    def _by_hand(self, number: int, photos: Pair) -> None:
        self._laps.script.append(self._script.try_on(photos, f"by hand, round {number}"))
        call = self._product.last_call()
        self._laps.script_gateway.append(call.ended - call.started)
        say(f"  by hand: {self._laps.script[-1]:.2f} s in all")


def measure(latency: float, uploads: float, rounds: int, folder: Path) -> Laps:
    """All rounds at one latency, after one at none that warms everybody up."""
    laps, warm = Laps(latency, uploads), Laps(0)
    photographer = Photographer(folder)
    with (
        Product(folder) as product,
        closing(Script(product.gateway)) as script,
        studio.opened(product.address, latency) as page,
    ):
        Course(product, page, script, warm).run(0, photographer.pair(0))
        product.set_latency(latency, uploads)
        for number in range(1, rounds + 1):
            say(f"gateway latency {latency:g} s, round {number} of {rounds}")
            photos = photographer.pair(number)
            laps.megabytes = photos.megabytes
            Course(product, page, script, laps).run(number, photos)
    return laps


def rows(laps: Laps) -> list[Row]:
    at = f"gateway {laps.latency:g} s"
    tails = [lap.tail * 1000 for lap in laps.all]
    by_hand = median(laps.script)
    counts = laps.latency >= WHOLE_COUNTS_FROM
    return [
        Row(f"gateway's last byte to picture, {at}, p50 of {len(tails)}", median(tails), "ms", most=TAIL_P50),
        Row(f"the same, {at}, p95", percentile(tails, 0.95), "ms", most=TAIL_P95),
        *(
            Row(
                f"whole try-on, {name}, {at}",
                median(lap.whole for lap in some),
                "s",
                by_hand,
                WHOLE[name] if counts else None,
            )
            for name, some in laps.ours.items()
        ),
    ]


def note(laps: Laps) -> str:
    """What the gateway took of both sides, and where the rest of ours goes."""
    ours = median(lap.answered - lap.sent for lap in laps.all)
    by_hand = median(laps.script_gateway)
    rest = (median(laps.script) - by_hand) * 1000
    size, questions = (median(getattr(lap, name) for lap in laps.all) for name in ("size", "questions"))
    words = (
        f"Gateway latency {laps.latency:g} s, {laps.uploads:g} s for an upload: a generation took the "
        f"gateway {ours:.3f} s for Tryon and {by_hand:.3f} s for the script, whose uploads and decoding took "
        f"{rest:.0f} ms. Photos of {laps.megabytes:.1f} MB, {size / 1e3:.0f} KB until a picture "
        f"was painted, {questions:.0f} questions by the page. "
        "Where the time goes, p50 and p95 in ms:"
    )
    return f"{words}\n\n{table(_split(laps), ('step', *laps.ours))}"


def _split(laps: Laps) -> list[tuple[str, ...]]:
    def cell(some: list[Lap], start: str, end: str) -> str:
        spans = [(getattr(lap, end) - getattr(lap, start)) * 1000 for lap in some]
        return f"{median(spans):.0f}, {percentile(spans, 0.95):.0f}"

    return [(step, *(cell(some, start, end) for some in laps.ours.values())) for step, start, end in STEPS]


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--latency", type=float, action="append", help="seconds a generation takes, repeatable (2 and 30)"
    )
    parser.add_argument(
        "--uploads",
        type=float,
        default=0.0,
        help="seconds that the gateway takes for an upload (%(default)g)",
    )
    parser.add_argument(
        "--rounds", type=int, help="try-ons of each kind at each latency (10 at 2 s, 5 at 30 s)"
    )


def run(options: argparse.Namespace) -> Report:
    report = Report()
    for latency in options.latency or ROUNDS:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            rounds = options.rounds or ROUNDS.get(latency, USUAL_ROUNDS)
            laps = measure(latency, options.uploads, rounds, Path(folder))
        report.rows += rows(laps)
        report.notes.append(note(laps))
    return report
