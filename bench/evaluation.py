"""The page on which a human eye compares two prompts or models: one HTML file, the pictures beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIDES = ("left", "right")
VOTES = (("left", "Left"), ("right", "Right"), ("both", "Both alike"), ("neither", "Neither is usable"))


@dataclass(frozen=True)
class Side:
    """What one of the two compared made of a pair, by its `name`.

    `picture` is a file beside the page, "" where `trouble` says why there is none.
    """

    name: str
    version: str
    prompt: str
    picture: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Comparison:
    """A pair in the order shown; `person` and `garment` are files beside the page."""

    name: str
    person: str
    garment: str
    left: Side
    right: Side


@dataclass(frozen=True)
class Sheet:
    """All of one evaluation of a `subject`, prompt or model; `cost` is in micro-USD, None for the sandbox."""

    day: str
    subject: str
    models: str
    host: str
    size: str
    seed: int
    cost: int | None
    pictures: int
    comparisons: Sequence[Comparison]


def page(sheet: Sheet) -> str:
    """The whole HTML, with its style and script inside."""
    about = f"Tryon, {sheet.subject}s compared, {sheet.day}, {sheet.models}"
    pairs = "\n".join(_pair(number, each) for number, each in enumerate(sheet.comparisons, start=1))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(about)}</title>
<style>
{(HERE / "evaluation.css").read_text()}</style>
</head>
<body data-about="{escape(about)}">
<main>
<h1>Which {sheet.subject} keeps the person?</h1>
<p>Each row shows a person, a garment, and two pictures made from the same two
photos with two {sheet.subject}s. The sides are shuffled. Look at the face, the garment's details, and what
is left of the old clothes; then choose.</p>
{_source(sheet)}
<div class="bar">
<p id="count" role="status">{len(sheet.comparisons)} to judge</p>
<label><input type="checkbox" id="reveal" autocomplete="off"> Reveal which is which</label>
</div>
{pairs}
<section class="result">
<h2>Result</h2>
<dl>{_facts(sheet)}</dl>
<label for="votes">The votes as text</label>
<textarea id="votes" readonly></textarea>
<p><button type="button" id="copy">Copy the votes</button></p>
</section>
</main>
<script type="module">
{(HERE / "evaluation.js").read_text()}</script>
</body>
</html>
"""


def _source(sheet: Sheet) -> str:
    if sheet.cost is None:
        return (
            '<p class="notice"><strong>Painted by the sandbox gateway, not by a model.</strong> '
            "They show how this page works and say nothing about prompts or models: the sandbox reads no "
            "prompt as a model does, and paints for all of them.</p>"
        )
    return (
        f'<p class="soft">AI-generated pictures, made by {escape(sheet.models)} at {escape(sheet.host)} '
        f"on {escape(sheet.day)}.</p>"
    )


def _facts(sheet: Sheet) -> str:
    cost = "nothing (sandbox)" if sheet.cost is None else f"about {sheet.cost / 1_000_000:.2f} USD"
    facts = {
        "Model": sheet.models,
        "Gateway": sheet.host,
        "Size": sheet.size,
        "Pictures": str(sheet.pictures),
        "Cost": cost,
        "Seed of the shuffle": str(sheet.seed),
    }
    return "".join(f"<dt>{name}</dt><dd>{escape(told)}</dd>" for name, told in facts.items())


def _pair(number: int, pair: Comparison) -> str:
    name = escape(pair.name)
    votes = "".join(
        f'<label><input type="radio" name="pair-{number}" value="{value}" autocomplete="off"> {words}</label>'
        for value, words in VOTES
    )
    prompts = "".join(map(_prompt, sorted((pair.left, pair.right), key=lambda side: side.name)))
    return f"""<section class="pair" data-name="{number} {name}" data-left="{escape(pair.left.name)}" \
data-right="{escape(pair.right.name)}">
<header><h2>{number}</h2><p class="soft">{name}</p></header>
<div class="pictures">
<div class="inputs">{_photo(pair.person, "Person")}{_photo(pair.garment, "Garment")}</div>
{_made(number, "Left", pair.left)}
{_made(number, "Right", pair.right)}
</div>
<fieldset><legend>Pair {number}: which one would you show?</legend>{votes}</fieldset>
<details><summary>Both prompts</summary><div class="prompts">{prompts}</div></details>
</section>"""


def _photo(file: str, words: str) -> str:
    return f"<figure>{_linked(file, words)}<figcaption>{words}</figcaption></figure>"


def _linked(file: str, words: str) -> str:
    name = escape(file)
    return (
        f'<a href="{name}"><img src="{name}" alt="{escape(words)}" loading="lazy" width="3" height="4"></a>'
    )


def _made(number: int, words: str, side: Side) -> str:
    shown = _linked(side.picture, f"Pair {number}, {words.lower()} picture") if side.picture else _none(side)
    name = f'<span class="name">{escape(side.name)}</span>'
    return f"<figure>{shown}<figcaption>{words}{name}</figcaption></figure>"


def _none(side: Side) -> str:
    return f'<p class="none">No picture: {escape(side.trouble)}</p>'


def _prompt(side: Side) -> str:
    return f"<div><h3>{escape(side.version)}</h3><pre>{escape(side.prompt)}</pre></div>"
