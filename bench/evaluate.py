"""Pairs made with two prompts or two models, on one page for a human eye: `python -m bench evaluate`.

Without `--against` the two styles of prompt are compared, with it two models. With LLMTR_API_KEY it asks the
gateway and is paid; without, or with SANDBOX=1, it asks a sandbox of its own.
"""

import argparse
import datetime as dt
import itertools
import os
import random
import sys
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from bench.evaluation import SIDES, Comparison, Sheet, Side, page
from bench.looks import Look, Photo, looks, photos_in, samples
from gallery import pictures
from tryon import settings
from tryon.gateway import AccessRefused, Gateway, GatewayError, GenerationRequest, OutcomeUnknown, answer
from tryon.gateway.model_list import CatalogueModel
from tryon.rules import model_families, prompts
from tryon.rules.model_families import Family
from tryon.rules.request_rules import model_refusal
from tryon.sandbox.server import KEY, Sandbox

PAIRS = 10
MICROS = 1_000_000  # of a US dollar
AT_ONCE = 4


@dataclass(frozen=True)
class Sent:
    """A photo beside the page and at the gateway; `shape` is the ratio nearest to it."""

    name: str
    file_id: str
    shape: str


@dataclass(frozen=True)
class Candidate:
    """One of the two that are compared, by its `name`; `micros` are micro-USD a picture."""

    name: str
    model: str
    takes: Family
    style: str
    size: str
    micros: int


class Studio:
    """Makes the pictures of one evaluation in `folder`: first `send` every photo, then `dress` at will.

    `paid` is the micro-USD that may have been charged; several threads may dress at once.
    """

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self._gateway, self._folder = gateway, folder
        self._lock = threading.Lock()
        self._sent: dict[Path, Sent] = {}
        self._closed: dict[str, str] = {}
        self.made = self.paid = 0

    def send(self, photos: Iterable[Photo]) -> None:
        """Put each photo beside the page and at the gateway; SystemExit for one that cannot go there."""
        for photo in dict.fromkeys(photos):
            name = f"photo-{len(self._sent) + 1}.jpg"
            try:
                picture = pictures.normalise(photo.path)
                file_id = self._gateway.upload(
                    picture.content, filename=name, content_type=picture.content_type
                )
            except (pictures.BadPicture, GatewayError) as exc:
                raise SystemExit(f"{photo.path.name} could not be sent ({exc})") from exc
            (self._folder / name).write_bytes(picture.content)
            shape = model_families.nearest_ratio(picture.width, picture.height)
            self._sent[photo.path] = Sent(name, file_id, shape)

    def beside_the_page(self, photo: Photo) -> str:
        return self._sent[photo.path].name

    def stop(self, why: str, model: str = "") -> None:
        """Send nothing more, to this model or to any; what is under way goes on."""
        self._closed[model] = why

    def dress(self, look: Look, candidate: Candidate, name: str) -> Side:
        """One call for one picture, kept under `name`; a failure is told in the picture's place."""
        garment = prompts.Piece(look.garment.category, 2, look.fit)
        prompt = prompts.try_on([garment], style=candidate.style)
        try:
            file, trouble = self._picture(look, candidate, prompt.text, name), ""
        except (GatewayError, answer.BrokenAnswer, pictures.BadPicture) as exc:
            file, trouble = "", str(exc) or type(exc).__name__
            self._note(exc, candidate, trouble)
        say(f"  {name}: {trouble or 'made'}")
        return Side(candidate.name, prompt.version, prompt.text, file, trouble)

    def _note(self, exc: Exception, candidate: Candidate, trouble: str) -> None:
        if isinstance(exc, AccessRefused):
            self.stop(trouble, candidate.model)
        if isinstance(exc, OutcomeUnknown):
            self._pay(candidate)

    def _pay(self, candidate: Candidate) -> None:
        with self._lock:
            self.paid += candidate.micros

    def _picture(self, look: Look, candidate: Candidate, prompt: str, name: str) -> str:
        if why := self._closed.get("") or self._closed.get(candidate.model):
            raise GatewayError(f"not sent: {why}")
        person, garment = self._sent[look.person.path], self._sent[look.garment.path]
        chosen = model_families.options(
            candidate.takes, size=candidate.size, aspect_ratio=person.shape, count=1, references=2
        )
        files = (person.file_id, garment.file_id)
        request = GenerationRequest(
            candidate.model, prompt, chosen.size, chosen.aspect_ratio, chosen.n, file_ids=files
        )
        with tempfile.TemporaryDirectory() as folder:
            body = Path(folder) / "answer"
            self._gateway.generate(request, body)
            self._pay(candidate)
            return self._first(answer.read(body, Path(folder) / "pictures"), name)

    def _first(self, told: answer.Answer, name: str) -> str:
        """Keep the first picture of an answer beside the page."""
        found = next((each for each in told.pictures if each.file or each.url), None)
        if found is None:
            raise GatewayError("the model gave no picture")
        path = self._folder / name
        if found.file:
            path.write_bytes(found.file.read_bytes())
        else:
            self._gateway.fetch(str(found.url), path)
        kind = pictures.inspect(path).content_type.partition("/")[2]
        with self._lock:
            self.made += 1
        return path.rename(path.with_suffix(f".{kind}")).name


def compared(studio: Studio, candidates: list[Candidate], chosen: list[Look], seed: int) -> list[Comparison]:
    """Every look by both, the sides shuffled by `seed`; file names do not tell which is which."""
    order = random.Random(seed)
    shuffled = [order.sample(candidates, k=len(SIDES)) for _ in chosen]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = [
            [pool.submit(studio.dress, look, *job) for job in zip(sides, _names(number), strict=True)]
            for number, (look, sides) in enumerate(zip(chosen, shuffled, strict=True), start=1)
        ]
        try:
            wait(itertools.chain.from_iterable(made))
        except (KeyboardInterrupt, SystemExit):
            # What is paid for is still shown; what was not sent stays unsent.
            studio.stop("interrupted")
    return [
        Comparison(
            look.name,
            studio.beside_the_page(look.person),
            studio.beside_the_page(look.garment),
            *(side.result() for side in sides),
        )
        for look, sides in zip(chosen, made, strict=True)
    ]


def _names(number: int) -> list[str]:
    return [f"{number:02}-{side}" for side in SIDES]


def candidates_for(options: argparse.Namespace, gateway: Gateway) -> list[Candidate]:
    """The two that are compared; SystemExit where a model cannot dress a person."""
    try:
        listed = {each.id: each for each in gateway.models()}
    except GatewayError:
        listed = {}
    usual = model_families.preferred(list(listed)) or model_families.PREFERRED[0]
    model, against = options.model or usual, options.against
    if against:
        pairs = [(name, name, settings.PROMPT_STYLE) for name in (model, against)]
    else:
        pairs = [(style, model, style) for style in prompts.STYLES]
    return [_candidate(*pair, options.size, listed.get(pair[1])) for pair in pairs]


def _candidate(name: str, model: str, style: str, size: str, listed: CatalogueModel | None) -> Candidate:
    takes = model_families.family(model).corrected(listed.facts if listed else {})
    size = takes.nearest_size(size)
    reason = model_refusal(takes, "try_on", references=2, size=size or None, aspect_ratio=None, n=1)
    if reason:
        raise SystemExit(f"{model}: {reason}")
    prices, usual = listed.prices if listed else {}, max(model_families.LIST_PRICES.values())
    micros = prices.get(size) or prices.get("") or model_families.LIST_PRICES.get(size, usual)
    return Candidate(name, model, takes, style, size, micros)


def agreed(words: str, yes: bool) -> None:
    """Ask at the terminal before money is spent; SystemExit where nobody says yes."""
    say(words)
    if yes:
        return
    if not sys.stdin.isatty():
        raise SystemExit("Nothing was sent. Say YES=1 to go on without being asked.")
    if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise SystemExit("Nothing was sent.")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _wished(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    photos = Path(os.environ["PHOTOS"]) if os.environ.get("PHOTOS") else None
    add(
        "--photos",
        type=Path,
        default=photos,
        help="a folder with people/ and garments/ (PHOTOS; the samples)",
    )
    add("--model", default=settings.LLMTR_MODEL, help="(LLMTR_MODEL, else the first that is usual)")
    add("--against", default="", metavar="MODEL", help="another model: compare both in place of two prompts")
    add("--spend", type=float, metavar="USD", help="fewer pairs, so that they cost at most this")
    add("--size", choices=model_families.SIZES, default="1K", help="(%(default)s)")
    add("--pairs", type=int, default=PAIRS, help="(%(default)d)")
    add("--seed", type=int, default=random.randrange(10_000), help="of the shuffle of the sides")
    add("--sandbox", action="store_true", default=_wished("SANDBOX"), help="spend nothing (SANDBOX=1)")
    add("--yes", action="store_true", default=_wished("YES"), help="do not ask before spending (YES=1)")
    add("--into", type=Path, default=settings.DATA_DIR / "evaluation", help="(%(default)s)")


def run(options: argparse.Namespace) -> None:
    people, garments = photos_in(options.photos) if options.photos else samples()
    chosen = looks(people, garments, options.pairs)
    sandboxed = options.sandbox or settings.LLMTR_API_KEY in ("", KEY)
    with ExitStack() as running:
        if sandboxed:
            data = running.enter_context(tempfile.TemporaryDirectory(prefix="evaluate-"))
            where = running.enter_context(Sandbox(Path(data))).url, KEY
        else:
            where = settings.LLMTR_BASE_URL, settings.LLMTR_API_KEY
            say(f"Pictures by {where[0]}, paid for by your key.")
        if sandboxed:
            say("No key is set, or the sandbox was asked for: it paints the pictures, and nothing is spent.")
        gateway = running.enter_context(closing(Gateway(*where)))
        say(f"Page: {evaluated(gateway, chosen, options, sandboxed)}")


def evaluated(gateway: Gateway, chosen: list[Look], options: argparse.Namespace, sandboxed: bool) -> Path:
    """The page, written; both are asked for every look that the spend allows."""
    candidates = candidates_for(options, gateway)
    models = " and ".join(dict.fromkeys(each.model for each in candidates))
    each = sum(candidate.micros for candidate in candidates)
    if options.spend is not None:
        chosen = chosen[: int(options.spend * MICROS / each)]
        if not chosen:
            raise SystemExit(f"One pair costs about {each / MICROS:.2f} USD: say --spend more.")
    if not sandboxed:
        count = len(SIDES) * len(chosen)
        cost = f"about {each * len(chosen) / MICROS:.2f} USD"
        agreed(f"{count} pictures by {models} at {gateway.host}: {cost}.", options.yes)
    now = dt.datetime.now()
    folder: Path = options.into / f"{now:%Y-%m-%d-%H%M%S}"
    folder.mkdir(parents=True)
    studio = Studio(gateway, folder)
    studio.send(photo for look in chosen for photo in (look.person, look.garment))
    sheet = Sheet(
        day=f"{now:%Y-%m-%d %H:%M}",
        subject="model" if options.against else "prompt",
        models=models,
        host="a sandbox on this machine" if sandboxed else gateway.host,
        size=" and ".join(dict.fromkeys(each.size for each in candidates)),
        seed=options.seed,
        comparisons=compared(studio, candidates, chosen, options.seed),
        pictures=studio.made,
        cost=None if sandboxed else studio.paid,
    )
    file = folder / "index.html"
    file.write_text(page(sheet))
    return file
