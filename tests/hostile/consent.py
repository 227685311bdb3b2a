"""A photo of a person given as a garment goes out as a picture to work from, without a tick."""

from __future__ import annotations

import io
import re

from PIL import Image

from tests.hostile.site import Site
from tests.journey import Visitor


def go_round(site: Site, of: str, **tick: str) -> tuple[int, int]:
    """How many requests were accepted with this tick, or none, of how many doors tried."""
    doors = ("remix", "compose", "try_on")
    before = _tryons(site)
    with site.visitor(of) as guest:
        guest.open("/")
        data = {"csrfmiddlewaretoken": guest.field("csrfmiddlewaretoken"), "kind": "garment"}
        headers = {"Referer": site.address}
        photos = [_kept(guest, data, headers, colour) for colour in ("tan", "navy")]
        for mode in doors:
            guest.open(f"/?mode={mode}")
            fields = {"mode": mode, "key": guest.field("key"), "n": "1", "note": "make the sleeves longer"}
            fields |= {"picture_reference": photos[0], "picture_reference-2": photos[1]}
            fields |= {"person_reference": photos[0], "garment_reference": photos[1], "category": "top"}
            fields |= {"csrfmiddlewaretoken": guest.field("csrfmiddlewaretoken")} | tick
            guest.client.post("/", data=fields, headers=headers)
    return _tryons(site) - before, len(doors)


def _kept(guest: Visitor, data: dict[str, str], headers: dict[str, str], colour: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (300, 400), colour).save(file, "JPEG")
    files = {"file": ("a.jpg", file.getvalue(), "image/jpeg")}
    told = guest.client.post("/references/", data=data, files=files, headers=headers).text
    return re.search(r'value="([0-9a-f-]{36})"', told)[1]  # type: ignore[index]


def _tryons(site: Site) -> int:
    return int(site.up.rows("SELECT count(*) FROM tryon_tryon")[0][0])
