"""Commands of Python that are forked: done as by `python`, from the first line to the exit code."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests import forks

SAYS_ALL = """
import os, sys
print(sys.argv, os.environ, sys.stdin.read(), __name__)
print("to the other one", file=sys.stderr)
sys.exit(3)
"""


@pytest.mark.processes
def test_a_command_has_its_words_input_environment_and_end() -> None:
    done = forks.run(["-c", SAYS_ALL, "one", "two"], {"GIVEN": "alone"}, told="some input")
    assert done.stdout == "['-c', 'one', 'two'] environ({'GIVEN': 'alone'}) some input __main__\n"
    assert (done.stderr, done.returncode) == ("to the other one\n", 3)


@pytest.mark.processes
def test_one_knows_nothing_of_the_one_before_and_breaks_alone() -> None:
    forks.run(["-c", "import os, json; os.environ['LEFT'] = json.left = 'x'"], {})
    done = forks.run(["-c", "import os, json; print(os.environ, hasattr(json, 'left')); 1 / 0"], {})
    assert done.stdout == "environ({}) False\n"
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert done.returncode == 1


@pytest.mark.processes
def test_who_is_killed_has_ended_by_that_signal(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+") as file:
        child = forks.start(["-c", "import time; time.sleep(60)"], {}, files=(file, file, file))
        assert child.poll() is None
        child.kill()
        assert child.wait(10) == -signal.SIGKILL


def test_a_test_that_starts_no_processes_may_not_fork_either() -> None:
    with pytest.raises(AssertionError, match="mark it with `processes`"):
        forks.run(["-c", ""], {})
