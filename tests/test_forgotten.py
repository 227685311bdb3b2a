"""Somebody is forgotten by the whole product, while it makes pictures for them: nothing of them is found."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.journey import Visitor
from tests.live import ROOT, WITH_KEY, until
from tests.remains import Remains, files_in
from tests.up import Up

pytestmark = [pytest.mark.processes(60), pytest.mark.proof]

PROMISED = 600  # seconds
PHOTOS = {
    name: (file, (ROOT / "tests/pictures" / file).read_bytes(), "image/jpeg")
    for name, file in (("person", "person.jpg"), ("garment", "red-dress.jpg"))
}
WISHES = {"consent": "1", "category": "dress", "size": "512", "aspect_ratio": "auto"}
WORDS = ("first wish of mildred", "second wish of mildred", "Whitby pier")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def product(request: pytest.FixtureRequest, tmp_path: Path, static_root: Path) -> Iterator[Up]:
    env = {"SWEEP_SECONDS": "2", "PURGE_SECONDS": "2", "STATIC_ROOT": str(static_root)}
    if request.param == "postgres":
        env["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    with Up(tmp_path / "data", **env) as up:
        up.database = env.get("DATABASE_URL", "")
        yield up.ready()


def rows(up: Up, query: str) -> list[tuple]:
    if not up.database:
        return up.rows(query)
    with closing(psycopg.connect(up.database)) as database:
        return database.execute(query).fetchall()


def live_rows(up: Up) -> str:
    """All that any row holds."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if up.database:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return str([rows(up, f'SELECT * FROM "{name}"') for (name,) in rows(up, tables)])


def sandbox(up: Up) -> str:
    return re.findall(r"ready on (\S+)", (up.data / "log/sandbox.log").read_text())[-1]


def test_nothing_is_found_of_somebody_who_was_erased_in_the_middle_of_a_call(product: Up) -> None:
    where = [product.data / name for name in ("media", "spool", "sandbox")]
    houses = files_in(*where)
    with Visitor(product.address) as mildred, Visitor(product.address) as friend:
        mildred.open("/")
        mildred.post("/", WISHES | {"note": WORDS[0], "n": "2"}, PHOTOS)
        image = re.search(r"/gallery/([0-9a-f-]{36})/original", mildred.finished(mildred.path))[1]
        mildred.open(f"/gallery/{image}/")
        made = mildred.post("/links/", {"images": image, "title": WORDS[2], "days": "7"})
        link = re.search(r'value="(http://[^"]+/s/[^"]+)"', made)[1]
        assert friend.client.get(link).status_code == 200
        httpx.post(f"{sandbox(product)}/_sandbox/latency", json={"generations": 8}, headers=WITH_KEY)
        mildred.open("/")
        mildred.post("/", WISHES | {"note": WORDS[1]}, PHOTOS)
        until(
            lambda: httpx.get(f"{sandbox(product)}/_sandbox/calls", headers=WITH_KEY).json()["open"],
            what="a call is under way",
        )
        token = link.rpartition("/")[2]
        left = Remains(files_in(*where) - houses, [*WORDS, token])
        assert {how for how, _ in left.found(*where)} == {"bytes", "looks"}
        assert all(word in live_rows(product) for word in WORDS)

        mildred.open("/my-data/delete")
        receipt = mildred.post("/my-data/delete", {"agreed": "1"})
        erased = time.monotonic()

        assert "Receipt" in receipt
        assert "<img" not in receipt
        assert friend.client.get(link).status_code == 404
        until(lambda: ended(product), 60, "the call in flight is over")
        until(lambda: not left.found(product.data), 60, "no byte, no word, no picture is left")
        assert time.monotonic() - erased < PROMISED
        until(lambda: files_in(*where) - houses == set(), 60, "nor of what the call brought")
        told = live_rows(product)
        assert not [word for word in (*WORDS, token) if word in told]
        assert product.stop() == 0
        assert left.found(product.data) == set(), "nor in what is written at the end"


def ended(up: Up) -> bool:
    return {status for (status,) in rows(up, "SELECT status FROM tryon_generation")} <= {"done", "cancelled"}
