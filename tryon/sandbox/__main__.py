"""`python -m tryon.sandbox --port N --data DIR`: the sandbox alone, without Django."""

import argparse
import sys

from tryon.sandbox.run import add_arguments, run


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tryon.sandbox", description="A local image gateway.")
    add_arguments(parser)
    options = parser.parse_args()
    try:
        run(vars(options), say)
    except OSError as exc:
        sys.exit(f"The sandbox cannot listen on {options.host}:{options.port}: {exc.strerror}")


if __name__ == "__main__":
    main()
