"""The product under fire: nothing is lost or paid twice, and builds that do so are found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos import checker, table
from tests.chaos.facts import Facts
from tests.chaos.order import HALF, NO_REDIS, SHORT, on_two_machines, rolling
from tests.chaos.storm import raised
from tests.chaos.wrong import BUILDS

pytestmark = [pytest.mark.processes(120), pytest.mark.alone]


def test_twenty_kills_lose_nothing_and_nothing_is_billed_twice(static_root: Path) -> None:
    told = raised(replace(HALF, seed=2), static_root)
    assert checker.violations(told) == [], table.text(told)
    assert table.figures(told)["accepted"].startswith("50 of 50 ")


@pytest.mark.proof
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_forty_kills_lose_nothing_and_nothing_is_billed_twice(database: str, static_root: Path) -> None:
    told = raised(replace(SHORT, seed=2, database=database), static_root)
    assert checker.violations(told) == [], table.text(told)
    assert table.figures(told)["accepted"].startswith("100 of 100 ")


@pytest.mark.proof
@pytest.mark.postgres
def test_a_whole_machine_may_go_and_come_back_and_nothing_is_lost_or_billed_twice(static_root: Path) -> None:
    told = raised(replace(on_two_machines(HALF), jobs=36, kills=6, machine_kills=6, seed=4), static_root)
    assert checker.violations(told) == [], table.text(told)
    assert Facts(told).rested, "no answer lay in the spool of a machine that died"
    assert {row.kind for row in told.struck} >= {"machine", "delete"}, table.text(told)


def test_restarting_everything_in_turn_makes_nothing_unknown(static_root: Path) -> None:
    told = raised(rolling(3), static_root)
    assert checker.violations(told) == [], table.text(told)
    others = [row for row in told.generations if row.status != "done"]
    # Calls that the gateway itself held past their deadline, on a machine with too much to do.
    assert len(others) <= told.storm["late"], table.text(told)


@pytest.mark.proof
def test_without_a_broker_pages_answer_and_what_was_accepted_runs_when_it_is_back(static_root: Path) -> None:
    told = raised(NO_REDIS, static_root)
    assert checker.violations(told) == [], table.text(told)
    assert min(row.sent for row in told.attempts) > NO_REDIS.seconds, "nothing ran before"


@pytest.mark.proof
@pytest.mark.parametrize("build", BUILDS)
def test_a_build_that_is_wrong_on_purpose_is_found_out(build: str, static_root: Path) -> None:
    order, rule = BUILDS[build]
    said = checker.violations(raised(replace(order, seed=5), static_root))
    assert [violation for violation in said if violation.startswith(rule)], said
