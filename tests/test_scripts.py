"""The pages' scripts: small, blind to each other's markup, without a limit or a sentence of their own."""

from __future__ import annotations

import gzip
import re
from itertools import chain
from pathlib import Path

import pytest
from django.test import Client

from gallery.pictures import SENTENCES
from tests.live import ROOT
from tryon.rules.model_families import MODES
from tryon.rules.request_rules import limits_of

SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
# Strings, and the words between the places of a template string; comments are none of both.
LITERALS = re.compile(r'"([^"\n]*)"|`([^`]*)`')

NUMBERS = re.compile(r"(?<![\w.#-])\d+(?![\w.])")


def code(text: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<![:\"'`])//.*", "", text)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
class TestEachScript:
    def test_is_read_in_a_minute(self, script):
        assert len(script.read_text().splitlines()) <= 120

    def test_listens_to_events_and_watches_nobodys_markup(self, script):
        assert "MutationObserver" not in script.read_text()

    def test_says_nothing_in_words_of_its_own(self, script):
        """Three words in a row are a sentence, or a selector."""
        literals = chain.from_iterable(LITERALS.findall(code(script.read_text())))
        sentences = [text for text in literals if re.search(r"(?<![\w<.\[#-])[A-Za-z]+( [a-z]+){2}", text)]
        assert not sentences

    def test_holds_nobody_to_a_number_of_its_own(self, script):
        numbers = {int(number) for number in NUMBERS.findall(code(script.read_text()))}
        held = {value for value in limits_of("try_on").values() if isinstance(value, int)}
        assert not numbers & (held | {1024}), "a limit, or the bytes of one written out"


TEMPLATES = ROOT / "templates"
PAGES = sorted(page for page in TEMPLATES.rglob("*.html") if "{% extends" in page.read_text())


def scripts_of(template: Path) -> set[str]:
    """All that it may load, by itself or by what it extends and includes."""
    text = template.read_text()
    more = re.findall(r'\{% (?:extends|include) "([^"]+)"', text)
    files = {TEMPLATES / name for name in more} - {template}  # the admin's own extends another's of its name
    found = (scripts_of(file) for file in files if file.is_file())
    return set(re.findall(r"'js/([\w-]+\.js)'", text)).union(*found)


@pytest.mark.parametrize("template", PAGES, ids=lambda page: str(page.relative_to(TEMPLATES)))
def test_the_scripts_of_a_page_are_a_small_download(template):
    names = scripts_of(template)
    if "opening.js" in names:  # an example opens the form that nobody sent yet: there nothing is wrong
        names -= {"problems.js"}
    files = [ROOT / "static" / "js" / name for name in names]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 25 * 1024


def test_each_script_is_some_pages():
    assert {script.name for script in SCRIPTS} == set().union(*map(scripts_of, PAGES))


@pytest.mark.django_db
@pytest.mark.parametrize("mode", MODES)
def test_the_page_hands_its_limits_and_their_sentences_to_the_scripts(client: Client, mode: str):
    page = client.get("/", {"mode": mode}).text
    held = limits_of(mode)
    form = re.search(r'<form id="wishes"[^>]*>', page)[0]
    assert f'data-largest-bytes="{held["photo_bytes"]}"' in form
    assert f'data-too-large="{SENTENCES["bytes"]}"' in form
    assert f'data-upload-413="{SENTENCES["bytes"]}"' in form
    assert f'data-not-photo="{SENTENCES["type"]}"' in form
    note = re.search(r'<(?:textarea|input)[^>]*id="note"[^>]*>', page)[0]
    assert f'maxlength="{held["note_characters"]}"' in note
    assert page.count(f'data-missing="{held["consent_missing"]}"') == (mode != "imagine")
    assert page.count(f'data-missing="{held["words_missing"]}"') == (mode != "try_on")
