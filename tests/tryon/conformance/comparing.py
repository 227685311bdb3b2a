"""Rows sent to a sandbox, or to a gateway of the test's own."""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import httpx

from tests.live import WITH_KEY
from tryon.conformance.__main__ import main
from tryon.conformance.budget import Budget
from tryon.conformance.http_client import HttpClient
from tryon.conformance.row import Row
from tryon.conformance.runner import Outcome, Runner
from tryon.conformance.table import TABLE
from tryon.gateway import CatalogueModel
from tryon.sandbox.server import KEY, Sandbox

ELSEWHERE = "https://gateway.example"
SECRET = "llmtr-not-for-anybody's-eyes"
Answering = Callable[[httpx.Request], httpx.Response]


def control(sandbox: Sandbox, name: str, wish: Any = None) -> Any:
    method = "GET" if wish is None else "POST"
    return httpx.request(
        method, f"{sandbox.url}/_sandbox/{name}", json=wish, headers=WITH_KEY, trust_env=False
    ).json()


def compare(sandbox: Sandbox, *options: str) -> int:
    return main(["--base-url", sandbox.url, "--key", KEY, *options])


def row(name: str) -> Row:
    return next(row for row in TABLE if row.name == name)


def rows_of(*families: str) -> list[Row]:
    return [row for row in TABLE if row.family in families]


def outcome(sandbox: Sandbox, name: str) -> tuple[Outcome, Budget]:
    """One row alone, with a bound that it never passes."""
    (only,), budget = outcomes(sandbox, [row(name)])
    return only, budget


def outcomes(sandbox: Sandbox, rows: Iterable[Row]) -> tuple[list[Outcome], Budget]:
    budget = Budget(10_000_000)
    with closing(HttpClient(sandbox.url, KEY)) as client:
        return list(Runner(client, budget, (), rude=True).outcomes(rows)), budget


def elsewhere(
    answering: Answering,
    rows: list[Row],
    *,
    bound: int = 500_000,
    models: tuple[CatalogueModel, ...] = (),
    pause: float = 0,
) -> tuple[list[Outcome], Budget, Runner]:
    """A run against a gateway of the test's own, far from this machine as far as the run can tell."""
    budget = Budget(bound, models)
    client = HttpClient(ELSEWHERE, SECRET, pause=pause, transport=httpx.MockTransport(answering))
    with closing(client):
        run = Runner(client, budget, models, rude=False)
        return list(run.outcomes(rows)), budget, run
