"""The checker judges by raw rows alone, and each of its rules can fail."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import checker, history, table
from tests.chaos.facts import Facts
from tests.chaos.history import Asked, Charged, Failure, History, Kept, Made, Sent, Struck
from tests.chaos.order import NO_REDIS, SHORT
from tests.chaos.product import TIMES
from tests.chaos.schedule import drawn
from tests.live import ROOT

PROOFS = sorted((ROOT / "docs" / "proofs").glob("*.json"))
PRICE = 45_000


@pytest.fixture
def told() -> History:
    """Three try-ons: one was made, one lost with its worker, one met an answered error."""
    return History(
        storm={"seed": 1, "commit": "c", "database": "sqlite", "build": "", "order": asdict(SHORT)}
        | {"times": TIMES, "seconds": 20, "ended": 30, "left": 0, "late": 0, "unused": []},
        ledger={"reserved": 0, "spent": PRICE, "at_risk": 2 * PRICE, "disagreements": [], "adopted": 0},
        pages={"count": 9, "most": 0.1, "slowest": 0.2},
        asked=[
            Asked("made", "t1", 1, 2, [302, 302], ""),
            Asked("struck", "t2", 1, 1, [0, 302], ""),
            Asked("fault", "t3", 1, 1, [302], "answered 500"),
        ],
        struck=[Struck(6, "kill", "calls-1", "calling", 6, ["a2"])],
        bill=[Charged("made", 1, PRICE, 2, "ok"), Charged("struck", 1, PRICE, 6.5, "cut")],
        tryons=[Kept("t1", "made", 1), Kept("t2", "struck", 1), Kept("t3", "fault", 1)],
        generations=[
            Made("g1", "t1", 1, "done", "", 1, 0, 0, PRICE, 1),
            Made("g2", "t2", 1, "unknown", "", 1, 0, 0, PRICE, 0),
            Made("g3", "t3", 1, "unknown", "", 1, 0, 0, PRICE, 0),
        ],
        attempts=[
            Sent("a1", "g1", 1, "ok", 200, 1, PRICE, 1, 2.2),
            Sent("a2", "g2", 1, "unknown", None, 0, PRICE, 5, 19),
            Sent("a3", "g3", 1, "unknown", 500, 0, PRICE, 8, 9),
        ],
        failures=[],
    )


def changed(told: History, rows: str, number: int, **columns: Any) -> None:
    getattr(told, rows)[number] = getattr(told, rows)[number]._replace(**columns)


def rules(told: History) -> set[str]:
    return {said.partition(":")[0] for said in checker.violations(told)}


def test_a_storm_in_which_all_was_kept_has_no_violation(told: History) -> None:
    assert checker.violations(told) == []


def test_an_accepted_try_on_that_is_gone_is_lost(told: History) -> None:
    del told.tryons[0]
    assert "lost" in rules(told)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_work_that_never_ends_is_lost(told: History, status: str) -> None:
    changed(told, "generations", 0, status=status)
    assert "lost" in rules(told)


def test_one_form_that_became_two_try_ons_is_seen(told: History) -> None:
    told.tryons.append(Kept("t4", "made", 1))
    assert "accepted twice" in rules(told)


def test_a_second_bill_for_one_try_on_is_seen_though_another_one_was_billed_nothing(told: History) -> None:
    told.bill.append(Charged("made", 1, PRICE, 3, "ok"))
    assert {"doubled", "money"} <= rules(told)


def test_a_bill_for_what_nobody_asked_is_seen(told: History) -> None:
    told.bill.append(Charged("", 1, PRICE, 3, "ok"))
    assert "doubled" in rules(told)


def test_unknown_without_a_reason_is_seen(told: History) -> None:
    told.struck.clear()
    assert "unknown" in rules(told)


def test_a_fault_that_no_call_met_excuses_nothing(told: History) -> None:
    told.storm["unused"] = ["fault"]
    assert "unknown" in rules(told)


def test_a_fault_that_says_clearly_that_nothing_was_made_excuses_nothing(told: History) -> None:
    changed(told, "asked", 2, fault="answered 503")
    assert "unknown" in rules(told)


def test_a_call_that_the_gateway_held_past_the_deadline_may_be_unknown(told: History) -> None:
    told.storm |= {"unused": ["fault"], "late": 1}
    assert checker.violations(told) == []


def test_an_answer_whole_a_second_before_the_kill_must_be_in_the_gallery(told: History) -> None:
    changed(told, "bill", 1, at=4.9, delivered="ok")
    assert "answered, not kept" in rules(told)


def test_an_answer_whole_half_a_second_before_the_kill_need_not_be(told: History) -> None:
    changed(told, "bill", 1, at=5.5, delivered="ok")
    assert checker.violations(told) == []


def test_a_restart_of_the_database_hides_no_blow_that_came_after_it(told: History) -> None:
    told.struck.insert(0, Struck(5.2, "restart", "database", "any", 5.3, []))
    changed(told, "bill", 1, at=5.5, delivered="ok")
    assert checker.violations(told) == []
    changed(told, "bill", 1, at=4.9)
    assert "answered, not kept" in rules(told)


def test_a_picture_whose_file_does_not_open_is_not_kept(told: History) -> None:
    changed(told, "generations", 0, readable=0)
    assert "answered, not kept" in rules(told)


def test_money_that_is_booked_and_was_not_billed_is_seen(told: History) -> None:
    del told.bill[0]
    assert "money" in rules(told)


@pytest.mark.parametrize("column", ["reserved", "spent", "at_risk"])
def test_sums_that_are_not_those_of_the_rows_are_seen(told: History, column: str) -> None:
    told.ledger[column] += 1
    assert rules(told) == {"books"}


def test_a_disagreement_of_the_product_with_itself_is_seen(told: History) -> None:
    told.ledger["disagreements"].append("an entry is missing")
    assert rules(told) == {"books"}


def test_an_end_written_under_a_claim_that_was_over_is_seen(told: History) -> None:
    changed(told, "generations", 0, fence=3)
    assert rules(told) == {"old truth"}


def test_two_answers_to_one_generation_are_seen(told: History) -> None:
    told.attempts.append(Sent("a4", "g1", 1, "ok", 200, 1, PRICE, 3, 4))
    assert "old truth" in rules(told)


def test_a_page_that_fails_is_seen(told: History) -> None:
    told.failures.append(Failure(3, 500, "/"))
    assert rules(told) == {"pages"}


def test_a_page_may_fail_while_the_database_is_away(told: History) -> None:
    told.failures.append(Failure(3, 500, "/"))
    told.struck.append(Struck(2.5, "restart", "database", "any", 2.9, []))
    assert checker.violations(told) == []


def test_an_answer_that_rested_on_a_machine_that_died_is_settled_within_a_minute_of_its_return(told):
    told.struck.append(Struck(2, "machine", "machine-1", "answered", 5, [], ["a1"]))
    assert checker.violations(told) == []
    changed(told, "attempts", 0, answered=66)
    assert rules(told) == {"not adopted"}


def test_an_answer_that_rested_on_a_machine_and_was_never_adopted_is_seen(told):
    told.struck.append(Struck(2, "machine", "machine-1", "answered", 5, [], ["a3"]))
    assert rules(told) == {"not adopted"}
    changed(told, "attempts", 2, http=200)  # kept as it came, since nobody can open it
    assert checker.violations(told) == []


def test_a_deleted_try_on_leaves_no_picture_and_no_file(told):
    changed(told, "asked", 0, deleted=3.0)
    assert rules(told) == {"not deleted"}, "it is there"
    changed(told, "tryons", 0, deleted=True)
    assert rules(told) == {"not deleted"}, "its picture opens"
    changed(told, "generations", 0, readable=0)
    assert checker.violations(told) == []
    changed(told, "tryons", 0, left=1)
    assert rules(told) == {"not deleted"}


def test_without_a_broker_a_slow_page_is_seen_and_so_is_work_that_starts_late(told: History) -> None:
    told.storm |= {"order": asdict(NO_REDIS), "ended": 90}
    told.pages["most"] = 1.2
    assert len(checker.violations(told)) == 2


def test_a_history_is_the_same_after_it_was_written_and_read(told: History, tmp_path: Path) -> None:
    told.write(tmp_path / "one.json")
    again = history.read(tmp_path / "one.json")
    assert again == told
    assert table.text(again) == table.text(told)


def test_the_same_seed_draws_the_same_storm_and_another_seed_another_one() -> None:
    first = drawn(SHORT, (16, 20))
    assert first == drawn(SHORT, (16, 20))
    assert first != drawn(replace(SHORT, seed=2), (16, 20))


@pytest.mark.parametrize("file", PROOFS, ids=lambda file: file.stem)
def test_a_published_proof_holds_when_it_is_counted_anew(file: Path) -> None:
    told = history.read(file)
    assert checker.violations(told) == []
    assert not told.storm["build"]
    assert len(Facts(told).accepted) == told.storm["order"]["jobs"]
