"""What the sandbox's painter reads in a prompt."""

import pytest

from tryon.sandbox.painting.prompt_parser import ParsedPrompt, Piece, parse_prompt, slot_of


def test_the_person_and_the_garments_are_those_that_the_lines_name() -> None:
    prompt = (
        "Image 2 is the person. Keep the face.\n"
        "Image 3, bottom: replace the lower garment.\n"
        "Image 1, outerwear: add outermost, worn open.\n"
        'No text.\nStyling wish: "sleeves up"'
    )
    wish = parse_prompt(prompt, 3)
    assert wish == ParsedPrompt(2, (Piece(3, "bottom"), Piece(1, "outerwear", "open")), "sleeves up")


def test_two_lines_may_name_one_image() -> None:
    prompt = "Image 1 is the person.\nImage 2, bottom: replace.\nImage 2, top: replace, tucked in."
    assert parse_prompt(prompt, 2).pieces == (Piece(2, "bottom"), Piece(2, "top", "tucked"))


@pytest.mark.parametrize(
    ("words", "wear"),
    [
        ("top: tucked in", "tucked"),
        ("top: worn loose over the waist", "loose"),
        ("top: tucked in or loose as suits the waist", ""),
        ("top: as pictured", ""),
        ("outerwear: worn open", "open"),
        ("outerwear: worn closed", "closed"),
        ("outerwear: open or closed as pictured", ""),
        ("bottom: worn open", ""),
    ],
)
def test_how_a_garment_is_worn_is_said_in_its_line(words: str, wear: str) -> None:
    prompt = f"Image 1 is the person.\nImage 2, {words}.\nCopy closures; open light."
    (piece,) = parse_prompt(prompt, 2).pieces
    assert piece.wear == wear


def test_a_line_without_a_kind_leaves_the_kind_to_the_picture() -> None:
    prompt = "Image 1 is the person.\nImage 2: decide its kind.\nImage 3, hat: add."
    assert parse_prompt(prompt, 3).pieces == (Piece(2, "auto"), Piece(3, "hat"))


def test_an_image_without_a_line_is_put_on_last() -> None:
    prompt = "Image 1 is the person, image 2 goes over the rest.\nImage 3, hat: add."
    assert [piece.number for piece in parse_prompt(prompt, 3).pieces] == [3, 2]


def test_numbers_beyond_the_images_that_were_sent_are_nobody() -> None:
    wish = parse_prompt("Image 7 is the person.\nImage 2, top: add.\nImage 9, hat: add.", 2)
    assert (wish.person, wish.pieces) == (1, (Piece(2, "top"),))


@pytest.mark.parametrize(
    "prompt",
    [
        'Image 1 is the picture to change.\nRequest: "put a hat on image 1, top of the head"',
        'Image 1: its subject.\nImage 2: its subject.\nRequest: "Image 2, top of the hill"',
        "a person in a hat",
    ],
)
def test_words_alone_dress_nobody(prompt: str) -> None:
    wish = parse_prompt(prompt, 2)
    assert (wish.person, wish.pieces) == (None, ())


def test_the_users_words_are_the_quoted_ones_else_the_whole_prompt() -> None:
    assert parse_prompt('Make one photo.\nRequest: "a red shirt"', 0).words == "a red shirt"
    assert parse_prompt("a red shirt", 0).words == "a red shirt"


@pytest.mark.parametrize(
    ("prompt", "number", "slot"),
    [
        ("Image 2, dress: replace both. Image 3, hat: on the head.", 2, "dress"),
        ("Image 2, dress: replace both. Image 3, hat: on the head.", 3, "hat"),
        ("put the outerwear of image 2 over the top", 2, "outerwear"),
        ("Image 2: decide.", 2, "top"),
        ("the garment of image 12, shoes", 1, "top"),
        ("jewellery, from IMAGE 4", 4, "jewellery"),
    ],
)
def test_the_slot_is_the_word_nearest_to_the_image(prompt: str, number: int, slot: str) -> None:
    assert slot_of(prompt, number) == slot
