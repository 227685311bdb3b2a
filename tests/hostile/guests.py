"""One address with many cookies asks for all that the site may spend, and sends all that its disk holds."""

from __future__ import annotations

import io
import os
from collections import Counter
from dataclasses import dataclass

from PIL import Image

from tests.hostile.site import Site, order_samples

COOKIES, PICTURES = 18, 4
FILES, SIDE = 80, 1300  # each of about 5 MB


def spend(site: Site) -> tuple[int, bool]:
    """Pictures that were accepted of 72 asked for, and whether a guest elsewhere still gets one."""
    for _ in range(COOKIES):
        with site.visitor("198.51.100.3") as guest:
            order_samples(guest, n=str(PICTURES))
    accepted = _pictures(site)
    with site.visitor("198.51.100.4") as other:
        order_samples(other)
    return accepted, _pictures(site) == accepted + 1


def _pictures(site: Site) -> int:
    return int(site.up.rows("SELECT coalesce(sum(count), 0) FROM tryon_generation")[0][0])


@dataclass
class Sent:
    statuses: Counter[int]
    megabytes: int  # that were kept, received


def fill_the_disk(site: Site) -> Sent:
    """Photos without an end, each other bytes, with a new cookie now and then."""
    sent = Sent(Counter(), 0)
    for cookie in range(FILES // 10):
        with site.visitor("198.51.100.5") as guest:
            guest.open("/")
            for _ in range(10):
                content = _noise()
                answer = guest.client.post(
                    "/references/",
                    data={"csrfmiddlewaretoken": guest.field("csrfmiddlewaretoken"), "kind": "garment"},
                    files={"file": (f"{cookie}.png", content, "image/png")},
                    headers={"Referer": site.address},
                )
                sent.statuses[answer.status_code] += 1
                sent.megabytes += len(content) * (answer.status_code == 201)
    sent.megabytes //= 1024**2
    return sent


def _noise() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (SIDE, SIDE), os.urandom(SIDE * SIDE * 3)).save(file, "PNG", compress_level=0)
    return file.getvalue()
