"""What each family of models takes, and what can be worn together."""

import pytest

from tryon.rules import model_families, request_rules

FLASH = "google/gemini-3.1-flash-image"


def refused(model=FLASH, references=2, size="1K", aspect_ratio="3:4", n=1, mode="try_on"):
    return request_rules.model_refusal(
        model_families.family(model), mode, references=references, size=size, aspect_ratio=aspect_ratio, n=n
    )


@pytest.mark.parametrize(
    ("model", "references"),
    [
        (FLASH, 8),
        ("google/gemini-3.1-flash-image-preview", 8),
        ("google/gemini-3-pro-image", 8),
        ("gemini-3.1-flash-image", 8),
        ("Google/Gemini-9-Image", 8),
        ("google/something-new", 8),
        ("gemini-nano-banana-2.1", 8),
        ("google/gemini-2.5-flash-image", 3),
        ("google/gemini-2.5-flash-image-preview", 3),
        ("google/imagen-4", 0),
        ("google/imagen-4-ultra", 0),
        ("openai/gpt-image-2", 0),
        ("xai/grok-imagine-image-quality", 1),
        ("recraft/recraft-v4-pro", 0),
        ("nobody/knows-this", 0),
        ("", 0),
    ],
)
def test_each_family_takes_its_number_of_photos(model, references):
    assert model_families.family(model).references == references
    if references >= 2:
        assert refused(model, references) is None
    assert refused(model, references + 1) is not None


@pytest.mark.parametrize("size", [None, *model_families.SIZES])
@pytest.mark.parametrize("ratio", [None, *model_families.RATIOS])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_gemini_family_takes_every_choice_of_the_form(size, ratio, n):
    assert refused(size=size, aspect_ratio=ratio, n=n, references=8) is None


@pytest.mark.parametrize("model", ["gemini-nano-banana-2.1", "google/nano-banana-2"])
def test_a_model_without_a_size_is_not_asked_for_it(model):
    assert refused(model, size="2K", references=8) is None
    assert refused(model, size="512") == "This model cannot make the size 512. Choose one of 1K, 2K."


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("recraft/recraft-v4-vector", True),
        ("recraft/recraft-v4-pro-vector", True),
        ("recraft/recraft-v4", False),
    ],
)
def test_drawings_are_told_from_pictures(model, expected):
    assert model_families.answers_vectors(model) is expected


IMAGEN, GPT, GROK, RECRAFT = (
    "google/imagen-4",
    "openai/gpt-image-2",
    "xai/grok-imagine-image",
    "recraft/recraft-v4",
)


@pytest.mark.parametrize(
    ("model", "modes"),
    [
        (FLASH, ["try_on", "remix", "compose", "imagine"]),
        ("google/gemini-2.5-flash-image", ["try_on", "remix", "compose", "imagine"]),
        (GROK, ["remix", "imagine"]),
        (IMAGEN, ["imagine"]),
        (GPT, ["imagine"]),
        (RECRAFT, ["imagine"]),
        ("nobody/knows-this", ["imagine"]),
    ],
)
def test_a_model_serves_the_ways_of_asking_that_its_pictures_allow(model, modes):
    assert [mode for mode in model_families.MODES if model_families.family(model).serves(mode)] == modes


@pytest.mark.parametrize("model", [IMAGEN, GPT, GROK, "nobody/knows-this"])
def test_a_model_of_unknown_options_is_sent_none(model):
    assert refused(model, 0, None, None, 4, "imagine") is None
    assert refused(model, 0, "1K", None, 1, "imagine") == "This model cannot make the size 1K. Leave it open."
    assert (
        refused(model, 0, None, "1:1", 1, "imagine") == "This model cannot make the shape 1:1. Leave it open."
    )


@pytest.mark.parametrize(
    ("mode", "references", "reason"),
    [
        ("remix", 0, "Choose at least 1 picture."),
        ("remix", 2, "This model takes 1 picture at most. Remove 1 to go on."),
        ("compose", 1, "Choose at least 2 pictures."),
        ("compose", 8, None),
        ("compose", 9, "This model takes 8 pictures at most. Remove 1 to go on."),
        ("imagine", 1, "This way of asking takes words only. Remove the picture."),
        ("imagine", 0, None),
    ],
)
def test_each_way_of_asking_takes_its_number_of_pictures(mode, references, reason):
    assert refused(references=references, mode=mode) == reason


def test_each_family_spells_the_choices_in_its_own_fields():
    def spelled(model, references=0):
        chosen = (
            {"size": "2K", "aspect_ratio": "9:16"} if model == FLASH else {"size": "", "aspect_ratio": ""}
        )
        if model == RECRAFT:
            chosen["aspect_ratio"] = "9:16"
        found = model_families.options(model_families.family(model), **chosen, count=3, references=references)
        return found.size, found.aspect_ratio, found.n

    assert spelled(FLASH, 2) == ("2K", "9:16", 3)
    assert spelled(IMAGEN) == spelled(GROK) == spelled(GROK, 1) == (None, None, None)
    assert spelled(GPT) == (None, None, 3)
    assert spelled(RECRAFT) == ("9:16", None, 1)


@pytest.mark.parametrize(
    ("slot", "wear", "reason"),
    [
        ("top", "", None),
        ("top", "tucked", None),
        ("outerwear", "open", None),
        ("bag", "", None),
        ("bag", "tucked", "Only a top can be worn tucked. Choose the kind, or how it is worn, again."),
        (
            "auto",
            "closed",
            "Only a jacket or coat can be worn closed. Choose the kind, or how it is worn, again.",
        ),
        ("top", "inside out", "Choose one of the ways to wear it."),
    ],
)
def test_only_what_can_be_worn_so_is(slot, wear, reason):
    assert request_rules.fit_refusal(slot, wear) == reason


def test_a_refusal_says_what_to_change():
    assert refused("google/gemini-2.5-flash-image", 5) == (
        "This model takes 3 photos at most, the person's included. Remove 2 to go on."
    )
    assert refused(IMAGEN, 2) == (
        "This model works from words only and cannot use photos. Choose another model."
    )
    assert refused(GROK, 2) == "This model takes one picture only. Choose another model."
    assert refused(size="4K") == "This model cannot make the size 4K. Choose one of 512, 1K, 2K."
    assert (
        refused(aspect_ratio="2:1")
        == "This model cannot make the shape 2:1. Choose one of 1:1, 3:4, 4:3, 9:16, 16:9."
    )
    assert refused(n=0) == refused(n=5) == "Choose between 1 and 4 pictures."


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [
        (1000, 1000, "1:1"),
        (3024, 4032, "3:4"),
        (4032, 3024, "4:3"),
        (1080, 1920, "9:16"),
        (1920, 1080, "16:9"),
        (2000, 3000, "3:4"),  # 0.667, by logarithm between 0.75 and 0.5625 but nearer to 0.75
        (1080, 2400, "9:16"),
        (1, 5000, "9:16"),
        (5000, 1, "16:9"),
        (870, 1000, "1:1"),
        (860, 1000, "3:4"),
    ],
)
def test_the_shape_nearest_to_the_photo_is_chosen(width, height, ratio):
    assert model_families.nearest_ratio(width, height) == ratio
    turned = ":".join(reversed(ratio.split(":")))
    assert model_families.nearest_ratio(height, width) == turned


def test_the_nearest_shape_is_one_of_those_offered():
    assert model_families.nearest_ratio(1920, 1080, ("1:1", "9:16")) == "1:1"


@pytest.mark.parametrize(
    "slots",
    [
        [],
        ["top"],
        ["top", "bottom", "outerwear", "shoes", "hat", "glasses", "bag"],
        ["dress", "outerwear"],
        ["dress", "shoes", "hat", "jewellery", "jewellery", "bag", "bag"],
        ["auto"] * 7,
        ["dress", "auto"],
    ],
)
def test_what_can_be_worn_together_is_accepted(slots):
    assert request_rules.outfit_refusal(slots) is None


@pytest.mark.parametrize(
    ("slots", "reason"),
    [
        (
            ["top", "bottom", "top"],
            "You chose two tops, and only one can be worn at a time. Keep one of them.",
        ),
        (
            ["bottom", "bottom"],
            "You chose two bottoms, and only one can be worn at a time. Keep one of them.",
        ),
        (["dress", "dress"], "You chose two dresses, and only one can be worn at a time. Keep one of them."),
        (
            ["shoes", "hat", "shoes"],
            "You chose two pairs of shoes, and only one can be worn at a time. Keep one of them.",
        ),
        (["hat", "hat"], "You chose two hats, and only one can be worn at a time. Keep one of them."),
        (
            ["glasses"] * 2,
            "You chose two pairs of glasses, and only one can be worn at a time. Keep one of them.",
        ),
        (["top", "dress"], "The dress takes the place of the top. Keep the dress or the top, not both."),
        (
            ["dress", "bottom"],
            "The dress takes the place of the bottom. Keep the dress or the bottom, not both.",
        ),
        (["auto"] * 9, "An outfit has 7 pieces at most. Remove 2 to go on."),
    ],
)
def test_what_cannot_be_worn_together_is_refused_with_the_reason(slots, reason):
    assert request_rules.outfit_refusal(slots) == reason


def test_every_size_has_a_price_to_fall_back_on():
    assert model_families.LIST_PRICES == {"512": 45_000, "1K": 67_000, "2K": 101_000}
    assert tuple(model_families.LIST_PRICES) == model_families.SIZES
