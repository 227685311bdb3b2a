"""What a request may ask: every broken rule, in order, at its place."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest

from gallery.pictures import LARGEST_BYTES, MOST_PIXELS, SENTENCES
from tryon.rules import outfits, request_rules
from tryon.rules.model_families import MODES, REFERENCES, family
from tryon.rules.request_rules import PictureFacts, RequestFacts

FLASH = family("google/gemini-3.1-flash-image")
PERSON = PictureFacts("person", reference="p", photo="p")
TOP = PictureFacts("garment", reference="g", photo="g", category="top")
PICTURE = PictureFacts("picture", reference="x", photo="x")
ANOTHER = PictureFacts("picture", 2, reference="y", photo="y")
NO_PERSON = ("person", "Select a photo of the person")
NO_GARMENT = ("garment", "Select a photo of the garment")
WHOLE = {"try_on": (PERSON, TOP), "remix": (PICTURE,), "compose": (PICTURE, ANOTHER), "imagine": ()}


def request(mode: str = "try_on", *pictures: PictureFacts, **changes) -> RequestFacts:
    return RequestFacts(**({"mode": mode, "pictures": pictures, "note": "by night"} | changes))


def told(asked: RequestFacts) -> list[tuple[str, str]]:
    return [(broken.place, broken.sentence) for broken in request_rules.broken_rules(asked)]


@pytest.mark.parametrize("mode", MODES)
def test_a_whole_request_breaks_no_rule(mode):
    assert told(request(mode, *WHOLE[mode])) == []
    assert request_rules.refusal(request(mode, *WHOLE[mode]), FLASH) is None
    assert len(WHOLE[mode]) == REFERENCES[mode][0]


@pytest.mark.parametrize(
    ("mode", "pictures", "missing"),
    [
        ("try_on", (), [NO_PERSON, NO_GARMENT]),
        ("try_on", (TOP, replace(TOP, number=2, photo="h", category="hat")), [NO_PERSON]),
        ("try_on", (PERSON, replace(TOP, number=3)), []),
        ("remix", (), [("picture", "Select a picture")]),
        ("compose", (), [("picture", "Select picture 1"), ("picture-2", "Select picture 2")]),
        ("compose", (replace(PICTURE, number=2),), [("picture", "Select picture 1")]),
        ("compose", (replace(PICTURE, number=7), replace(ANOTHER, number=8)), []),
        ("imagine", (), []),
    ],
)
def test_what_is_missing_is_told_at_the_first_empty_place(mode, pictures, missing):
    assert told(request(mode, *pictures)) == missing


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"is_usable": False}, request_rules.PHOTO_GONE),
        ({"is_linked": True}, request_rules.NO_LINKS),
        ({"is_consented": False}, request_rules.CONSENT_MISSING),
        ({"is_usable": False, "is_linked": True, "is_consented": False}, request_rules.PHOTO_GONE),
    ],
)
def test_a_picture_that_cannot_be_used_is_told_at_its_place(facts, sentence):
    assert told(request("compose", PICTURE, replace(ANOTHER, **facts))) == [("picture-2", sentence)]


def test_members_may_link_all_but_the_person():
    linked = request("try_on", replace(PERSON, is_linked=True), replace(TOP, is_linked=True), may_link=True)
    assert told(linked) == [("person", request_rules.NO_LINKS)]


def test_everything_that_is_wrong_is_told_at_once():
    dress = replace(TOP, number=2, reference="d", photo="d", category="dress", fit="tucked")
    asked = request("try_on", replace(PERSON, is_consented=False), TOP, dress, note="x" * 501)
    assert [place for place, _ in told(asked)] == ["person", "garment", "garment-2", "note"]


def test_a_refused_picture_keeps_its_place_and_is_not_told_twice():
    assert told(request("try_on", PERSON, PictureFacts("garment"))) == []


def test_the_first_broken_rule_is_the_refusal_and_the_model_is_asked_last():
    def refused(asked: RequestFacts, model: str = "google/imagen-4") -> str | None:
        return request_rules.refusal(asked, family(model))

    assert refused(request("try_on", PERSON)) == "Select a photo of the garment"
    assert refused(request("try_on", PERSON, TOP)).startswith("This model works from words only")
    assert refused(request("imagine", size="1K")) == "This model cannot make the size 1K. Leave it open."
    assert request_rules.refusal(request("imagine"), None) == request_rules.MODEL_GONE


def test_the_same_photo_in_two_parts_of_an_outfit_is_one_picture_for_the_model():
    suit = (PERSON, replace(TOP, category="bottom"), replace(TOP, number=2, category="outerwear"))
    assert request_rules.refusal(request("try_on", *suit), replace(FLASH, references=2)) is None


@pytest.mark.parametrize("note", ["", " ", "...", "“!”"])
def test_signs_alone_are_no_words(note):
    assert told(request("imagine", note=note)) == [("note", request_rules.WORDS_MISSING)]
    assert told(request("try_on", PERSON, TOP, note=note)) == []


def test_what_gives_way_is_what_the_form_would_refuse():
    for one, other in product(outfits.CATEGORIES, repeat=2):
        is_refused = request_rules.outfit_refusal([one, other]) is not None
        assert (other in outfits.gives_way(one)) == is_refused, (one, other)


def test_the_page_says_what_gives_way_in_the_words_of_the_refusal():
    limits = request_rules.limits_of("try_on")
    kinds = json.loads(limits["kinds"])
    said = limits["takes_place"].replace("{new}", "dress").replace("{old}", "top")
    assert request_rules.outfit_refusal(["top", "dress"]).startswith(said)
    said = limits["only_one"].replace("{two}", kinds["shoes"]["two"])
    assert request_rules.outfit_refusal(["shoes", "shoes"]).startswith(said)
    assert sorted(kinds, key=lambda name: kinds[name]["layer"])[:3] == ["bottom", "top", "dress"]


def test_the_sentences_name_the_limits_that_are_held():
    limits = request_rules.limits_of("try_on")
    assert limits["photo_bytes"] == LARGEST_BYTES == 20 * 1024 * 1024
    assert limits["photo_too_large"] == "The photo must be smaller than 20 MB"
    assert f"{MOST_PIXELS // 10**6} million" in SENTENCES["pixels"]
    assert SENTENCES["side"].startswith("The photo is too long on one side; 12,000 pixels")
    assert str(limits["note_characters"]) in request_rules.NOTE_TOO_LONG
    assert request_rules.UNKNOWN_COUNT == "Choose 1, 2, 3 or 4 pictures"
