"""A JPEG from outside: its segments and scans, and what it lacks at its end."""

import random
import re

from gallery.decode.header import FRAMES

SIGNATURE = b"\xff\xd8\xff"
MOST_SEGMENTS = 20_000
# A progressive JPEG has about 10; each costs a walk over the whole picture, 45 ms at most.
MOST_SCANS = 40
MOST_SCANS_UNENDED = 18  # for it is decoded twice; in printing inks it has so many
MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # no stuffed zero, no restart
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
LAST = 63  # of a block's coefficients
LONGEST_SCAN_HEADER = 14
END = bytes((0xFF, END_OF_IMAGE))
# Ones first, where a decoder at the end of its data goes on with zeros; then anything but a marker.
FILLER = bytes((0xFE, 0xFD)) + bytes(1 + value % 254 for value in random.Random(1).randbytes(4096))


def segments(content: bytes) -> tuple[bool, bool]:
    """Whether the end marker is there, and whether the scans tell each channel to its last bit.

    ValueError for so many segments or scans that only parsing them takes seconds.
    """
    at = scans = channels = 0
    whole: set[tuple[int, bool]] = set()
    for _ in range(MOST_SEGMENTS):
        at += 2
        marker = MARKER.search(content, at)
        if marker is None or content[marker.end() - 1] == END_OF_IMAGE:
            is_ended = marker is not None or content.endswith(END)
            if not is_ended and scans > MOST_SCANS_UNENDED:
                break
            return is_ended, len(whole) >= 2 * channels
        kind, body = content[marker.end() - 1], content[marker.end() : marker.end() + LONGEST_SCAN_HEADER]
        if kind == START_OF_SCAN:
            scans += 1
            whole |= _told_whole(body)
        elif kind in FRAMES and len(body) > 7:
            channels = body[7]
        if scans > MOST_SCANS:
            break
        at = marker.end() + int.from_bytes(body[:2]) - 2
    raise ValueError("too many segments or scans")


def _told_whole(scan: bytes) -> set[tuple[int, bool]]:
    """The channels of which this scan gives the last bit, with whether of their means or of all the rest."""
    count = scan[2] if len(scan) > 2 else 0
    channels, spectrum = scan[3 : 3 + 2 * count : 2], scan[3 + 2 * count : 6 + 2 * count]
    if len(spectrum) < 3 or spectrum[2] & 0x0F:  # the rest of the bits comes in a later scan
        return set()
    first, last, _ = spectrum
    parts = [is_mean for is_mean, is_in in ((True, first == 0), (False, last == LAST)) if is_in]
    return {(channel, is_mean) for channel in channels for is_mean in parts}


def ended(content: bytes, filler: bytes = b"") -> bytes:
    """With the end marker that it lacks, whole or in half. FILLER in front changes a picture that is cut."""
    return content.removesuffix(b"\xff") + filler + END
