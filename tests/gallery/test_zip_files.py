"""A ZIP that is made while it is sent."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest

from gallery.media import Lost
from gallery.zip_files import Opener, streamed_zip


def holding(content: bytes) -> Opener:
    return lambda: io.BytesIO(content)


def opened(blocks: Iterator[bytes]) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(blocks)))
    assert archive.testzip() is None
    return archive


def test_names_that_come_again_are_numbered_and_pictures_stored_as_they_are():
    names = ["top.png", "top.png", "top-2.png", "folder/top.png", "top.png"]
    archive = opened(streamed_zip((name, holding(bytes([n]) * 100)) for n, name in enumerate(names)))
    assert archive.namelist() == ["top.png", "top-2.png", "top-2-2.png", "folder/top.png", "top-3.png"]
    assert archive.read("top-3.png") == b"\4" * 100
    assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize("gone", [FileNotFoundError, Lost])
def test_what_was_deleted_meanwhile_is_left_out(gone: type[Exception]):
    def deleted() -> io.BytesIO:
        raise gone

    archive = opened(streamed_zip([("a.png", holding(b"a")), ("b.png", deleted), ("c.png", holding(b"c"))]))
    assert archive.namelist() == ["a.png", "c.png"]


def test_a_place_that_gives_nothing_now_breaks_the_download_off():
    def away() -> io.BytesIO:
        raise OSError

    with pytest.raises(OSError):
        list(streamed_zip([("a.png", holding(b"a")), ("b.png", away)]))


def test_one_file_at_a_time_is_open_and_read_in_blocks():
    held: list[io.BytesIO] = []

    def opening() -> io.BytesIO:
        assert all(each.closed for each in held)
        held.append(io.BytesIO(b"x" * 1_000_000))
        return held[-1]

    assert max(map(len, streamed_zip([("a.png", opening), ("b.png", opening)]))) < 100_000
    assert len(held) == 2
