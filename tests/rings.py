"""Which tests run when: `make quick` is a part of `make test`, and that one of `make proof`.

A test is in `make test` unless it is marked `proof`, and in `make quick` if it starts no process besides.

    python -m tests.rings list             how many tests of which file are in which ring
    python -m tests.rings compare REV      which tests of that revision are not here any more, and why
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
RINGS = {"quick": "not processes and not proof", "test": "not proof", "proof": ""}
# Whoever asks for one of these starts processes with it.
STARTERS = {"broker", "postgres_url", "postgres", "dying", "browser"}
MARKED_TOO = ("browser", "postgres")

# What was said otherwise in the names of tests, and tests that are gone, each with the reason.
RENAMED = {
    "-LineClosed]": "-AccessRefused]",
    "test_a_closed_line_is_closed_for_the_account": "test_access_is_refused_to_the_account",
    "_is_uploaded_again_and_never_closes_a_line": "_is_uploaded_again_and_never_counts_as_refused_access",
    "fetched_and_the_picture_is_booked_as_paid": "fetched_and_its_money_is_at_risk",
    "that_is_gone_for_an_hour_is_given_up": "that_is_gone_for_an_hour_is_left_to_staff",
    "cannot_be_opened_is_booked_as_paid": "cannot_be_opened_stays_and_its_money_is_at_risk",
    "of_eight_megabytes_need_about_one": "of_eight_megabytes_need_a_few_copies_of_one",
    "test_where_the_blocks_end_changes_nothing": "test_any_words_beside_any_picture_come_back_as_they_were",
    "expired_waiting_and_foreign_look_the_same": "expired_rejected_and_foreign_look_the_same",
    "what_has_ended_is_gone_everywhere_at_once[undo]": "an_undone_decision_closes_it_again",
    "test_a_token_carries": "test_s1_a_token_carries",
    "test_only_the_digest_of_the_token": "test_s2_only_the_digest_of_the_token",
    "test_opening_shows_the_preview_tags": "test_s3_opening_shows_the_preview_tags",
    "test_what_has_ended_is_gone": "test_s4_what_has_ended_is_gone",
    "test_unlocking_one_link": "test_s5_unlocking_one_link",
    "test_five_wrong_passwords": "test_s6_five_wrong_passwords",
    "test_missing_revoked": "test_s7_missing_revoked",
    "test_a_link_ends_after_seven": "test_s8_a_link_ends_after_seven",
    "test_nothing_but_the_results": "test_s9_nothing_but_the_results",
    "test_shared_pages_stay_out": "test_s10_shared_pages_stay_out",
    "test_a_title_is_escaped": "test_s10_a_title_is_escaped",
    "test_a_chat_learns_no_title_and_gets_no": "test_no_meta_tag_tells_the_title_or_shows_a",
    "while_a_zip_is_sent_is_not_in_it": "while_a_zip_is_sent_is_not_in_it[revoked]",
    "a_waiting_link_opens_by_itself_when_the_picture_is_approved": "who_came_early_is_let_in_when_it_opens",
}
GONE = {
    "test_backslashes_where_a_block_ends_are_read_as_they_were_meant": "no answer is read in blocks any more",
    "test_nothing_is_kept_but_what_is_named_here": "test_each_route_answers_everybody_… looks at that too",
    "test_each_answers_as_the_table_says": "test_each_route_answers_everybody_… asks all of it in one world",
    "test_every_size_is_guarded_alike": "it asks for all sizes and roles in one world now",
    "test_what_acts_is_asked_by_post_alone": "test_each_route_takes_the_methods_… asks by every method",
}


def matrix(values: Iterable[Any], *, first: int) -> list[Any]:
    """Parameters of which only the first few run in `make test`: all take the same way through the code."""
    values = list(values)
    rest = [pytest.param(value, marks=pytest.mark.proof) for value in values[first:]]
    return [*values[:first], *rest]


def mark(items: list[pytest.Item]) -> None:
    """What follows from a test's fixtures and parameters."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        starts = asked & STARTERS or any(item.get_closest_marker(name) for name in MARKED_TOO)
        if starts and not item.get_closest_marker("processes"):
            item.add_marker("processes")
        if _is_second_run(item):
            item.add_marker("proof")


def _is_second_run(item: pytest.Item) -> bool:
    """On PostgreSQL what was on SQLite, where nothing is expected of the database itself."""
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "postgres" in params and not item.get_closest_marker("both_databases")


# What is not marked starts nothing --------------------------------------------------------------------
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
OWN = ["-m", "gallery.decode"]  # the product's child that decodes pictures, one for each process


class Guard:
    """Hears of every process that this one starts; a test that may not start any is told so."""

    def __init__(self) -> None:
        self.test = ""
        sys.addaudithook(self._heard)

    @contextmanager
    def away(self) -> Iterator[None]:
        """While a fixture of the whole run starts what it needs."""
        test, self.test = self.test, ""
        yield
        self.test = test

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event in STARTS and self.test and not _is_own(args):
            raise AssertionError(f"{self.test} starts a process: mark it with `processes`")


def _is_own(args: tuple[Any, ...]) -> bool:
    return len(args) > 1 and isinstance(args[1], list) and args[1][-2:] == OWN


# What is collected -----------------------------------------------------------------------------------
def collected(root: Path, marks: str = "") -> list[str]:
    """The node ids of all tests that this selection leaves."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly"]
    ran = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-m", marks],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ran.returncode:
        sys.exit(ran.stdout[-3000:])
    return [line for line in ran.stdout.splitlines() if "::" in line]


def names(nodes: list[str]) -> Counter[str]:
    """Function names with their parameters: a test that was moved to another file is the same test."""
    return Counter(node.partition("::")[2] for node in nodes)


def renamed(name: str) -> str:
    """What a test of before is called now."""
    for old, new in RENAMED.items():
        name = name.replace(old, new)
    return name


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tryon-rings-") as folder:
        tree = Path(folder) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), revision)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*words: str) -> None:
    subprocess.run(["git", *words], cwd=ROOT, check=True)


# What is told ----------------------------------------------------------------------------------------
def tell_rings() -> None:
    rings = {ring: Counter(_file(node) for node in collected(ROOT, marks)) for ring, marks in RINGS.items()}
    say(f"{'quick':>6} {'test':>6} {'proof':>6}")
    for file in sorted(rings["proof"]):
        say(" ".join(f"{counts[file]:6}" for counts in rings.values()) + f"  {file}")
    say(" ".join(f"{counts.total():6}" for counts in rings.values()) + "  in all")


def _file(node: str) -> str:
    return node.partition("::")[0]


def tell_difference(revision: str) -> int:
    """0 when every test of that revision is here, or named with a reason."""
    with checked_out(revision) as tree:
        before = names(collected(tree))
    now, test = (names(collected(ROOT, RINGS[ring])) for ring in ("proof", "test"))
    here = Counter({renamed(name): count for name, count in before.items()})
    lost = here - now
    unexplained = {name for name in lost if _function(name) not in GONE}
    say(f"{before.total()} tests at {revision}; {now.total()} now, {test.total()} of them in `make test`")
    _tell("gone, with a reason", {f"{name}: {GONE[_function(name)]}" for name in lost.keys() - unexplained})
    _tell("gone without a reason", unexplained)
    _tell("renamed", {f"{name} -> {renamed(name)}" for name in before if renamed(name) != name})
    _tell("from `make test` to `make proof`", set(here & now) - set(test))
    _tell("new", set((now - here).elements()))
    return 1 if unexplained else 0


def _function(name: str) -> str:
    return name.partition("[")[0]


def _tell(title: str, lines: set[str]) -> None:
    say(f"\n{len(lines)} {title}")
    for line in sorted(lines):
        say(f"  {line}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> int:
    match sys.argv[1:]:
        case ["list"]:
            tell_rings()
        case ["compare", revision]:
            return tell_difference(revision)
        case _:
            sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
