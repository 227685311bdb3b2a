"""Colours that a file names without a profile come out as a browser shows them."""

from __future__ import annotations

import base64
import colorsys
import struct
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from gallery.pictures import normalise, preview, render
from tests.rings import matrix

from .drawn import ADOBE_RGB, DATA, chunk, encoded, opened, png, profile

CASES = DATA / "cases"
BANDS = ((255, 255, 255), (128, 128, 128), (191, 64, 64), (51, 140, 77), (20, 20, 20), (230, 190, 60))
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
DISPLAY_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
D65 = (0.3127, 0.3290)


def bands(colours=BANDS) -> Image.Image:
    picture = Image.new("RGB", (300, 75 * len(colours)))
    height = picture.height // len(colours)
    for number, colour in enumerate(colours):
        picture.paste(colour, (0, number * height, 300, (number + 1) * height))
    return picture


def shown(content: bytes, count: int = len(BANDS)) -> list[tuple[int, ...]]:
    """The colours in the middle of each band, as kept."""
    picture = opened(content).convert("RGB")
    return [
        picture.getpixel((picture.width // 2, int(picture.height * (n + 0.5) / count))) for n in range(count)
    ]


def near(found, wanted, tolerance=3) -> bool:
    return np.abs(np.array(found) - np.array(wanted)).max() <= tolerance


def to_xyz(primaries: tuple[float, ...]) -> np.ndarray:
    columns = np.array([[x, y, 1 - x - y] for x, y in zip(primaries[::2], primaries[1::2], strict=True)]).T
    white = np.array([D65[0] / D65[1], 1, (1 - sum(D65)) / D65[1]])
    return columns * np.linalg.solve(columns, white)


def srgb_of(light: np.ndarray) -> np.ndarray:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255


def light_of(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def converted(colours, primaries, curve=light_of) -> np.ndarray:
    """What a browser shows of these values, worked out by hand."""
    light = curve(np.array(colours) / 255) @ to_xyz(primaries).T
    return srgb_of(light @ np.linalg.inv(to_xyz(SRGB)).T).round()


def power(gamma: float):
    return lambda value: value**gamma


def png_with(*chunks: bytes, picture: Image.Image | None = None) -> bytes:
    content = encoded(picture or bands(), "PNG")
    return content[:33] + b"".join(chunks) + content[33:]


def gama(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(100_000 * value)))


def chrm(primaries: tuple[float, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in (*D65, *primaries))))


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes((primaries, transfer, 0, 1)))


def avif_with(primaries: int, transfer: int, picture: Image.Image | None = None) -> bytes:
    content = encoded(picture or bands(), "AVIF", quality=100, subsampling="4:4:4")
    place = content.index(b"colrnclx") + 8
    return content[:place] + struct.pack(">HH", primaries, transfer) + content[place + 4 :]


FOUR = ((255, 255, 255), (128, 128, 128), (191, 64, 64), (51, 140, 77))


@pytest.mark.parametrize("name", ["heic_P3.heic", "png_gAMA_linear.png"])
def test_named_colours_of_files_that_people_have(name):
    assert near(shown(normalise(CASES / name).content, 4), FOUR)


def hue(colour) -> float:
    return colorsys.rgb_to_hsv(*colour)[0] * 360


@pytest.mark.parametrize("name", ["png_cICP_2020PQ.png", "avif_2020HLG.avif"])
def test_hdr_of_files_that_people_have_is_bright_and_turns_no_hue(name):
    white, grey, red, green = shown(normalise(CASES / name).content, 4)
    assert min(white) > 235
    assert all(max(colour) - min(colour) <= 2 for colour in (white, grey))
    assert min(abs(hue(red) - hue(FOUR[2])), 360 - abs(hue(red) - hue(FOUR[2]))) < 4
    assert abs(hue(green) - hue(FOUR[3])) < 4


NAMED = {
    "Display P3": ([cicp(12, 13)], DISPLAY_P3, light_of),
    "BT.2020": ([cicp(9, 13)], BT2020, light_of),
    "BT.2020 of television": ([cicp(9, 14)], BT2020, power(2.4)),
    "BT.709 of television": ([cicp(1, 1)], SRGB, power(2.4)),
    "linear P3": ([cicp(12, 8)], DISPLAY_P3, power(1)),
    "gamma 1.0": ([gama(1)], SRGB, power(1)),
    "gamma 1.8": ([gama(1 / 1.8)], SRGB, power(1.8)),
    "gamma 2.2 of P3": ([gama(1 / 2.2), chrm(DISPLAY_P3)], DISPLAY_P3, power(2.2)),
    "gamma 2.2 of BT.2020": ([chrm(BT2020), gama(1 / 2.2)], BT2020, power(2.2)),
    "chromaticities alone": ([chrm(BT2020)], SRGB, light_of),
    "chromaticities of nothing": ([gama(1), chunk(b"cHRM", bytes(32))], SRGB, light_of),
    "gamma 2.2 alone": ([gama(1 / 2.2)], SRGB, light_of),
    "gamma 2.0": ([gama(1 / 2)], SRGB, power(2)),
    "gamma 2.2 of sRGB": ([gama(1 / 2.2), chrm(SRGB)], SRGB, power(2.2)),
    "no gamma": ([gama(0)], SRGB, light_of),
    "sRGB beats gamma": ([gama(1), chrm(BT2020), chunk(b"sRGB", b"\0")], SRGB, light_of),
    "cICP beats sRGB": ([cicp(12, 13), chunk(b"sRGB", b"\0"), gama(1)], DISPLAY_P3, light_of),
    "cICP of nobody's numbers": ([cicp(200, 13)], SRGB, light_of),
    "cICP left open": ([cicp(2, 2)], SRGB, light_of),
    "cICP beats a profile": (
        [cicp(1, 13), chunk(b"iCCP", b"p\0\0" + zlib.compress(profile(ADOBE_RGB)))],
        SRGB,
        light_of,
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_png_that_names_its_colours(tmp_path, name):
    chunks, primaries, curve = NAMED[name]
    content = png_with(*chunks)
    wanted = converted(BANDS, primaries, curve)
    assert near(shown(normalise(content).content), wanted)
    file = tmp_path / "made"
    file.write_bytes(content)
    assert near(shown(render(file, {"small": 300})["small"]), wanted, 6)


def test_a_profile_beats_gamma():
    told = chunk(b"iCCP", b"p\0\0" + zlib.compress(profile(ADOBE_RGB)))
    with_profile = shown(normalise(png_with(told)).content)
    assert shown(normalise(png_with(told, gama(1))).content) == with_profile
    assert not near(with_profile, BANDS)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA"])
def test_every_kind_of_png_may_name_its_colours(mode):
    grey = Image.new("L", (300, 300), 64)
    picture = grey.convert(mode)
    content = encoded(picture, "PNG")
    kept = normalise(content[:33] + gama(1) + content[33:]).content
    assert near(opened(kept).getpixel((9, 9)), (137,) * 3)


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
def test_a_deep_png_may_name_its_colours(colour):
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    values = [64 * 257] * channels
    if colour in (4, 6):
        values[-1] = 65_535
    row = b"\0" + struct.pack(f">{channels}H", *values) * 300
    content = png(300, 300, gama(1), chunk(b"IDAT", zlib.compress(row * 300)), depth=16, colour=colour)
    assert near(opened(normalise(content).content).getpixel((9, 9)), (137,) * 3)


@pytest.mark.parametrize("codes", [(12, 13), (9, 14), (1, 1), (2, 2)], ids=str)
def test_a_heic_that_names_its_colours_by_number(codes):
    content = (CASES / "heic_P3.heic").read_bytes()
    place = content.index(b"colrnclx") + 8

    def numbered(primaries: int, transfer: int) -> bytes:
        return content[:place] + struct.pack(">HH", primaries, transfer) + content[place + 4 :]

    plain = shown(normalise(numbered(1, 13)).content, 4)
    found = shown(normalise(numbered(*codes)).content, 4)
    assert near(found, converted(plain, CODES.get(codes, SRGB)))


CODES = {
    (12, 13): DISPLAY_P3,
    (9, 13): BT2020,
    (9, 14): BT2020,
    (12, 1): DISPLAY_P3,
    (1, 13): SRGB,
    (1, 1): SRGB,
    (2, 2): SRGB,
    (2, 13): SRGB,
}


@pytest.mark.parametrize("codes", CODES, ids=str)
def test_an_avif_that_names_its_colours_by_number(codes):
    assert near(shown(normalise(avif_with(*codes)).content), converted(BANDS, CODES[codes]))


def test_a_profile_in_an_avif_beats_its_numbers():
    content = encoded(bands(), "AVIF", icc_profile=profile(ADOBE_RGB), quality=100, subsampling="4:4:4")
    place = content.index(b"colrnclx") + 8
    other = content[:place] + struct.pack(">HH", 9, 16) + content[place + 4 :]
    assert near(shown(normalise(other).content), shown(normalise(content).content))


def pq(nits: np.ndarray) -> np.ndarray:
    power = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg(nits: np.ndarray) -> np.ndarray:
    """Of light in BT.2020, on a screen of 1000 nits."""
    luma = nits @ np.array([0.2627, 0.6780, 0.0593]) / 1000
    scene = nits / 1000 * np.maximum(luma, 1e-9)[..., None] ** (1 / 1.2 - 1)
    logarithm = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), logarithm)


def in_hdr(colours, curve) -> list[tuple[int, ...]]:
    """These colours of a screen whose white has 203 nits, as BT.2020 by this curve."""
    light = light_of(np.array(colours) / 255) @ to_xyz(SRGB).T @ np.linalg.inv(to_xyz(BT2020)).T
    return [tuple(int(v) for v in row) for row in (curve(203 * light.clip(0)) * 255).round()]


@pytest.mark.parametrize("build", [png_with, avif_with], ids=["PNG", "AVIF"])
@pytest.mark.parametrize(("transfer", "curve"), [(16, pq), (18, hlg)], ids=["PQ", "HLG"])
def test_hdr_is_shown_as_its_colours_on_paper_white(build, transfer, curve):
    picture = bands(in_hdr(BANDS, curve))
    codes = (cicp(9, transfer),) if build is png_with else (9, transfer)
    found = shown(normalise(build(*codes, picture=picture)).content)
    assert min(found[0]) > 235
    assert near(found[1:5], BANDS[1:5], 10)  # a step of PQ's 8 bits is wider, more so in AVIF's YCbCr
    assert near(hue(found[5]), hue(BANDS[5]), 4)


@pytest.mark.parametrize(("transfer", "curve"), [(16, pq), (18, hlg)], ids=["PQ", "HLG"])
def test_highlights_above_white_keep_their_hue_and_their_order(transfer, curve):
    light = np.array([[1.0, 0.25, 0.05]]) * np.array([[90.0], [180.0], [360.0], [720.0]])
    values = [tuple(int(v) for v in row) for row in (curve(light) * 255).round()]
    found = shown(normalise(png_with(cicp(1, transfer), picture=bands(values))).content, 4)
    assert [colour[0] for colour in found] == sorted({colour[0] for colour in found})
    hues = [hue(light_of(np.array(colour) / 255)) for colour in found]
    assert max(hues) - min(hues) < 3


def test_a_long_picture_has_no_seams():
    ramp = Image.linear_gradient("L").resize((300, 2000)).convert("RGB")
    kept = opened(normalise(png_with(gama(1), picture=ramp)).content).convert("L")
    column = [kept.getpixel((150, y)) for y in range(0, 2000, 5)]
    assert all(later >= earlier - 2 for earlier, later in pairwise(column))


def test_the_preview_has_the_same_colours(tmp_path: Path):
    file = tmp_path / "made"
    file.write_bytes(png_with(gama(1), picture=Image.new("RGB", (1200, 630), (64, 64, 64))))
    assert near(opened(preview(file)).getpixel((600, 300)), (137,) * 3)


RARE = [(4, 13), (5, 6), (7, 7), (8, 13), (10, 13), (11, 17), (22, 13), (1, 4), (1, 5), (12, 8)]
PAINT = """async ([address, count]) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const paper = canvas.getContext("2d");
  paper.drawImage(image, 0, 0);
  const row = (n) => Math.floor((canvas.height * (n + 0.5)) / count);
  const pixel = (n) => [...paper.getImageData(canvas.width / 2, row(n), 1, 1).data].slice(0, 3);
  return Array.from({ length: count }, (_, n) => pixel(n));
}"""


@pytest.mark.browser
@pytest.mark.parametrize("which", matrix(["usual", "rare"], first=1))
def test_chromium_shows_the_same_colours(browser: Browser, which: str):
    page = browser.new_page()
    page.goto("about:blank")
    files = [("png", png_with(*chunks)) for chunks, *_ in NAMED.values()] if which == "usual" else []
    files += [("png", png_with(cicp(*codes))) for codes in RARE if which == "rare"]
    files += [("avif", avif_with(*codes)) for codes in (CODES if which == "usual" else RARE)]
    for kind, content in files:
        address = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
        assert near(shown(normalise(content).content), page.evaluate(PAINT, [address, len(BANDS)]))
    page.close()
