"""`python -m tests.mutants`: plant each fault in a copy of the code, and see its tests turn red."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.mutants import trees
from tests.mutants.mutant import Mutant, NoPlaceError
from tests.mutants.table import MUTANTS

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    mutant: Mutant
    run: trees.Run
    seconds: float

    @property
    def lives(self) -> bool:
        return bool(self.mutant.missed_by(self.run.failed))

    @property
    def line(self) -> str:
        failed = self.run.failed
        if self.lives:
            said = f"LIVES, unseen by {_short(self.mutant.missed_by(failed))}"
        else:
            said = f"killed by {_short(self.mutant.caught_by(failed))}"
        return f"{self.seconds:4.0f} s  {self.mutant.name}: {said}\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "-k", nargs="+", metavar="WORD", default=[], help="those with all these words in the name"
    )
    words = parser.parse_args(arguments).k
    chosen = [mutant for mutant in MUTANTS if all(word in mutant.name for word in words)]
    if not chosen:
        parser.error("no mutant is called so")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the copies are removed
    begun = time.monotonic()
    with trees.copied() as tree:
        verdicts = _judged(chosen, tree)
    if not verdicts:
        return 1
    alive = sum(verdict.lives for verdict in verdicts)
    _say(f"{len(verdicts)} mutants, {alive} live, in {time.monotonic() - begun:.0f} s\n")
    return min(alive, 1)


def _judged(mutants: list[Mutant], tree: Path) -> list[Verdict]:
    """What became of each, once their tests are seen to be green without them; nothing when they are not."""
    try:
        for mutant in mutants:
            mutant.planted((tree / mutant.file).read_text())
    except NoPlaceError as exc:
        _say(f"{exc}\n")
        return []
    sound = trees.tested(tree, sorted({test for mutant in mutants for test in mutant.tests}))
    if sound.status != 0:
        _say(f"{sound.words}\nWithout any mutant the tests must be green, and are not.\n")
        return []
    verdicts = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for verdict in pool.map(partial(_judge, tree), mutants):
            verdicts.append(verdict)
            _say(verdict.line if not verdict.lives else f"{verdict.line}{verdict.run.words[-2000:]}\n")
    return verdicts


def _judge(tree: Path, mutant: Mutant) -> Verdict:
    begun = time.monotonic()
    with trees.twin(tree) as copy:
        mutant.plant(copy)
        run = trees.tested(copy, mutant.tests)
    return Verdict(mutant, run, time.monotonic() - begun)


def _short(tests: list[str]) -> str:
    """Of each test its own name, without parameters and once."""
    return ", ".join(dict.fromkeys(test.rpartition("::")[2].partition("[")[0] for test in tests))


def _say(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
