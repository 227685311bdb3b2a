"""Starting, keeping and stopping processes, tried with small ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tryon.embedded.child import Part
from tryon.embedded.signals import Signals
from tryon.embedded.supervisor import NotStartedError, Supervisor

pytestmark = pytest.mark.processes

START = """
import os, pathlib, signal, sys, time
folder = pathlib.Path({folder!r})
def say(line): (folder / "said").open("a").write(line + "\\n")
"""
SLEEP = "\nwhile True: time.sleep(60)"


class Stage:
    """A supervisor, what it said, and small programs for it to run."""

    def __init__(self, folder: Path, signals: Signals) -> None:
        self.folder, self.told = folder, []
        self.supervisor = Supervisor(folder, self.told.append, signals, verbose=False)

    @property
    def said(self) -> list[str]:
        """What the programs said."""
        file = self.folder / "said"
        return file.read_text().split("\n")[:-1] if file.exists() else []

    def part(
        self, name: str, program: str, grace: float = 20, ready: Callable[[], bool] | None = None
    ) -> Part:
        code = START.format(folder=str(self.folder)) + program
        return Part(
            name, [sys.executable, "-c", code], ready or (lambda: name in self.said), grace, os.environ
        )

    def slow_to_stop(self, name: str, seconds: float, grace: float = 20) -> Part:
        stop = f"lambda *_: (time.sleep({seconds}), say('{name} finished'), os._exit(0))"
        return self.part(name, f"signal.signal(signal.SIGTERM, {stop})\nsay('{name}')" + SLEEP, grace)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Signals() as signals:
        stage = Stage(tmp_path, signals)
        yield stage
        stage.supervisor.stop()


def test_the_last_started_stops_first_and_finishes_what_it_has_in_hand(stage: Stage) -> None:
    stage.supervisor.start([stage.slow_to_stop("broker", 0)])
    stage.supervisor.start([stage.slow_to_stop("calls", 1)])
    assert stage.supervisor.stop()
    assert stage.said == ["broker", "calls", "calls finished", "broker finished"]


def test_one_that_does_not_stop_in_time_is_ended_and_the_others_finish(stage: Stage) -> None:
    stage.supervisor.start([stage.slow_to_stop("calls", 1)])
    stage.supervisor.start([stage.slow_to_stop("web", 60, grace=0.5)])
    assert not stage.supervisor.stop()
    assert stage.said[-1] == "calls finished"


def test_a_second_request_to_stop_ends_all_at_once(stage: Stage) -> None:
    stage.supervisor.start([stage.slow_to_stop("calls", 60, grace=60)])
    with subprocess.Popen(["sh", "-c", f"sleep 1.5; kill -INT {os.getpid()}"]):
        began = time.monotonic()
        assert not stage.supervisor.stop()
    assert time.monotonic() - began < 10


def test_one_that_cannot_start_is_named_with_its_last_words(stage: Stage) -> None:
    with pytest.raises(NotStartedError, match="web ended with exit code 3") as caught:
        stage.supervisor.start([stage.part("web", "print('no module named x'); sys.exit(3)")])
    assert caught.value.lines == ["no module named x"]


def test_the_pause_before_another_start_grows(stage: Stage) -> None:
    third = "len((folder / 'said').read_text().split()) == 3"
    dies = f"say('start')\nif {third}: os.kill({os.getpid()}, signal.SIGTERM)"
    stage.supervisor.start(
        [stage.part("beat", dies + "\ntime.sleep(.3)", ready=lambda: "start" in stage.said)]
    )
    began = time.monotonic()
    stage.supervisor.watch()
    assert 3 <= time.monotonic() - began < 10
    assert ["starts again in 1 s" in line or "starts again in 2 s" in line for line in stage.told].count(
        True
    ) == 2


def test_the_answer_of_a_preparation_reaches_no_log(stage: Stage, tmp_path: Path) -> None:
    assert stage.supervisor.run_to_end(stage.part("prepare", "print('a password')")) == "a password\n"
    assert (tmp_path / "prepare.log").read_text() == ""
