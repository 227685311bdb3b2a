"""All children together stay within 2 GB, and what is large waits for its turn."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from gallery import pictures
from gallery.decode import client, seats
from gallery.decode.client import Decoder
from gallery.decode.header import pixels_of
from gallery.pictures import BadPicture, inspect, normalise, preview, render
from tests import forks
from tryon.embedded import web

from .drawn import DATA, chunk, corners, encoded, noise

ROOT = Path(pictures.__file__).parent.parent
JOB = {"most_pixels": pictures.MOST_PIXELS}


@pytest.fixture(autouse=True)
def _seats_of_this_test(tmp_path, monkeypatch):
    """Other tests run beside this one."""
    monkeypatch.setattr(seats, "_shared", tmp_path / "seats")
    monkeypatch.setattr(os, "cpu_count", lambda: 16)


def taken(count: int, priority: seats.Priority = seats.WORK):
    """As a process does that has one thread."""
    return seats.taken(count, priority, threading.Lock())


def holder(count: int) -> subprocess.Popen[str]:
    """A process that holds so many seats until it is killed."""
    code = "import sys, threading; from gallery.decode import seats; from pathlib import Path\n"
    code += "seats.use(Path(sys.argv[1]))\n"
    code += "with seats.taken(int(sys.argv[2]), seats.WORK, threading.Lock()):\n"
    code += "    print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(seats._shared), str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


@contextmanager
def held_by_another(count: int = seats.SEATS):
    process = holder(count)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_no_more_memory_is_given_than_there_is():
    held, most, guard = 0, 0, threading.Lock()

    def work(wanted: tuple[int, seats.Priority]) -> None:
        nonlocal held, most
        with taken(*wanted):
            with guard:
                held += wanted[0]
                most = max(most, held)
            time.sleep(0.001)
            with guard:
                held -= wanted[0]

    chance = random.Random(1)
    wanted = [(chance.randint(1, seats.SEATS), seats.WORK) for _ in range(40)]
    wanted += [(chance.randint(1, seats.SEATS - 2), seats.UPLOAD) for _ in range(20)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, chance.sample(wanted, 60)))
    assert held == 0
    assert most <= seats.SEATS
    assert seats.SEATS * seats.SEAT_BYTES <= 2_000_000_000


@pytest.mark.processes
def test_the_bound_holds_across_processes_and_ends_with_them():
    with held_by_another(seats.SEATS - 1) as process, taken(1), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: taken(2).__enter__())
        time.sleep(0.1)
        assert not waiting.done()
        os.kill(process.pid, signal.SIGKILL)
        waiting.result(timeout=5)


@pytest.fixture
def impatient(monkeypatch) -> Decoder:
    """One for which nobody waits longer than a moment."""
    for name in ("UPLOAD", "PAGE", "WORK"):
        monkeypatch.setattr(seats, name, getattr(seats, name)._replace(patience=0.05))
    decoder = Decoder()
    monkeypatch.setattr(pictures, "_decoder", decoder)
    yield decoder
    decoder._end()


@pytest.mark.processes
def test_who_waits_too_long_is_told_that_it_may_open_another_time(impatient):
    with held_by_another():
        with pytest.raises(pictures.Busy, match="Try again in a few seconds"):
            normalise(encoded(corners(), "PNG"))
        with pytest.raises(pictures.Unopened):  # a paid picture is tried again for an hour
            pictures.mosaic(encoded(corners(), "PNG"), 4)
    assert normalise(encoded(corners(), "PNG"))


@pytest.mark.processes
def test_the_processes_of_a_site_share_the_seats_in_its_data_folder(settings):
    told = forks.run(
        ["-c", "import django; django.setup(); from gallery.decode import seats; print(seats._folder())"],
        os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert Path(told.stdout.strip()) == settings.SEATS_DIR == settings.DATA_DIR / "seats"


def test_photos_take_half_of_the_webs_threads_at_most(monkeypatch):
    decoder = Decoder()
    monkeypatch.setattr(pictures, "_decoder", decoder)
    web.post_worker_init(SimpleNamespace(cfg=SimpleNamespace(threads=web.threads)))
    assert decoder.most_requests == web.threads / 2


def test_a_request_waits_for_seconds_and_a_paid_picture_for_a_minute():
    assert (seats.UPLOAD.patience, seats.PAGE.patience, seats.WORK.patience) == (5, 5, 60)


def test_uploads_leave_seats_and_a_core_for_made_pictures(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with taken(3, seats.UPLOAD), taken(3, seats.UPLOAD), ThreadPoolExecutor(1) as pool:
        upload = pool.submit(lambda: taken(1, seats.UPLOAD._replace(patience=0.05)).__enter__())
        with taken(2, seats.WORK._replace(patience=5)):  # the upload looks in turns, and never for long
            pass
        with pytest.raises(TimeoutError):
            upload.result()
    largest = seats.needed(pictures.LARGEST_BYTES, pictures.MOST_PIXELS, is_in_boxes=True)
    assert largest <= seats.SEATS - seats.UPLOAD.left_memory
    assert seats.needed(20_000_000, 16_000_000, is_in_boxes=False) <= seats.UPLOAD.left_memory


def test_a_large_made_picture_is_not_passed_by_uploads():
    with ThreadPoolExecutor(9) as pool, ExitStack() as large, ExitStack() as small:
        with taken(6, seats.UPLOAD):
            gathering = pool.submit(lambda: large.enter_context(taken(seats.SEATS)))
            while not seats._shared.joinpath("turn").exists() or not is_locked(seats._shared / "turn"):
                time.sleep(0.001)
            enter = small.enter_context
            uploads = [pool.submit(lambda: enter(taken(1, seats.UPLOAD))) for _ in range(6)]
            assert not wait(uploads, timeout=0.1).done
        gathering.result(timeout=5)
        assert not wait(uploads, timeout=0.1).done
        large.close()


def is_locked(file: Path) -> bool:
    with ExitStack() as tried:
        return not seats._lock(file, tried)


def test_there_are_as_many_children_as_cores_and_one_for_made_pictures(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    now = seats.UPLOAD._replace(patience=0), seats.WORK._replace(patience=0)
    with taken(1, now[0]), taken(1, now[0]):
        with pytest.raises(TimeoutError), taken(1, now[0]):
            pass
        with taken(1, now[1]), pytest.raises(TimeoutError), taken(1, now[1]):
            pass


@pytest.mark.processes
def test_no_more_requests_of_a_process_wait_than_it_may_spare_threads_for(tmp_path):
    decoder, file = Decoder(), tmp_path / "photo"
    file.write_bytes(encoded(corners(), "PNG"))
    decoder.bound_requests(2)

    def ask(priority: seats.Priority) -> None:
        with decoder._admitted(priority), taken(1, priority):
            pass

    with ThreadPoolExecutor(3) as pool:
        with held_by_another():
            waiting = [pool.submit(ask, seats.UPLOAD), pool.submit(ask, seats.PAGE)]
            while decoder._requests._value:
                time.sleep(0.001)
            with file.open() as given, pytest.raises(client.Busy):
                decoder.run(JOB, 5, given, given, given, priority=seats.UPLOAD)
            work = pool.submit(ask, seats.WORK)
        for one in (*waiting, work):
            one.result(timeout=5)


def test_a_picture_above_50_megapixels_leaves_no_room_for_another():
    large = seats.needed(0, pictures.MOST_PIXELS + 1, is_in_boxes=False)
    assert 2 * large > seats.SEATS
    largest = pictures.MADE_PICTURES
    assert seats.needed(largest.largest_bytes, largest.most_pixels, is_in_boxes=False) == seats.SEATS
    assert seats.needed(2_000_000, 4_000_000, is_in_boxes=False) == 1


KINDS = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + bytes(60_000)}),
    ("PNG", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"xmp": b"words"}),
    ("AVIF", {}),
]


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_a_file_says_how_many_pixels_it_has(tmp_path, kind, options):
    file = tmp_path / "photo"
    file.write_bytes(encoded(corners(), kind, **options))
    with file.open("rb") as photo:
        assert pixels_of(photo.fileno()) == 480 * 320


def test_a_heic_says_how_many_pixels_it_has_and_words_say_nothing(tmp_path):
    words = tmp_path / "words"
    words.write_bytes(b"\xff\xd8\xff" + b"words" * 99)
    with (DATA / "small.heic").open("rb") as photo, words.open("rb") as none:
        assert pixels_of(photo.fileno()) == 384 * 256
        assert pixels_of(none.fileno()) is None


# --- made pictures have limits of their own -------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A made picture of 100 megapixels."""
    file = tmp_path_factory.mktemp("made") / "large"
    file.write_bytes(encoded(Image.new("L", (10_000, 10_000), 200), "PNG", compress_level=1))
    return file


def test_a_made_picture_may_have_100_megapixels(large):
    found = inspect(large)
    assert (found.width, found.height) == (10_000, 10_000)
    assert render(large, {"small": 480}).keys() == {"small"}
    assert preview(large)
    assert normalise(large, pictures.MADE_PICTURES).width == pictures.BOUND
    with pytest.raises(BadPicture) as refused:
        normalise(large)
    assert refused.value.code == "pixels"


@pytest.mark.parametrize(("size", "code"), [((10_001, 10_000), "pixels"), ((16_001, 300), "side")])
def test_a_made_picture_has_limits_too(tmp_path, size, code):
    file = tmp_path / "made"
    file.write_bytes(encoded(Image.new("1", size), "PNG"))
    with pytest.raises(BadPicture) as refused:
        inspect(file)
    assert refused.value.code == code


def test_a_made_picture_may_have_64_megabytes(tmp_path):
    file = tmp_path / "made"
    content = encoded(corners(), "PNG")
    spare = pictures.MADE_BYTES - len(content) - 12
    file.write_bytes(content[:33] + chunk(b"prVt", bytes(spare)) + content[33:])
    assert file.stat().st_size == 64 * 1024 * 1024
    assert inspect(file).width == 480
    with pytest.raises(BadPicture, match="20 MB"):
        normalise(file)
    with file.open("ab") as more:
        more.write(b"!")
    with pytest.raises(BadPicture):
        inspect(file)


def limits_of_children() -> list[int]:
    """The memory that each decoding child of this process may take; all of them give way to pages."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            if b"gallery.decode" not in (process / "cmdline").read_bytes():
                continue
            (limit,) = (
                line.split()[3]
                for line in (process / "limits").read_text().splitlines()
                if line.startswith("Max address space")
            )
            if limit.isdecimal() and str(os.getpid()) in ancestors(process):
                found.append(int(limit))
                niceness = (process / "stat").read_text().rpartition(")")[2].split()[16]
                assert int(niceness) == min(19, os.nice(0) + 10)
    return found


def ancestors(process: Path) -> list[str]:
    parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
    return [parent, (Path("/proc") / parent / "stat").read_text().rpartition(")")[2].split()[1]]


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads Linux's /proc")
def test_children_together_may_take_2_gb_at_most(monkeypatch):
    """On a machine of many cores; each photo waits for its turn as long as that takes."""
    monkeypatch.setattr(seats, "UPLOAD", seats.UPLOAD._replace(patience=threading.TIMEOUT_MAX))
    decoder = Decoder()
    monkeypatch.setattr(pictures, "_decoder", decoder)
    photo = encoded(noise(1000, 750).resize((4000, 3000)), "JPEG", progressive=True)
    seen = []
    with ThreadPoolExecutor(8) as pool:
        works = [pool.submit(normalise, photo) for _ in range(6)]
        while wait(works, timeout=0.02).not_done:
            seen.append(limits_of_children())
    decoder._end()
    assert all(work.result().width for work in works)
    assert max(sum(limits) for limits in seen) <= 2_000_000_000
    assert max(len(limits) for limits in seen) > 1
