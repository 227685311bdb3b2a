"""What each answer of the gateway leads to, as a table for people: asked of the code that decides it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.management.base import BaseCommand

from tryon.gateway import GatewayError, OutcomeUnknown, Unreachable
from tryon.gateway.errors import FileGone, classify_error
from tryon.pipeline.outcomes import OUTCOMES

HEAD = ("the gateway's answer", "what it means", "what follows")
WHOLE = (
    (
        "2xx with pictures",
        "Made, and paid for.",
        "Done: all pictures are kept.",
    ),
    (
        "2xx with a picture that cannot be opened",
        "Made, and perhaps paid for.",
        "Unknown; the answer is kept for 30 days, for staff to try again.",
    ),
    (
        "2xx without a picture",
        "The model gave none.",
        "Refused, with what it said; the call is not repeated.",
    ),
    (
        "2xx with an error object and no picture",
        "Its type says what it is about; nothing is known of the bill.",
        "Unknown; what the type is about is paused; the call is never sent again by itself.",
    ),
)
TYPES = {404: "model_not_found", 410: "model_retired"}
# What a status does not tell.
WITHOUT_STATUS = {
    Unreachable: "no connection, no TLS, no such host",
    FileGone: "4xx that names a file of the call",
    OutcomeUnknown: "no answer in time; a line cut after the call began; 2xx whose last brace is missing",
}
Rows = Iterator[tuple[str, ...]]


class Command(BaseCommand):
    help = "Print what each answer of the gateway leads to (the table of docs/guarantees.md)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(markdown(), ending="")


def markdown() -> str:
    """The table, one row for each kind of answer, in the order in which they are looked for."""
    lines = [HEAD, ("---",) * len(HEAD), *WHOLE, *_rows()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _rows() -> Rows:
    for kind, outcome in OUTCOMES:
        answers = [WITHOUT_STATUS.get(kind, ""), *_answers(kind)]
        yield "; ".join(filter(None, answers)), _first_line(kind.__doc__), _first_line(outcome.__doc__)


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _answers(kind: type[GatewayError]) -> Iterator[str]:
    """The statuses that mean this kind, in whatever words, in the gateway's own only, or in others' only."""
    own = {status for status in range(300, 600) if type(_judged(status, "error")) is kind}
    typed = {status for status, name in TYPES.items() if type(_judged(status, name)) is kind} - own
    foreign = {status for status in range(300, 600) if type(_judged(status, None)) is kind}
    yield _ranges(own & foreign)
    yield _said(_ranges(own - foreign), "with the gateway's error object")
    yield _said(_ranges(foreign - own), "without one")
    yield from (f"{status} `{TYPES[status]}`" for status in sorted(typed))


def _judged(status: int, name: str | None) -> GatewayError:
    body = "<html>" if name is None else json.dumps({"error": {"message": "no", "type": name}})
    return classify_error(status, {}, body.encode())


def _said(statuses: str, how: str) -> str:
    return f"{statuses} {how}" if statuses else ""


def _ranges(statuses: Iterable[int]) -> str:
    """{400, 404, 405, 406} is "400, 404-406"."""
    runs: list[list[int]] = []
    for status in sorted(statuses):
        if runs and runs[-1][-1] == status - 1:
            runs[-1].append(status)
        else:
            runs.append([status])
    return ", ".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"
