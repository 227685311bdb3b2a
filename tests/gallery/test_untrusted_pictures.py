"""What a hostile or damaged file can do: be refused, in words, quickly, and nothing else."""

import json
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from gallery import pictures
from gallery.pictures import BadPicture, Picture, inspect, normalise, preview, render

from .drawn import ADOBE_RGB, DATA, chunk, corners, encoded, noise, opened, png, profile, zeros

CANARY = b"canary-4711"
ROOT = Path(pictures.__file__).parent.parent
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def code_for(source: Path | bytes) -> str:
    """Asked again, as people are told to, while the machine has too much to do."""
    for _ in range(5):
        try:
            normalise(source)
        except pictures.Busy:
            continue
        except BadPicture as refused:
            return refused.code
        return "taken"
    return "busy"


# --- no byte of an upload comes out -------------------------------------------------------------------


def with_canaries(kind: str) -> bytes:
    words = CANARY.decode()
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x9286] = words, words, CANARY
    options = {"exif": exif, "icc_profile": profile(ADOBE_RGB, words=words)}
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>' + CANARY + b"</rdf:RDF></x:xmpmeta>"
    if kind == "JPEG":
        iptc = (
            b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", 5 + 11) + b"\x1c\x02\x78\0\x0b" + CANARY
        )
        extra = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
        return encoded(corners(), kind, comment=CANARY, xmp=xmp, extra=extra, **options) + CANARY
    if kind == "PNG":
        text = PngInfo()
        text.add_text("Comment", words)
        text.add_text("Packed", words, zip=True)
        text.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
        return encoded(corners(), kind, pnginfo=text, **options) + CANARY
    return encoded(corners(), kind, xmp=xmp, **options) + CANARY


def jpeg_parts(content: bytes) -> list[int]:
    """The markers of a JPEG in order, up to its end, which must be the end of the file."""
    found, at = [], 2
    while content[at + 1] != 0xDA:
        assert content[at] == 0xFF
        found.append(content[at + 1])
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    assert content.index(b"\xff\xd9", at) == len(content) - 2
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_nothing_but_the_pixels_of_an_upload_comes_out(tmp_path, kind):
    file = tmp_path / f"{CANARY.decode()}.jpg"
    file.write_bytes(with_canaries(kind))
    kept = normalise(file).content
    outputs = (
        [kept, preview(file), *render(file, {"small": 200, "large": 900}).values()]
        if kind != "AVIF"
        else [kept]
    )
    assert all(CANARY not in output and b"canary" not in output.lower() for output in outputs)
    assert set(jpeg_parts(kept)) <= {0xE0, 0xDB, 0xC0, 0xC4}  # JFIF, tables, frame
    assert kept[2:20] == b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    assert opened(kept).info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("icc", [None, SRGB, profile(ADOBE_RGB)], ids=["no profile", "sRGB", "Adobe RGB"])
def test_a_rendition_is_one_bare_picture_chunk(tmp_path, icc):
    file = tmp_path / "original"
    file.write_bytes(encoded(corners(), "PNG", icc_profile=icc))
    content = render(file, {"small": 200})["small"]
    assert (content[12:16], struct.unpack("<I", content[16:20])[0] + 20) == (b"VP8 ", len(content))


@pytest.mark.parametrize("name", ["small.heic", "turned.heic"])
def test_nothing_but_the_pixels_of_a_heic_comes_out(name):
    assert CANARY in (DATA / name).read_bytes()
    kept = normalise(DATA / name).content
    assert CANARY not in kept
    assert set(jpeg_parts(kept)) <= {0xE0, 0xDB, 0xC0, 0xC4}


# --- what is refused, and in which words --------------------------------------------------------------

OTHERS = {
    "GIF": encoded(corners(), "GIF"),
    "BMP": encoded(corners(), "BMP"),
    "TIFF": encoded(corners(), "TIFF"),
    "EPS": encoded(corners(), "EPS"),
    "PDF": encoded(corners(), "PDF"),
    "ICO": encoded(corners(), "ICO"),
    "JPEG 2000": encoded(corners(), "JPEG2000"),
    "PSD": b"8BPS\0\1" + bytes(2000),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"/>',
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "video": b"\0\0\0\x18ftypmp42" + bytes(2000),
    "text": b"GIF? No, words." * 99,
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_file_of_another_kind_is_refused_whatever_its_name(tmp_path, kind):
    file = tmp_path / "photo.jpg"
    file.write_bytes(OTHERS[kind])
    assert code_for(file) == "type"


def test_the_name_of_a_photo_does_not_matter(tmp_path):
    file = tmp_path / "photo.eps"
    file.write_bytes(encoded(corners(), "JPEG"))
    assert isinstance(normalise(file), Picture)


def test_a_made_picture_is_a_png_jpeg_or_webp(tmp_path):
    file = tmp_path / "made"
    file.write_bytes(encoded(corners(), "AVIF"))
    with pytest.raises(BadPicture, match="must be a JPEG"):
        inspect(file)


REFUSED = {
    "empty": (b"", "The selected file is empty"),
    "type": (b"words", "The selected file must be a JPEG, PNG, WebP, AVIF or HEIC photo"),
    "bytes": (bytes(pictures.LARGEST_BYTES + 1), "The photo must be smaller than 20 MB"),
    "pixels": (png(7100, 7100), "The photo has too many pixels; 50 million is the most"),
    "side": (png(12_001, 300), "The photo is too long on one side; 12,000 pixels is the most"),
    "small": (
        encoded(corners(255, 2000), "PNG"),
        "The photo must be at least 256 pixels on its short side",
    ),
    "frames": (
        encoded(corners(), "WEBP", save_all=True, append_images=[noise(480, 320)]),
        "The selected file is an animation; choose a photo that does not move",
    ),
    "broken": (
        encoded(noise(400, 400), "JPEG")[:9000],
        "We could not open this photo. It may be damaged: try another, or take a screenshot of it",
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_says_what_to_do(tmp_path, code):
    content, words = REFUSED[code]
    file = tmp_path / "photo"
    file.write_bytes(content)
    for source in (content, file):
        with pytest.raises(BadPicture) as refused:
            normalise(source)
        assert (refused.value.code, str(refused.value)) == (code, words)


def test_every_reason_has_words_and_a_test():
    assert REFUSED.keys() | {"busy"} == pictures.SENTENCES.keys()


def test_the_limits_themselves_are_allowed():
    assert isinstance(normalise(encoded(Image.new("1", (12_000, 256)), "PNG")), Picture)
    assert isinstance(normalise(encoded(Image.new("1", (10_000, 5_000)), "PNG")), Picture)


@pytest.mark.parametrize("kind", ["PNG", "AVIF"])
def test_an_animation_is_refused(kind):
    photo = encoded(corners(), kind, save_all=True, append_images=[noise(480, 320)])
    assert code_for(photo) == "frames"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7])
def test_a_photo_that_came_in_part_is_broken(kind, part):
    content = encoded(noise(400, 400), kind)
    assert code_for(content[: int(len(content) * part)]) == "broken"


# --- bombs --------------------------------------------------------------------------------------------


def scans(count: int) -> bytes:
    """A progressive JPEG of 49 megapixels that says its last scan `count` times."""
    content = encoded(Image.new("RGB", (7000, 7000)), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * count + content[-2:]


def jpeg_of(width: int, height: int) -> bytes:
    content = encoded(corners(), "JPEG")
    frame = content.index(b"\xff\xc0") + 5
    return content[:frame] + struct.pack(">HH", height, width) + content[frame + 4 :]


def webp_of(width: int, height: int) -> bytes:
    picture = encoded(corners(), "WEBP")[12:]
    extended = (
        b"VP8X"
        + struct.pack("<II", 10, 0)
        + struct.pack("<I", width - 1)[:3]
        + struct.pack("<I", height - 1)[:3]
    )
    return b"RIFF" + struct.pack("<I", 4 + len(extended + picture)) + b"WEBP" + extended + picture


def avif_of(width: int, height: int) -> bytes:
    content = encoded(corners(), "AVIF")
    return content.replace(
        b"ispe\0\0\0\0" + struct.pack(">II", 480, 320), b"ispe\0\0\0\0" + struct.pack(">II", width, height)
    )


def heic_of(width: int, height: int) -> bytes:
    content = (DATA / "small.heic").read_bytes()
    place = content.index(b"ispe") + 8
    return content[:place] + struct.pack(">II", width, height) + content[place + 8 :]


def in_jpeg(segments: bytes) -> bytes:
    content = encoded(corners(), "JPEG")
    return content[:2] + segments + content[2:]


def in_png(*chunks: bytes) -> bytes:
    content = encoded(corners(), "PNG")
    return content[:33] + b"".join(chunks) + content[33:]


BOMBS = {
    "a PNG of 481 KB and 2 gigapixels": lambda: png(
        65_000, 31_000, chunk(b"IDAT", zeros(100 * 1024 * 1024)), chunk(b"IDAT", bytes(380_000))
    ),
    "a PNG with more pixels than its header says": lambda: png(
        600, 600, chunk(b"IDAT", zeros(300 * 1024 * 1024))
    ),
    "a PNG with a gigabyte of packed words": lambda: in_png(
        *[chunk(b"zTXt", b"a\0\0" + zeros(50 * 1024 * 1024))] * 20
    ),
    "a PNG with a packed profile": lambda: in_png(chunk(b"iCCP", b"a\0\0" + zeros(300 * 1024 * 1024))),
    "a PNG of lengths that lie": lambda: in_png(
        *[b"\x7f\xff\xff\xfftEXtIDAT", (b"\0\xff\xff\xffIDAT" + bytes(1000)) * 19_000]
    ),
    "a PNG of a million chunks": lambda: in_png(chunk(b"prVt") * 1_500_000),
    "a JPEG of 4 gigapixels": lambda: jpeg_of(65_500, 65_500),
    "a JPEG of a hundred scans": lambda: scans(100),
    "a JPEG of many scans without its end": lambda: scans(20)[:-2],
    "a JPEG of five million segments": lambda: in_jpeg(b"\xff\xfe\0\2" * 5_000_000),
    "a WebP of 268 megapixels": lambda: webp_of(16_384, 16_384),
    "an AVIF of a gigapixel": lambda: avif_of(32_000, 32_000),
    "a HEIC of a gigapixel": lambda: heic_of(32_000, 32_000),
}

ASK = """
import json, resource, sys, time
from pathlib import Path
from gallery import pictures
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
try:
    pictures.normalise(Path(sys.argv[1]))
    code = "taken"
except pictures.BadPicture as refused:
    code = refused.code
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps([code, time.monotonic() - start, grown, sorted(sys.modules)]))
"""


def asked(file: Path, **options: object) -> tuple[str, float, float, set[str]]:
    """Normalise in a process of its own: the code, seconds, MB that it grew by, the modules it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(file)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        **options,
    )
    code, seconds, grown, modules = json.loads(done.stdout)
    return code, seconds, grown, set(modules)


@pytest.mark.processes(10)
@pytest.mark.alone
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_two_seconds_and_50_mb_at_most(tmp_path, name):
    bomb = tmp_path / "bomb"
    bomb.write_bytes(BOMBS[name]())
    assert bomb.stat().st_size <= pictures.LARGEST_BYTES
    for _ in range(3):  # the clock counts what else the machine has to do
        code, seconds, grown, _ = asked(bomb)
        assert code in {"pixels", "broken"} or "more pixels than its header" in name
        assert grown <= 50
        if seconds <= 2:
            return
    raise AssertionError(f"{seconds:.1f} s")


@pytest.mark.processes
def test_the_asking_process_never_loads_a_decoder(tmp_path):
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(corners(4000, 3000), "JPEG"))
    code, _, grown, modules = asked(photo)
    assert (code, grown <= 50) == ("taken", True)
    assert not modules & {"PIL", "PIL.Image", "pi_heif", "django"}


@pytest.mark.processes
def test_a_photo_that_needs_more_memory_than_allowed_is_refused(tmp_path):
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(Image.new("RGBA", (7000, 7000)), "PNG", compress_level=1))
    short = 350 * 1024 * 1024
    code, *_ = asked(photo, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (short, short)))
    assert code == "broken"


def test_a_child_that_is_kept_from_the_processor_says_nothing_of_the_picture(monkeypatch):
    """Its time by the clock is longer than what it may take of the processor: others had it."""
    photo = encoded(Image.new("RGB", (3000, 3000)), "PNG", compress_level=1)
    with monkeypatch.context() as patched:
        patched.setattr(pictures, "WALL_CLOCK", 0)
        with pytest.raises(pictures.Busy, match="Try again in a few seconds"):
            normalise(photo)
    assert code_for(photo) == "taken"


def children_of(parent: int) -> list[Path]:
    """Those of them that decode, as folders of /proc."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = f"\nPPid:\t{parent}\n" in (process / "status").read_text()
            if mine and b"gallery.decode" in (process / "cmdline").read_bytes():
                found.append(process)
        except OSError:  # it has ended
            continue
    return found


def the_server() -> Path:
    """The process beside this one that forks for each picture."""
    (server,) = children_of(os.getpid())
    return server


def is_limited(child: Path) -> bool:
    """Whether it has begun with its picture."""
    limits = (child / "limits").read_text().splitlines()
    return any(line.split()[:4] == ["Max", "cpu", "time", "15"] for line in limits)


def told_of_children(until: Future[Picture]) -> list[tuple[str, str]]:
    """Environment and limits of each decoding child of this process, as often as one can look."""
    seen = []
    while wait([until], timeout=0.05).not_done:
        for child in children_of(int(the_server().name)):
            with suppress(OSError):  # it has ended
                seen.append(((child / "environ").read_text(), (child / "limits").read_text()))
    return seen


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads Linux's /proc")
def test_the_child_knows_no_secret_and_lives_within_limits(monkeypatch):
    the_server_ends()
    monkeypatch.setenv("SECRET_KEY", CANARY.decode())
    photo = encoded(Image.new("RGBA", (7000, 7000)), "PNG", compress_level=1)
    with ThreadPoolExecutor(1) as pool:
        seen = told_of_children(pool.submit(normalise, photo))
    assert seen
    environments = {environment for environment, _ in seen} | {(the_server() / "environ").read_text()}
    assert not any(CANARY.decode() in environment for environment in environments)
    limits = {" ".join(line.split()[:-1]) for line in seen[-1][1].splitlines()}
    assert limits >= {
        "Max address space 1250000000 1250000000",
        "Max cpu time 15 15",
        "Max file size 67108864 67108864",
        "Max open files 32 32",
        "Max core file size 0 0",
    }


# --- the process that forks -----------------------------------------------------------------------------


def the_server_ends() -> None:
    """By a signal from outside, as by a kernel that is out of memory."""
    normalise(encoded(corners(), "PNG"))
    server = int(the_server().name)
    os.kill(server, signal.SIGKILL)
    os.waitid(os.P_PID, server, os.WEXITED | os.WNOWAIT)


def test_pictures_open_after_the_process_that_forks_has_died():
    the_server_ends()
    assert code_for(encoded(corners(), "PNG")) == "taken"


def test_a_picture_whose_child_was_killed_may_open_another_time():
    photo = encoded(Image.new("RGBA", (7000, 7000)), "PNG", compress_level=1)
    normalise(encoded(corners(), "PNG"))
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(normalise, photo)
        # One that is killed before it said that it has begun is replaced, and nobody is told.
        while not (children := [child for child in children_of(int(the_server().name)) if is_limited(child)]):
            wait([opening], timeout=0.01)
        os.kill(int(children[0].name), signal.SIGKILL)
        with pytest.raises(pictures.Unopened, match="We could not open this photo"):
            opening.result()
    assert code_for(photo) == "taken"


def test_one_picture_after_the_other_is_opened_by_the_same_process():
    normalise(encoded(corners(), "PNG"))
    before = the_server()
    with ThreadPoolExecutor(4) as pool:
        assert {*pool.map(code_for, [encoded(corners(), "JPEG"), b"words"] * 8)} == {"taken", "type"}
    assert the_server() == before


def test_who_is_asked_to_stop_still_opens_pictures():
    """A worker that drains after SIGTERM needs it, and the signal may have gone to the whole group."""
    normalise(encoded(corners(), "PNG"))
    server = the_server()
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(int(server.name), kind)
    assert code_for(encoded(corners(), "PNG")) == "taken"
    assert the_server() == server


ASK_AND_DIE = """
import os, signal, sys
from pathlib import Path
from gallery import pictures
pictures.normalise(Path(sys.argv[1]))
print(pictures._decoder._server.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.processes
def test_it_ends_with_the_process_that_asks_however_that_dies(tmp_path):
    photo = tmp_path / "photo"
    photo.write_bytes(encoded(corners(), "PNG"))
    told = subprocess.run(
        [sys.executable, "-c", ASK_AND_DIE, str(photo)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 10
    while b"gallery.decode" in cmdline(int(told.stdout)):
        assert time.monotonic() < end
        time.sleep(0.01)


def cmdline(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.processes
def test_a_fork_of_this_process_asks_its_own():
    normalise(encoded(corners(), "PNG"))
    server = the_server()
    child = os.fork()
    if not child:
        os._exit(0 if code_for(encoded(corners(), "PNG")) == "taken" and the_server() != server else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert the_server() == server
    assert code_for(encoded(corners(), "PNG")) == "taken"


# --- damaged files ------------------------------------------------------------------------------------


def seeds() -> list[bytes]:
    photo = Image.blend(corners(320, 300), noise(320, 300), 0.2)
    plain = [encoded(photo, kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF")]
    return [
        *plain,
        encoded(photo, "JPEG", progressive=True),
        with_canaries("PNG"),
        (DATA / "small.heic").read_bytes(),
    ]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Flip, overwrite, repeat, remove or cut something, most often near the head where the meaning is."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 40))):
        near = len(damaged) if chance.random() < 0.5 else min(600, len(damaged))
        at, count = chance.randrange(near), chance.choice((1, 2, 4, 30))
        match chance.randrange(5):
            case 0:
                damaged[at] ^= 1 << chance.randrange(8)
            case 1:
                damaged[at : at + count] = chance.choice((b"\0", b"\xff", b"\x7f")) * count
            case 2:
                damaged[at:at] = damaged[at : at + count * 8]
            case 3:
                del damaged[at : at + count]
            case _:
                damaged[at : at + 4] = chance.randbytes(4)
        damaged = damaged or bytearray(b"\0")
    return bytes(damaged if chance.random() < 0.9 else damaged[: chance.randrange(len(damaged) + 1)])


def test_a_damaged_file_is_read_or_refused_and_nothing_else():
    """200 damaged files; TRYON_FUZZ says another number."""
    count = int(os.environ.get("TRYON_FUZZ", "200"))
    originals = seeds()
    files = (mutated(originals[number % len(originals)], random.Random(number)) for number in range(count))
    with ThreadPoolExecutor(2) as pool:
        found = Counter(pool.map(code_for, files))
    assert found.total() == count
    assert found["taken"] > count / 20
    assert found["broken"] > count / 20
