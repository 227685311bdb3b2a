"""`make evaluate ARGS="--model OLD --against NEW"`: a rehearsal before one model takes another's place."""

from __future__ import annotations

import argparse
from contextlib import closing

import pytest

from bench import evaluate
from bench.looks import looks, samples
from tryon.gateway import Gateway
from tryon.sandbox.server import KEY

FLASH, BANANA = "google/gemini-3.1-flash-image", "google/gemini-nano-banana-2.1"


def page(gateway, tmp_path, *words: str) -> str:
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    options = parser.parse_args(["--into", str(tmp_path / "made"), "--size", "512", *words])
    with closing(Gateway(gateway.url, KEY)) as client:
        chosen = looks(*samples(), 2)
        return evaluate.evaluated(client, chosen, options, sandboxed=True).read_text()


def test_two_models_are_laid_side_by_side_within_the_spend(gateway, tmp_path):
    told = page(gateway, tmp_path, "--model", FLASH, "--against", BANANA, "--spend", "0.1")

    assert "Which model keeps the person?" in told
    assert told.count('<section class="pair"') == 1, "one pair costs 0.045 + 0.034 USD, and two cost more"
    assert f'data-left="{FLASH}"' in told or f'data-right="{FLASH}"' in told
    assert f'data-left="{BANANA}"' in told or f'data-right="{BANANA}"' in told
    assert "512 and 1K" in told, "the size that the other one makes"
    assert len(list(tmp_path.glob("made/*/01-*.png"))) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--against", BANANA, "--spend", "0.05"], "One pair costs about 0.08 USD"),
        (["--against", "google/imagen-4"], "google/imagen-4: This model works from words only"),
    ],
)
def test_what_cannot_be_compared_is_said_before_anything_is_sent(gateway, tmp_path, words, why):
    with pytest.raises(SystemExit, match=why):
        page(gateway, tmp_path, *words)
    assert not (tmp_path / "made").exists()
