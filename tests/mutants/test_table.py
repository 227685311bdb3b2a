"""Every mutant still has its place in the code, and its tests."""

from __future__ import annotations

import ast

import pytest

from tests.live import ROOT
from tests.mutants.mutant import Mutant, NoPlaceError
from tests.mutants.table import MUTANTS
from tests.mutants.trees import Run

KILLED = """\
FAILED tests/test_a.py::test_one[x-1] - AssertionError: assert 1 == 2
FAILED tests/test_a.py::test_two - NameError: name 'zip_' is not defined
ERROR tests/test_a.py::test_three - AssertionError
"""
ONE = Mutant("m", "a.py", "7", "70", ("tests/test_a.py::test_one", "tests/test_a.py::test_on"))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_has_one_place_and_leaves_code_that_can_be_read(mutant):
    ast.parse(mutant.planted((ROOT / mutant.file).read_text()))


@pytest.mark.parametrize("test", sorted({test for mutant in MUTANTS for test in mutant.tests}))
def test_the_test_that_must_turn_red_is_there(test):
    file, *_, name = test.split("::")
    functions = [node for node in ast.walk(ast.parse((ROOT / file).read_text())) if hasattr(node, "name")]
    assert name.partition("[")[0] in {node.name for node in functions}


@pytest.mark.parametrize("source", ["8", "7 7"])
def test_a_mutant_without_one_place_says_that_it_needs_a_new_one(source):
    with pytest.raises(NoPlaceError, match="'m' needs a new place"):
        ONE.planted(source)


def test_only_a_test_that_ran_and_failed_kills():
    assert Run(1, KILLED).failed == ["tests/test_a.py::test_one[x-1]"]
    assert Run(2, KILLED).failed == [], "pytest did not get so far as to run them all"
    assert ONE.caught_by(Run(1, KILLED).failed) == ["tests/test_a.py::test_one[x-1]"]
    assert ONE.missed_by(Run(1, KILLED).failed) == ["tests/test_a.py::test_on"]
