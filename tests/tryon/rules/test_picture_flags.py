"""Which measures of a picture call for a second look."""

from __future__ import annotations

import pytest

from tryon.rules.picture_flags import Asked, Measured, flags

PHOTO = (1200, 1600)
FINE = Measured(detail=0.4, changed=180.0, moved=0.0, unlike=90.0)


def test_a_picture_as_it_was_asked_for_has_no_flag():
    assert flags(896, 1200, Asked("1K", "3:4", PHOTO), FINE) == {}
    assert flags(896, 1200, Asked(), Measured()) == {}, "nothing is known of it"


@pytest.mark.parametrize(
    ("seen", "flag"),
    [
        (Measured(detail=0.01), {"one_colour": 0.01}),
        (Measured(changed=12.0), {"unchanged": 12.0}),
        (Measured(unlike=3.0), {"twin": 3.0}),
        (Measured(moved=0.11), {"reframed": 0.11}),
        (Measured(moved=0.01), {}),
        (Measured(changed=60.0, unlike=20.0), {}),
    ],
)
def test_each_measure_has_its_flag(seen, flag):
    assert flags(896, 1200, Asked("1K", "3:4", PHOTO), seen) == flag


@pytest.mark.parametrize(
    ("size", "pixels", "share"),
    [
        ("1K", (896, 1200), None),
        ("1K", (1376, 768), None),
        ("1K", (2048, 2048), None),
        ("1K", (512, 512), 0.5),
        ("2K", (1024, 1024), 0.5),
        ("512", (300, 400), pytest.approx(0.677, abs=0.001)),
        ("", (300, 400), None),
    ],
)
def test_smaller_than_asked_is_told_as_a_share_of_the_side(size, pixels, share):
    assert flags(*pixels, Asked(size), Measured()).get("small") == share


@pytest.mark.parametrize(
    ("asked", "before", "pixels", "off"),
    [
        ("3:4", PHOTO, (864, 1184), False),
        ("3:4", PHOTO, (1024, 1024), True),
        ("1:1", PHOTO, (1200, 1600), True),
        ("1:1", PHOTO, (1024, 1024), False),
        ("3:4", (1000, 1500), (1000, 1500), False),
        ("3:4", (1000, 1500), (1500, 1000), True),
        ("", PHOTO, (1600, 1200), True),
        ("", PHOTO, (768, 1024), False),
        ("", None, (1600, 1200), False),
        ("16:9", None, (1024, 1024), True),
    ],
)
def test_the_shape_is_that_asked_for_or_else_that_of_the_photo(asked, before, pixels, off):
    assert ("reframed" in flags(*pixels, Asked("", asked, before), Measured())) is off


def test_where_another_shape_was_asked_for_the_frame_has_to_move():
    assert flags(1024, 1024, Asked("1K", "1:1", PHOTO), Measured(moved=0.2)) == {}
