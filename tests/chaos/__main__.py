"""`python -m tests.chaos`: raise a storm, keep its history, judge it; or judge histories that were kept."""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import fields, replace
from pathlib import Path

from tests.chaos import checker, history, table
from tests.chaos.order import FULL, NO_REDIS, SHORT, Order, on_two_machines, rolling
from tests.chaos.storm import raised
from tests.chaos.wrong import BUILDS
from tests.live import ROOT

HISTORIES = ROOT / "test-results"
WHOLE = ("jobs", "kills", "broker_kills", "empties", "pauses", "restarts", "machine_kills")
NUMBERS = (*WHOLE, "seconds", "faults", "photos", "deletions")


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["check"]:
        return _check([Path(name) for name in arguments[1:]])
    options = _parser().parse_args(arguments)
    if options.builds:
        return max(_tell_apart(name, options) for name in BUILDS)
    return _raise(_order(options), options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="1,000 try-ons and 500 kills, a quarter of an hour"
    )
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, help="a number printed by an earlier storm replays its schedule")
    parser.add_argument(
        "--rolling", type=float, metavar="SECONDS", help="restart each process in turn, no kills"
    )
    parser.add_argument(
        "--machines", type=int, choices=[1, 2], default=1, help="2: killed as a whole, in turn"
    )
    parser.add_argument("--no-redis", action="store_true", help="no broker while everybody asks")
    parser.add_argument("--build", choices=BUILDS, help="one that is wrong on purpose; it must be found out")
    parser.add_argument("--builds", action="store_true", help="all wrong builds, in small storms")
    parser.add_argument("--keep", type=Path, default=HISTORIES, help="folder for the history (test-results)")
    parser.add_argument("--logs", type=Path, help="folder for the logs of all processes")
    for name in NUMBERS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int if name in WHOLE else float)
    return parser


def _order(options: argparse.Namespace) -> Order:
    usual = FULL if options.full else NO_REDIS if options.no_redis else SHORT
    if options.build:
        usual = BUILDS[options.build][0]
    elif options.rolling:
        usual = rolling(options.rolling)
    given = {name: value for name in NUMBERS if (value := getattr(options, name)) is not None}
    seed = random.SystemRandom().randrange(10_000) if options.seed is None else options.seed
    if options.machines > 1:
        return replace(on_two_machines(usual), **given, seed=seed)
    return replace(usual, **given, seed=seed, database=options.database)


def _tell_apart(name: str, options: argparse.Namespace) -> int:
    """0 when the rule that is there for this wrong build has seen it."""
    options.build = name
    order, rule = _order(options), BUILDS[name][1]
    told = raised(order, keep=options.logs)
    seen = [said for said in checker.violations(told) if said.startswith(rule)]
    sys.stdout.write(f"\n{table.text(told)}The wrong build {name!r}: {'found out' if seen else 'NOT SEEN'}\n")
    sys.stdout.flush()
    return 0 if seen else 1


def _raise(order: Order, options: argparse.Namespace) -> int:
    said = ", ".join(f"{field.name} {getattr(order, field.name)}" for field in fields(order))
    sys.stdout.write(f"Storm: {said}\n")
    sys.stdout.flush()
    told = raised(order, keep=options.logs)
    file = options.keep / f"{order.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    told.write(file)
    sys.stdout.write(f"History: {file}\n")
    return _check([file])


def _check(files: list[Path]) -> int:
    """0 when every promise was kept in every history."""
    broken = 0
    for file in files:
        told = history.read(file)
        sys.stdout.write(f"\n{table.text(told)}")
        broken += bool(checker.violations(told))
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
