"""`python -m bench`: all benchmarks, one after the other; `python -m bench NAME`: one, with its options.

`python -m bench load` needs a running site, `python -m bench lighthouse` Node, `python -m bench gallery`,
`admin` and `desk` a million rows, and `python -m bench flags` counts pictures: these are run by their
names alone. `python -m bench evaluate` measures nothing: it makes pictures for a human eye.
"""

import argparse
import os
import signal
import sys

from bench import (
    admin,
    desk,
    evaluate,
    flags,
    gallery,
    latency,
    lighthouse,
    load,
    normalise,
    throughput,
    tryon,
    waiting,
)
from bench.report import HEAD, Report, table

BENCHMARKS = {
    "normalise": normalise,
    "throughput": throughput,
    "tryon": tryon,
    "latency": latency,
    "waiting": waiting,
}
BY_NAME = {
    **BENCHMARKS,
    "admin": admin,
    "desk": desk,
    "flags": flags,
    "gallery": gallery,
    "load": load,
    "lighthouse": lighthouse,
}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Tryon beside plain code.")
    names = parser.add_subparsers(dest="name")
    for name, module in {**BY_NAME, "evaluate": evaluate}.items():
        summary = (module.__doc__ or "").partition("\n")[0]
        module.add_arguments(names.add_parser(name, help=summary, description=summary))
    return parser


def show(report: Report) -> None:
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    if report.rows:
        print(table((row.cells() for row in report.rows), HEAD))
    for note in [*report.notes, f"{os.cpu_count()} cores; load over the last 1, 5 and 15 minutes: {load}."]:
        print(f"\n{note}")


def main() -> None:
    """All of them with their own defaults, or the one named."""
    # What was started is stopped in order too when this is asked to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    parser = arguments()
    options = parser.parse_args()
    if options.name == "evaluate":
        evaluate.run(options)
        return
    names = [options.name] if options.name else list(BENCHMARKS)
    whole = Report()
    for name in names:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        report = BY_NAME[name].run(options if options.name else parser.parse_args([name]))
        whole.rows += report.rows
        whole.notes += report.notes
    show(whole)


if __name__ == "__main__":
    main()
