"""`python -m tryon.conformance --base-url URL`: what this gateway does, beside what its documents say."""

import argparse
import json
import sys
from contextlib import closing
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tryon.conformance import report
from tryon.conformance.budget import Budget
from tryon.conformance.http_client import HttpClient, NotReachedError
from tryon.conformance.rows.models import GEMINI
from tryon.conformance.runner import Outcome, Runner
from tryon.conformance.table import FAMILIES, table
from tryon.operations.environment import env


def micros(text: str) -> int:
    """A number of dollars as micro-USD."""
    try:
        dollars = Decimal(text)
    except InvalidOperation as exc:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of dollars") from exc
    if not dollars.is_finite() or dollars < 0:
        raise argparse.ArgumentTypeError("a bound is zero or more")
    return int(dollars * 1_000_000)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tryon.conformance", description="Compare a gateway with its documents."
    )
    add = parser.add_argument
    add("--base-url", default=env.text("LLMTR_BASE_URL"), help="its origin (LLMTR_BASE_URL)")
    add("--key", help="its key; better in LLMTR_API_KEY, where no list of processes shows it")
    add("--spend", type=micros, default="0.50", metavar="USD", help="the most to spend (%(default)s)")
    add("--family", nargs="+", choices=FAMILIES, default=FAMILIES, help="these rows only")
    add("--model", default=env.text("LLMTR_MODEL", GEMINI), help="the model of the grid (%(default)s)")
    add("--costs", action="store_true", help="say what each row can cost at most, and send none")
    add("--address", default="", help="a public https picture, for the row that passes one on")
    add("--rude", action="store_true", help="made-up models and broken calls too, as always on this machine")
    add("--json", type=Path, metavar="FILE", help="the same for machines")
    return parser


def main(arguments_given: list[str] | None = None) -> int:
    """0 when nothing differs from the documents, else 1."""
    parser = arguments()
    options = parser.parse_args(arguments_given)
    key = options.key or env.text("LLMTR_API_KEY")
    if not options.base_url or not key:
        parser.error("name the gateway with --base-url, and its key with --key or in LLMTR_API_KEY")
    try:
        client = HttpClient(options.base_url, key, options.address)
    except ValueError as exc:
        parser.error(str(exc))
    with closing(client):
        return compare(client, options)


def compare(client: HttpClient, options: argparse.Namespace) -> int:
    try:
        models = client.models()
    except NotReachedError as exc:
        say(f"Stopped early: {exc}")
        return 1
    rows = [row for row in table(options.model) if row.family in options.family]
    width = max(len(row.name) for row in rows)
    budget = Budget(options.spend, models)
    for words in report.costs(rows, budget, each=options.costs):
        say(words)
    if options.costs:
        return 0
    run = Runner(client, budget, models, rude=options.rude or client.local)
    outcomes: list[Outcome] = []
    for outcome in run.outcomes(rows):
        outcomes.append(outcome)
        say(report.line(outcome, width))
    for words in report.summary(rows, outcomes, budget, run.stopped):
        say(words)
    if options.json:
        result = report.as_json(client.root, rows, outcomes, budget, run.stopped)
        options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return 1 if run.stopped or any(outcome.documented for outcome in outcomes) else 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
