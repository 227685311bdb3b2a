"""What a browser shows is opened, whatever else is wrong with the file; what lacks pixels is not."""

import re
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gallery.pictures import BadPicture, inspect, normalise, preview, render
from tests.rings import matrix

from .drawn import ADOBE_RGB, BLUE, DATA, GREEN, RED, YELLOW, chunk, corners, encoded, noise, opened, profile

CASES = DATA / "cases"
SPOTS = ((0.25, 0.25, RED), (0.75, 0.25, GREEN), (0.75, 0.75, BLUE), (0.25, 0.75, YELLOW))


def shows_the_corners(content: bytes) -> bool:
    picture = opened(content).convert("RGB")
    return all(
        max(
            abs(a - b)
            for a, b in zip(
                picture.getpixel((int(picture.width * x), int(picture.height * y))), colour, strict=True
            )
        )
        <= 6
        for x, y, colour in SPOTS
    )


def refusal(content: bytes) -> str:
    with pytest.raises(BadPicture) as refused:
        normalise(content)
    return refused.value.code


@pytest.fixture
def made(tmp_path):
    """The file of a made picture with this content."""

    def write(content: bytes) -> Path:
        file = tmp_path / "made"
        file.write_bytes(content)
        return file

    return write


@pytest.mark.parametrize(
    "name",
    [
        "xmp-orientation-only.jpg",
        "png_iTXt_compressed_2_MB.png",
        "png_tEXt_wrong_crc.png",
        "png_cHRM_short.png",
        "no-end-marker.jpg",
        "heic-major-mif2.heic",
    ],
)
def test_files_that_people_have_are_taken_upright(name):
    picture = normalise(CASES / name)
    assert (picture.width, picture.height) == (600, 900)
    assert opened(picture.content).getpixel((300, 100)) == pytest.approx((220, 20, 20), abs=3)


# --- PNG: what is no pixel spoils none -----------------------------------------------------------------


def wrong_checksum(name: bytes, data: bytes) -> bytes:
    return chunk(name, data)[:-4] + b"oops"


def too_short(name: bytes, data: bytes) -> bytes:
    return chunk(name, data[: len(data) // 3])


def empty(name: bytes, data: bytes) -> bytes:
    return chunk(name)


def says_less(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 1) + chunk(name, data)[4:]


def says_more(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 7) + chunk(name, data)[4:]


def says_too_much(name: bytes, data: bytes) -> bytes:
    return b"\x7f\xff\xff\xff" + chunk(name, data)[4:]


FAULTS = (wrong_checksum, says_more, says_less, too_short, empty, says_too_much)
EXTRAS = {
    b"tEXt": b"Comment\0made by hand",
    b"zTXt": b"Comment\0\0" + zlib.compress(b"words" * 99),
    b"iTXt": b"prompt\0\1\0\0\0" + zlib.compress(b"words" * 99),
    b"iCCP": b"p\0\0" + zlib.compress(profile(ADOBE_RGB)),
    b"gAMA": struct.pack(">I", 30_000),
    b"cHRM": bytes(32),
    b"cICP": bytes((9, 16, 0, 1)),
    b"pHYs": struct.pack(">IIB", 2835, 2835, 1),
    b"tRNS": bytes(6),
    b"eXIf": b"MM\0*\0\0\0\x08" + bytes(30),
    b"acTL": struct.pack(">II", 2, 0),
    b"sBIT": bytes((8, 8, 8)),
    b"tIME": bytes(7),
    b"prVt": b"private",
}
ORDER = [(name, fault) for fault in FAULTS for name in EXTRAS]


@pytest.mark.parametrize("damage", matrix(ORDER, first=20), ids=lambda pair: f"{pair[0]} {pair[1].__name__}")
def test_a_png_with_damage_beside_its_pixels_is_shown_as_if_it_were_not_there(made, damage):
    name, fault = damage
    content = encoded(corners(), "PNG")
    damaged = content[:33] + fault(name, EXTRAS[name]) + content[33:]
    assert shows_the_corners(normalise(damaged).content)
    file = made(damaged)
    assert (inspect(file).width, inspect(file).content_type) == (480, "image/png")
    assert shows_the_corners(render(file, {"small": 480})["small"])


@pytest.mark.parametrize("fault", FAULTS)
def test_what_stands_behind_the_pixels_of_a_png_spoils_none(fault):
    content = encoded(corners(), "PNG")[:-12]  # without its end too
    assert shows_the_corners(normalise(content + fault(b"tEXt", EXTRAS[b"tEXt"])).content)


@pytest.mark.parametrize("packed", [False, True])
def test_a_png_may_carry_megabytes_of_words(made, packed):
    words = PngInfo()
    words.add_text("workflow", "{nodes}" * 1_000_000, zip=packed)
    words.add_itxt("prompt", "{nodes}" * 1_000_000, zip=packed)
    content = encoded(corners(), "PNG", pnginfo=words)
    assert shows_the_corners(normalise(content).content)
    assert inspect(made(content)).width == 480
    assert preview(made(content))


def test_a_large_profile_is_used_and_a_boundless_one_left_out():
    colours = profile(ADOBE_RGB, 1.0, words="w" * 3_000_000)
    used = normalise(encoded(Image.new("RGB", (300, 300), (60, 60, 60)), "PNG", icc_profile=colours))
    assert opened(used.content).getpixel((9, 9))[0] > 120
    boundless = chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(20_000_000)))
    content = encoded(corners(), "PNG")
    assert shows_the_corners(normalise(content[:33] + boundless + content[33:]).content)


def test_what_is_transparent_and_turned_stays_so_beside_damage():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = corners().quantize(8)
    photo.info["transparency"] = photo.getpixel((10, 10))
    content = encoded(photo, "PNG", exif=exif)
    picture = normalise(content[:33] + wrong_checksum(b"tEXt", b"a\0b") + content[33:])
    assert (picture.width, picture.height) == (320, 480)
    assert opened(picture.content).getpixel((300, 10)) == pytest.approx((255, 255, 255), abs=3)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_png_that_lacks_pixels_is_broken_whatever_stands_beside_them(part):
    content = encoded(noise(400, 400), "PNG")
    damaged = content[:33] + wrong_checksum(b"tEXt", b"a\0b") + content[33:]
    assert refusal(damaged[: int(len(damaged) * part)]) == "broken"
    assert refusal(damaged[: int(len(damaged) * part)] + chunk(b"IEND")) == "broken"


# --- JPEG: all pixels without an end -------------------------------------------------------------------

KINDS = {
    "baseline": {"quality": 90},
    "without shrunk colours": {"quality": 95, "subsampling": "4:4:4"},
    "progressive": {"quality": 90, "progressive": True},
    "with restarts": {"quality": 90, "restart_marker_rows": 1},
}
MODES = ("RGB", "L", "CMYK")


def without_end(mode: str, kind: str) -> bytes:
    photo = Image.blend(corners(), noise(480, 320), 0.2).convert(mode)
    if mode == "CMYK":
        photo = Image.merge(mode, [*photo.split()[:3], noise(480, 320).getchannel(0)])
    content = encoded(photo, "JPEG", **KINDS[kind])
    assert content.endswith(b"\xff\xd9")
    return content[:-2]


WAYS = [(kind, mode) for mode in MODES for kind in KINDS]


@pytest.mark.parametrize("way", matrix(WAYS, first=3), ids=" ".join)
@pytest.mark.parametrize("rest", [b"", b"\xff", bytes(3)])
def test_a_jpeg_that_lacks_only_its_end_is_the_same_picture(made, way, rest):
    kind, mode = way
    content = without_end(mode, kind)
    assert normalise(content + rest).content == normalise(content + b"\xff\xd9").content
    assert inspect(made(content + rest)).width == 480


@pytest.mark.parametrize("way", matrix(WAYS, first=3), ids=" ".join)
@pytest.mark.parametrize("missing", [1, 40, 5000])
def test_a_jpeg_that_lacks_pixels_is_broken(made, way, missing):
    kind, mode = way
    cut = without_end(mode, kind)[:-missing]
    assert refusal(cut) == "broken"
    with pytest.raises(BadPicture):
        inspect(made(cut))


def test_a_jpeg_that_ends_between_its_scans_is_broken():
    content = encoded(corners(), "JPEG", progressive=True)
    for scan in [found.start() for found in re.finditer(b"\xff\xda", content)][1:]:
        assert refusal(content[:scan]) == "broken"


# --- which way is up -----------------------------------------------------------------------------------

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_xmp_turns_no_picture(made, kind):
    words = PngInfo()
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    options = {"pnginfo": words} if kind == "PNG" else {"xmp": XMP}
    content = encoded(corners(), kind, **options)
    assert b"tiff:Orientation" in content
    assert (normalise(content).width, normalise(content).height) == (480, 320)
    if kind != "AVIF":
        assert inspect(made(content)).width == 480


# --- AVIF and HEIC: told by every brand ----------------------------------------------------------------


def branded(content: bytes, major: bytes, *compatible: bytes) -> bytes:
    """The same boxes behind another first one; places in the file that it names move along."""
    old = int.from_bytes(content[:4])
    box = b"ftyp" + major + bytes(4) + b"".join(compatible)
    assert len(box) + 4 <= old
    filler = old - len(box) - 4
    assert not filler % 4
    return old.to_bytes(4) + box + b"free" * (filler // 4) + content[old:]


@pytest.mark.parametrize(
    "brands",
    [
        (b"avif", b"avif"),
        (b"mif2", b"avif"),
        (b"miaf", b"MA1B", b"avif"),
        (b"mif1", b"mif1"),
        (b"MA1B", b"miaf"),
    ],
    ids=str,
)
def test_an_avif_is_told_by_any_of_its_brands(brands):
    assert shows_the_corners(normalise(branded(encoded(corners(), "AVIF"), *brands)).content)


@pytest.mark.parametrize(
    "brands",
    [
        (b"heic", b"heic"),
        (b"mif2", b"heic"),
        (b"miaf", b"heix"),
        (b"mif1", b"mif1"),
        (b"MiHB", b"mif1", b"heic"),
        (b"mif2", b"miaf"),
    ],
    ids=str,
)
def test_a_heic_is_told_by_any_of_its_brands(brands):
    content = (CASES / "heic-major-mif2.heic").read_bytes()
    assert normalise(branded(content, *brands)).height == 900


def test_boxes_of_another_kind_are_no_photo():
    assert refusal(branded(encoded(corners(), "AVIF"), b"mp42", b"isom")) == "type"
