"""What a run has to tell: a line a row, the assumptions, the sums; the same for machines."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tryon.conformance.budget import Budget
from tryon.conformance.row import Row
from tryon.conformance.runner import DIFFERS, OK, SKIPPED, Outcome, usd

LONGEST = 240  # characters of what came
CONFIRMED, REFUTED, UNCHECKED = "confirmed", "refuted", "unchecked"


def line(outcome: Outcome, width: int) -> str:
    """`ok`, `differs` or `skipped`, the row's name, what was expected and what came."""
    row, failed = outcome.row, outcome.failed
    start = f"{outcome.mark:<7}  {row.name:<{width}}  {row.asks}: "
    if outcome.mark == SKIPPED:
        return start + plain(outcome.came)
    basis = "assumed" if failed and failed.assumed else "expected"
    return f"{start}{basis} {failed.words if failed else row.expected}; came {plain(outcome.came)}"


def plain(words: str) -> str:
    """One printable line: what a gateway says is no command to a terminal."""
    text = "".join(sign if sign.isprintable() else " " for sign in words)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def costs(rows: Sequence[Row], budget: Budget, *, each: bool) -> Iterator[str]:
    """What may be charged before anything is sent, a line a row with `each`."""
    paid = [row for row in rows if row.pictures]
    if each:
        width = max((len(row.name) for row in paid), default=0)
        yield from (f"{usd(budget.most(row)):>10}  {row.name:<{width}}  {row.asks}" for row in paid)
    most = sum(budget.most(row) for row in paid)
    yield f"{len(paid)} of {len(rows)} rows could be charged, {usd(most)} in all, were every call taken."
    yield f"No more than {usd(budget.bound)} is spent."


def assumptions(rows: Iterable[Row], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Each assumption with its verdict, the rows that test it, and what refuted it."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for expectation in row.expectations:
            if expectation.assumed:
                entry = found.setdefault(
                    expectation.assumed, {"says": expectation.assumed, "verdict": UNCHECKED, "rows": []}
                )
                entry["rows"].append(row.name)
    for outcome in outcomes:
        _weigh(found, outcome)
    return list(found.values())


def _weigh(found: dict[str, dict[str, Any]], outcome: Outcome) -> None:
    for expectation in outcome.held:
        if expectation.assumed and found[expectation.assumed]["verdict"] == UNCHECKED:
            found[expectation.assumed]["verdict"] = CONFIRMED
    if outcome.failed and outcome.failed.assumed:
        came = {outcome.row.name: plain(outcome.came)}
        entry = found[outcome.failed.assumed]
        entry |= {"verdict": REFUTED, "came": entry.get("came", {}) | came}


def summary(rows: Sequence[Row], outcomes: Sequence[Outcome], budget: Budget, stopped: str) -> Iterator[str]:
    if differing := [outcome for outcome in outcomes if outcome.mark == DIFFERS]:
        yield "What differs:"
        yield from (line(outcome, 0) for outcome in differing)
    yield "Assumptions:"
    for entry in assumptions(rows, outcomes):
        yield f"  {entry['verdict']:<9} {entry['says']} ({', '.join(entry['rows'])})"
    documented = sum(outcome.documented for outcome in outcomes)
    marks = [outcome.mark for outcome in outcomes]
    yield (
        f"{len(marks)} rows: {marks.count(OK)} ok, {documented} differ from the documents, "
        f"{marks.count(DIFFERS) - documented} from an assumption, {marks.count(SKIPPED)} skipped."
    )
    yield f"Pictures made: {budget.pictures}. Spent at most {usd(budget.spent)} of {usd(budget.bound)}."
    if stopped:
        yield f"Stopped early: {plain(stopped)}"


def as_json(
    url: str, rows: Sequence[Row], outcomes: Sequence[Outcome], budget: Budget, stopped: str
) -> dict[str, Any]:
    return {
        "gateway": url,
        "rows": [_row(outcome) for outcome in outcomes],
        "assumptions": assumptions(rows, outcomes),
        "pictures": budget.pictures,
        "spent_micros_usd": budget.spent,
        "bound_micros_usd": budget.bound,
        "stopped": plain(stopped),
    }


def _row(outcome: Outcome) -> dict[str, Any]:
    row, failed = outcome.row, outcome.failed
    return {
        "name": row.name,
        "family": row.family,
        "asks": row.asks,
        "result": outcome.mark,
        "basis": "assumed" if failed and failed.assumed else "documented",
        "expected": failed.words if failed else row.expected,
        "came": plain(outcome.came),
        "pictures": outcome.pictures,
        "most_micros_usd": outcome.micros,
    }
