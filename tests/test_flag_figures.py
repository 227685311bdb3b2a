"""How often the flags of the review queue are right, on the set that `python -m bench flags` counts."""

from __future__ import annotations

import re

import pytest

from bench.flags import QUESTIONS, Question, counted
from tests.live import ROOT
from tests.rings import matrix

TABLE = (ROOT / "docs/figures.md").read_text()


@pytest.mark.parametrize(
    "question", matrix(QUESTIONS, first=2), ids=lambda each: f"{each.flag}-{each.make.__name__}"
)
def test_on_a_few_of_the_set_each_flag_is_right(question: Question):
    """With so few, one that is wrong would be more than the bound allows of a hundred."""
    [(_, share)] = counted([question], count=2, seed=7)

    assert share == (100 if question.least else 0)


@pytest.mark.proof
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: f"{each.flag}-{each.make.__name__}")
def test_the_whole_set_keeps_the_published_bounds(question: Question):
    [(_, share)] = counted([question], count=100, seed=1)

    assert question.least <= share <= question.most


def test_the_figures_name_each_line_with_its_target():
    for question in QUESTIONS:
        line = rf"\| {re.escape(question.name)} \| `{question.flag}` \| \d+ \| {question.target} \|"
        assert re.search(line, TABLE), question
