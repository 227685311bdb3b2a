"""What becomes of a photo, and of a picture that the gateway made."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gallery.pictures import BadPicture, inspect, mosaic, normalise, preview, render

from .drawn import (
    ADOBE_RGB,
    BLUE,
    DATA,
    DISPLAY_P3,
    GREEN,
    RED,
    YELLOW,
    corners,
    encoded,
    grey_profile,
    noise,
    opened,
    profile,
)

FLIPS = Image.Transpose
AS_HELD = {
    1: None,
    2: FLIPS.FLIP_LEFT_RIGHT,
    3: FLIPS.ROTATE_180,
    4: FLIPS.FLIP_TOP_BOTTOM,
    5: FLIPS.TRANSPOSE,
    6: FLIPS.ROTATE_90,
    7: FLIPS.TRANSVERSE,
    8: FLIPS.ROTATE_270,
}


def near(found: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 4) -> bool:
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= tolerance


def shows_the_corners(picture: Image.Image) -> bool:
    picture = picture.convert("RGB")
    across, down = picture.width // 4, picture.height // 4
    spots = ((across, down), (3 * across, down), (3 * across, 3 * down), (across, 3 * down))
    wanted = (RED, GREEN, BLUE, YELLOW)
    return all(near(picture.getpixel(spot), colour, 6) for spot, colour in zip(spots, wanted, strict=True))


def held(number: int) -> dict[str, object]:
    """The corners as the sensor saw them, and the EXIF that says how the camera was held."""
    turn = AS_HELD[number]
    exif = Image.Exif()
    exif[0x0112] = number
    return {"picture": corners().transpose(turn) if turn is not None else corners(), "exif": exif}


def in_srgb(
    colour: tuple[int, ...], primaries: tuple[tuple[float, ...], ...], gamma: float
) -> tuple[int, ...]:
    """The sRGB value of a colour given in other primaries, worked out by hand."""
    to_xyz = np.array(primaries).T
    srgb_to_xyz = np.array(
        [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
    )
    linear = np.linalg.solve(srgb_to_xyz, to_xyz @ (np.array(colour) / 255) ** gamma).clip(0, 1)
    values = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(int(value) for value in (values * 255).round())


def test_a_photo_is_kept_as_a_jpeg_of_2048_pixels_at_most():
    picture = normalise(encoded(corners(4000, 3000), "JPEG"))
    kept = opened(picture.content)
    assert (picture.content_type, kept.format, kept.mode) == ("image/jpeg", "JPEG", "RGB")
    assert (picture.width, picture.height) == kept.size
    assert 0.9 * 2048 <= max(kept.size) <= 2048
    assert kept.width / kept.height == pytest.approx(4 / 3, abs=0.002)
    assert shows_the_corners(kept)
    assert len(picture.content) < 2_000_000


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ((6000, 1000), (2048, 341)),
        ((300, 2500), (246, 2048)),
        ((2049, 500), (2048, 500)),
        ((3690, 800), (1845, 400)),
    ],
)
def test_the_shape_of_a_photo_is_kept(size, kept):
    picture = normalise(encoded(Image.new("RGB", size), "JPEG"))
    assert (picture.width, picture.height) == kept


def test_a_small_photo_is_not_enlarged():
    picture = normalise(encoded(corners(480, 320), "PNG"))
    assert (picture.width, picture.height) == (480, 320)


def test_even_pure_noise_stays_far_below_the_gateways_limit():
    assert len(normalise(encoded(noise(2600, 2600), "JPEG", quality=90)).content) < 10 * 1024 * 1024


def test_a_photo_is_known_by_the_bytes_that_were_received(tmp_path):
    content = encoded(corners(), "JPEG")
    file = tmp_path / "photo"
    file.write_bytes(content)
    assert normalise(file) == normalise(content)
    assert normalise(file).sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("number", AS_HELD)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_photo_is_upright_however_the_camera_was_held(kind, number):
    photo = held(number)
    picture = normalise(encoded(photo["picture"], kind, exif=photo["exif"]))
    assert (picture.width, picture.height) == (480, 320)
    assert shows_the_corners(opened(picture.content))


@pytest.mark.parametrize("name", ["small.heic", "turned.heic"])
def test_a_heic_photo_is_read_and_upright(name):
    picture = normalise(DATA / name)
    assert (picture.width, picture.height) == (384, 256)
    assert near(opened(picture.content).getpixel((40, 30)), (220, 30, 30), 12)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_kind_of_photo_is_read(kind):
    assert shows_the_corners(opened(normalise(encoded(corners(), kind)).content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("primaries", [DISPLAY_P3, ADOBE_RGB], ids=["Display P3", "Adobe RGB"])
@pytest.mark.parametrize("colour", [(200, 100, 50), (60, 160, 120)])
def test_colours_survive_the_loss_of_their_profile(kind, primaries, colour):
    options = {"icc_profile": profile(primaries), "quality": 95} | (
        {"lossless": True} if kind == "WEBP" else {}
    )
    photo = encoded(Image.new("RGB", (300, 300), colour), kind, **options)
    wanted = in_srgb(colour, primaries, 2.2)
    assert near(opened(normalise(photo).content).getpixel((150, 150)), wanted)
    assert not near(wanted, colour, 6)


def test_a_grey_photo_with_a_profile_keeps_its_brightness():
    photo = encoded(Image.new("L", (300, 300), 100), "PNG", icc_profile=grey_profile(1.0))
    wanted = round(255 * (1.055 * (100 / 255) ** (1 / 2.4) - 0.055))
    assert near(opened(normalise(photo).content).getpixel((9, 9)), (wanted,) * 3)


def test_a_colour_profile_on_a_grey_photo_is_used():
    photo = encoded(Image.new("L", (300, 300), 100), "JPEG", icc_profile=profile(ADOBE_RGB, 1.0))
    assert opened(normalise(photo).content).getpixel((9, 9))[0] > 150


@pytest.mark.parametrize("bad", [b"no profile", profile(ADOBE_RGB)[:200], grey_profile(1.0)])
def test_a_profile_that_does_not_fit_spoils_no_photo(bad):
    photo = encoded(corners(), "JPEG", icc_profile=bad)
    assert shows_the_corners(opened(normalise(photo).content))


def test_damaged_exif_spoils_no_photo():
    photo = encoded(corners(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03")
    assert shows_the_corners(opened(normalise(photo).content))


@pytest.mark.parametrize(
    ("mode", "value", "shown"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 90, (90, 90, 90)),
        ("LA", (90, 255), (90, 90, 90)),
        ("I;16", 90 * 257, (90, 90, 90)),
        ("RGB", (9, 90, 200), (9, 90, 200)),
        ("RGBA", (9, 90, 200, 255), (9, 90, 200)),
    ],
)
def test_every_kind_of_png_is_read(mode, value, shown):
    picture = normalise(encoded(Image.new(mode, (2300, 300), value), "PNG"))
    assert near(opened(picture.content).getpixel((150, 150)), shown)


def test_a_palette_is_read():
    photo = corners().quantize(8)
    assert shows_the_corners(opened(normalise(encoded(photo, "PNG")).content))


@pytest.mark.parametrize("size", [(300, 300), (2400, 300)])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_what_is_transparent_becomes_white(mode, size):
    photo = Image.new("RGBA", size, (0, 0, 0, 0))
    photo.paste((120, 120, 120, 255), (0, 0, size[0] // 2, size[1]))
    if mode == "LA":
        photo = photo.convert("LA")
    options = {}
    if mode in {"P", "RGB"}:
        photo = photo.convert("RGB").quantize(2) if mode == "P" else photo.convert("RGB")
        options = {"transparency": photo.getpixel((size[0] - 1, 0))}
    shown = opened(normalise(encoded(photo, "PNG", **options)).content)
    assert near(shown.getpixel((shown.width // 4, 100)), (120, 120, 120))
    assert near(shown.getpixel((3 * shown.width // 4, 100)), (255, 255, 255))


def test_a_half_transparent_garment_is_mixed_with_white():
    photo = encoded(Image.new("RGBA", (300, 300), (200, 0, 0, 128)), "WEBP", lossless=True)
    assert near(opened(normalise(photo).content).getpixel((9, 9)), (227, 127, 127))


def test_a_jpeg_in_printing_inks_is_read():
    photo = encoded(corners().convert("CMYK"), "JPEG", quality=95)
    assert shows_the_corners(opened(normalise(photo).content))


def test_a_phone_photo_that_carries_more_pictures_is_its_first():
    photo = encoded(corners(), "MPO", save_all=True, append_images=[Image.new("RGB", (480, 320))])
    assert opened(photo).n_frames == 2
    assert shows_the_corners(opened(normalise(photo).content))


@pytest.mark.parametrize(
    ("kind", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_a_made_picture_is_kept_as_it_came(tmp_path, kind, content_type):
    file = tmp_path / "made"
    file.write_bytes(encoded(corners(), kind))
    found = inspect(file)
    assert (found.content_type, found.width, found.height) == (content_type, 480, 320)


def test_a_made_jpeg_that_carries_more_pictures_is_a_jpeg(tmp_path):
    file = tmp_path / "made"
    file.write_bytes(encoded(corners(), "MPO", save_all=True, append_images=[Image.new("RGB", (480, 320))]))
    assert inspect(file).content_type == "image/jpeg"


def test_a_made_picture_may_be_small_and_has_the_size_that_is_shown(tmp_path):
    file = tmp_path / "made"
    exif = Image.Exif()
    exif[0x0112] = 6
    file.write_bytes(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert (inspect(file).width, inspect(file).height) == (20, 40)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_made_picture_that_came_in_part_is_not_taken(tmp_path, kind):
    content = encoded(noise(600, 600), kind)
    file = tmp_path / "made"
    file.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(BadPicture) as refused:
        inspect(file)
    assert refused.value.code == "broken"


@pytest.mark.parametrize("number", [1, 6])
def test_what_a_made_picture_looks_like_is_told_in_cells_upright(number):
    photo = held(number)
    found = mosaic(encoded(photo["picture"], "JPEG", exif=photo["exif"], quality=95), 2)
    assert (found.width, found.height) == (480, 320)
    assert all(map(near, found.cells, (RED, GREEN, YELLOW, BLUE)))
    with pytest.raises(BadPicture):
        mosaic(b"no picture", 2)


def test_renditions_are_webp_of_the_asked_width(tmp_path):
    file = tmp_path / "original"
    file.write_bytes(encoded(corners(1800, 1200), "PNG"))
    made = {name: opened(content) for name, content in render(file, {"small": 480, "large": 1600}).items()}
    assert {name: picture.size for name, picture in made.items()} == {
        "small": (480, 320),
        "large": (1600, 1067),
    }
    assert all(picture.format == "WEBP" and shows_the_corners(picture) for picture in made.values())


def test_renditions_are_never_enlarged(tmp_path):
    file = tmp_path / "original"
    file.write_bytes(encoded(corners(600, 400), "JPEG"))
    made = render(file, {"small": 480, "large": 1600})
    assert [opened(made[name]).size for name in ("small", "large")] == [(480, 320), (600, 400)]


@pytest.mark.parametrize("number", [6, 8])
def test_renditions_are_upright_and_as_wide_as_asked(tmp_path, number):
    photo = held(number)
    file = tmp_path / "original"
    picture = photo["picture"].resize((2000, 3000))
    file.write_bytes(encoded(picture, "JPEG", exif=photo["exif"]))
    small = opened(render(file, {"small": 600})["small"])
    assert small.size == (600, 400)
    assert shows_the_corners(small)


@pytest.mark.parametrize("size", [(1024, 1024), (300, 900), (5000, 700), (40, 30)])
def test_a_link_preview_shows_the_whole_picture(tmp_path, size):
    file = tmp_path / "original"
    file.write_bytes(encoded(corners(*size), "PNG"))
    card = opened(preview(file))
    assert (card.format, card.size) == ("JPEG", (1200, 630))
    scale = min(1200 / size[0], 630 / size[1])
    width, height = round(size[0] * scale), round(size[1] * scale)
    left, top = (1200 - width) // 2, (630 - height) // 2
    assert shows_the_corners(card.crop((left, top, left + width, top + height)))


def test_a_link_preview_is_small_enough_for_chats(tmp_path):
    file = tmp_path / "original"
    file.write_bytes(encoded(noise(1200, 630), "PNG"))
    assert len(preview(file)) < 600_000


def test_a_link_preview_has_a_ground_of_the_pictures_own_colours(tmp_path):
    file = tmp_path / "original"
    file.write_bytes(encoded(Image.new("RGB", (400, 800), (40, 90, 160)), "PNG"))
    card = Image.open(io.BytesIO(preview(file)))
    assert near(card.getpixel((5, 5)), (40, 90, 160), 6)


def test_a_picture_is_not_changed_by_looking_at_it(tmp_path):
    file = Path(tmp_path / "original")
    content = encoded(corners(), "PNG")
    file.write_bytes(content)
    inspect(file), render(file, {"small": 100}), preview(file)
    assert file.read_bytes() == content
