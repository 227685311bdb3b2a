"""The mark put into files of all kinds: read back by others, and not a pixel changed."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import PngImagePlugin

from gallery.xmp import Malformed, Mark, Signed, marked, marked_bytes
from tests.gallery import marks
from tests.gallery.drawn import ADOBE_RGB, chunk, encoded, noise, opened, png, profile
from tests.gallery.marks import COMPOSITE, TRAINED, VOCABULARY, pixels, source_type, xmp
from tests.rings import matrix

COMPOSED = Mark(COMPOSITE)
ICC = profile(ADOBE_RGB)
EXIF = Pillow.Exif()
EXIF[0x010E] = "a description"
PROVIDERS = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
    ' xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" photoshop:Credit="Made with a model"{}>{}'
    '</rdf:Description></rdf:RDF></x:xmpmeta>                    <?xpacket end="w"?>'
)
TOLD = {
    "as an attribute": PROVIDERS.format(f' ext:DigitalSourceType="{VOCABULARY}{TRAINED}"', ""),
    "as an element": PROVIDERS.format(
        "", f"<ext:DigitalSourceType>{VOCABULARY}{TRAINED}</ext:DigitalSourceType>"
    ),
    "as a resource": PROVIDERS.format("", f'<ext:DigitalSourceType rdf:resource="{VOCABULARY}{TRAINED}"/>'),
}


def rgba() -> Pillow.Image:
    picture = noise(61, 43).convert("RGBA")
    picture.putalpha(Pillow.linear_gradient("L").resize(picture.size))
    return picture


def interlaced() -> bytes:
    """One grey pixel by Adam7, in a file that is not Pillow's."""
    return png(1, 1, chunk(b"IDAT", zlib.compress(b"\0\x80")))


PICTURES = {
    "JPEG": encoded(noise(61, 43), "JPEG"),
    "JPEG, progressive": encoded(noise(61, 43), "JPEG", progressive=True),
    "JPEG, grey": encoded(noise(61, 43).convert("L"), "JPEG"),
    "JPEG, CMYK": encoded(noise(61, 43).convert("CMYK"), "JPEG"),
    "JPEG, Exif and profile": encoded(noise(61, 43), "JPEG", exif=EXIF, icc_profile=ICC, comment=b"words"),
    "JPEG, profile in parts": encoded(noise(61, 43), "JPEG", icc_profile=ICC + bytes(150_000)),
    "JPEG, no end": encoded(noise(61, 43), "JPEG")[:-2],
    "JPEG, fill bytes": b"\xff\xd8\xff\xff" + encoded(noise(61, 43), "JPEG")[2:],
    "PNG": encoded(noise(61, 43), "PNG"),
    "PNG, alpha": encoded(rgba(), "PNG"),
    "PNG, palette": encoded(noise(61, 43).quantize(16), "PNG", transparency=3),
    "PNG, 16 bits": encoded(noise(61, 43).convert("I;16"), "PNG"),
    "PNG, Exif and profile": encoded(noise(61, 43), "PNG", exif=EXIF, icc_profile=ICC),
    "PNG, of another writer": interlaced(),
    "PNG, wrong checksum of a text": interlaced()[:33] + b"\0\0\0\3tEXta\0b\0\0\0\0" + interlaced()[33:],
    "WebP, lossy": encoded(noise(61, 43), "WEBP"),
    "WebP, lossy with alpha": encoded(rgba(), "WEBP"),
    "WebP, lossless": encoded(noise(61, 43), "WEBP", lossless=True),
    "WebP, lossless with alpha": encoded(rgba(), "WEBP", lossless=True),
    "WebP, Exif and profile": encoded(noise(61, 43), "WEBP", exif=EXIF, icc_profile=ICC),
    "WebP, bytes behind it": encoded(noise(61, 43), "WEBP") + b"behind",
}


def looks(content: bytes) -> tuple:
    """All that is to be seen: pixels, and the metadata that changes how they are shown."""
    with marks.opened(content) as picture:
        info = {key: value for key, value in picture.info.items() if key not in ("xmp", "XML:com.adobe.xmp")}
        return (*pixels(content), dict(picture.getexif()), info)


@pytest.mark.parametrize("kind", PICTURES)
def test_the_mark_is_read_back_and_nothing_else_has_changed(kind):
    content = PICTURES[kind]

    after = marked_bytes(content, COMPOSED)

    assert source_type(after) == COMPOSITE
    assert looks(after) == looks(content)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_mark_that_is_put_in_again_is_there_once(kind):
    once = marked_bytes(PICTURES[kind], Mark(TRAINED))

    again = marked_bytes(once, COMPOSED)

    assert again.count(b"<x:xmpmeta") == 1
    assert source_type(again) == COMPOSITE
    assert marked_bytes(again, COMPOSED) == again
    assert looks(again) == looks(PICTURES[kind])


@pytest.mark.parametrize(("kind", "flags"), [("lossy", 4), ("lossless", 4), ("lossless with alpha", 0x14)])
def test_the_first_chunk_of_a_plain_webp_tells_its_size_and_what_is_in_it(kind, flags):
    """Pillow asks it little; browsers ask whether there is an alpha channel."""
    content = PICTURES[f"WebP, {kind}"]
    assert content[12:15] == b"VP8"
    assert content[12:16] != b"VP8X"

    after = marked_bytes(content, COMPOSED)

    sides = (60).to_bytes(3, "little") + (42).to_bytes(3, "little")
    assert after[12:30] == b"VP8X" + struct.pack("<II", 10, flags) + sides
    assert int.from_bytes(after[4:8], "little") == len(after) - 8


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("told", TOLD)
def test_what_a_providers_packet_says_stays_and_its_source_type_goes_to_the_history(form, told):
    content = encoded(noise(61, 43), form, **_with_xmp(form, TOLD[told]), exif=EXIF)
    assert xmp(content)

    after = marked_bytes(content, COMPOSED)

    assert source_type(after) == COMPOSITE
    assert "Made with a model" in xmp(after)
    assert f"DigitalSourceType was {VOCABULARY}{TRAINED}" in xmp(after)
    assert looks(after) == looks(content)


def _with_xmp(form: str, packet: str, **how) -> dict:
    if form != "PNG":
        return {"xmp": packet.encode()}
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", packet, **how)
    return {"pnginfo": text}


def test_a_packet_that_a_png_has_packed_is_read():
    content = encoded(noise(61, 43), "PNG", **_with_xmp("PNG", TOLD["as an element"], zip=True))

    assert "Made with a model" in xmp(marked_bytes(content, COMPOSED))


DEEP = "<a>" * 50_000 + "</a>" * 50_000
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    "packet", [b"", b"no XML", b"\xff\xfe\0", b"<x/>", BOMB.encode(), DEEP.encode(), b"<x>" + b" " * 300_000]
)
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_is_no_packet_gives_way_and_is_told_to_the_log(form, packet, caplog):
    content = encoded(noise(61, 43), "WEBP", xmp=packet or b" ")
    if form == "PNG":
        content = encoded(noise(61, 43), "PNG")
        content = content[:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet) + content[33:]

    after = marked_bytes(content, COMPOSED)

    assert source_type(after) == COMPOSITE
    assert looks(after)[:3] == looks(content)[:3]
    assert caplog.messages or not packet


def test_a_packet_that_fills_a_jpegs_segment_gives_way(caplog):
    words = PROVIDERS.format("", f"<photoshop:Headline>{'x' * 64_900}</photoshop:Headline>")
    content = encoded(noise(61, 43), "JPEG", xmp=words.encode())

    assert source_type(marked_bytes(content, COMPOSED)) == COMPOSITE
    assert "no room" in caplog.text


def test_words_for_people_stand_in_the_description():
    after = marked_bytes(PICTURES["PNG"], Mark("digitalCreation", "words & <more>"))

    assert "words &amp; &lt;more&gt;" in xmp(after)
    assert "dc:description" in xmp(after)


def test_another_mark_or_other_words_have_another_name():
    tags = {Mark(COMPOSITE).tag, Mark(TRAINED).tag, Mark(TRAINED, "words").tag}

    assert len(tags) == 3
    assert Mark(TRAINED).is_on(f"a/b-small-{Mark(TRAINED).tag}.webp")
    assert not Mark(TRAINED).is_on("a/b-small.webp")


# Signed pictures ------------------------------------------------------------------------------------
def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


JUMBF = b"JP\0\1\0\0\0\1" + struct.pack(">I", 40) + b"jumb" + struct.pack(">I", 32) + b"jumdc2pa" + bytes(24)


def riff_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def with_chunk(webp: bytes, addition: bytes) -> bytes:
    return webp[:4] + (len(webp) + len(addition) - 8).to_bytes(4, "little") + webp[8:] + addition


SIGNED = {
    "JPEG": PICTURES["JPEG"][:2] + jpeg_segment(0xEB, JUMBF) + PICTURES["JPEG"][2:],
    "JPEG, behind Exif": encoded(noise(61, 43), "JPEG", exif=EXIF, extra=jpeg_segment(0xEB, JUMBF)),
    "PNG": PICTURES["PNG"][:33] + chunk(b"caBX", JUMBF) + PICTURES["PNG"][33:],
    "PNG, behind the pixels": PICTURES["PNG"][:-12] + chunk(b"caBX", JUMBF) + PICTURES["PNG"][-12:],
    "PNG, behind a chunk of wrong length": PICTURES["PNG"][:33]
    + b"\x7f\0\0\0teXt"
    + chunk(b"caBX", JUMBF)
    + PICTURES["PNG"][33:],
    "WebP": with_chunk(PICTURES["WebP, Exif and profile"], riff_chunk(b"C2PA", JUMBF)),
}


@pytest.mark.parametrize("kind", SIGNED)
def test_a_signed_picture_is_not_touched(kind):
    with pytest.raises(Signed):
        marked(io.BytesIO(SIGNED[kind]), COMPOSED)


def test_an_app11_that_is_no_signature_is_none():
    hdr = PICTURES["JPEG"][:2] + jpeg_segment(0xEB, b"HDR_RI ver=11") + PICTURES["JPEG"][2:]

    assert source_type(marked_bytes(hdr, COMPOSED)) == COMPOSITE


def test_a_chunk_whose_last_byte_was_left_out_is_evened():
    content = encoded(noise(61, 43), "WEBP", icc_profile=ICC) + b"odd \3\0\0\0xyz"
    odd = content[:4] + (len(content) - 8).to_bytes(4, "little") + content[8:]

    assert source_type(marked_bytes(odd, COMPOSED)) == COMPOSITE


# Damaged ones ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT"),
        b"RIFF\4\0\0\0WEBP",
        b"RIFF\x10\0\0\0WEBPVP8 \xff\0\0\0abcd",
        b"RIFF\x10\0\0\0WEBPVP8 \4\0\0\0abcd",
        PICTURES["WebP, lossy"][:-9],
    ],
)
def test_what_cannot_take_a_mark_is_told_by_one_error(content):
    with pytest.raises(Malformed):
        marked(io.BytesIO(content), COMPOSED)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PICTURES)), st.data())
def test_bytes_that_are_wrong_raise_nothing_else(kind, data):
    content = bytearray(PICTURES[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content) - 1, 400)))] = data.draw(st.integers(0, 255))
    whole = bytes(content[: data.draw(st.integers(0, len(content)))])

    try:
        after = marked_bytes(whole, COMPOSED)
    except (Malformed, Signed):
        return
    assert COMPOSED.uri.encode() in after


@pytest.mark.parametrize("form", matrix(["PNG", "JPEG", "WEBP"], first=1))
def test_a_large_picture_goes_through_in_blocks(form, tmp_path):
    """What is not read at once needs no memory: the file says what was asked of it."""

    class Watched(io.BytesIO):
        most = 0

        def read(self, size=-1):
            assert size >= 0
            Watched.most = max(Watched.most, size)
            return super().read(size)

    content = encoded(noise(1500, 1500), form)
    with marked(Watched(content), COMPOSED) as file:
        after = file.read()

    assert Watched.most <= 1024 * 1024 < len(content)
    assert opened(after).tobytes() == opened(content).tobytes()
