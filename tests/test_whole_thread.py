"""The product as `up` runs it, from the form to the opened share link, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey import SAMPLES, Visitor
from tests.live import until
from tests.tryon.making import photo
from tests.up import Up

pytestmark = pytest.mark.processes(40)

STAFF = {"DJANGO_SUPERUSER_USERNAME": "ana", "DJANGO_SUPERUSER_PASSWORD": "a long enough one"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def product(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, static_root: Path
) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp(request.param)
    env = STAFF | {"SWEEP_SECONDS": "5", "STATIC_ROOT": str(static_root)}
    if request.param == "postgres":
        env["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    with Up(folder / "data", **env) as up:
        yield up.ready()


def test_a_person_is_dressed_checked_and_shared(product: Up) -> None:
    with Visitor(product.address) as shopper, Visitor(product.address) as staff:
        shopper.open("/")
        shopper.post(
            "/",
            {
                "consent": "1",
                "category": "top",
                "n": "2",
                "size": "512",
                "aspect_ratio": "auto",
                "note": "tucked in",
            },
            {
                "person": ("me.jpg", photo("tan"), "image/jpeg"),
                "garment": ("shirt.jpg", photo("navy"), "image/jpeg"),
            },
        )
        tryon = shopper.path
        assert re.fullmatch(r"/tryons/[0-9a-f-]{36}/", tryon)
        page = shopper.finished(tryon)
        images = sorted(set(re.findall(r"/gallery/([0-9a-f-]{36})/original", page)))
        assert page.count('data-state="done"') == 2
        assert len(images) == 2

        picture = shopper.client.get(f"/gallery/{images[0]}/original")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
        assert staff.client.get(tryon).status_code == 404
        assert staff.client.get(f"/gallery/{images[0]}/original").status_code == 404

        shopper.open(f"/gallery/{images[0]}/")
        made = shopper.post("/links/", {"images": images[0], "title": "For the wedding?", "days": "7"})
        link = re.search(r'value="(http://[^"]+/s/[^"]+)"', made)[1]
        with Visitor(product.address) as stranger:
            early = re.search(r"/shared/[0-9a-f-]{36}/", stranger.open(link))[0]
            assert "opens after a check by" in stranger.open(early)
            assert images[0] not in stranger.page, "not checked yet"

            staff.open("/accounts/login/")
            staff.post("/accounts/login/", {"login": "ana", "password": STAFF["DJANGO_SUPERUSER_PASSWORD"]})
            staff.open("/admin/gallery/image/")
            staff.post("/admin/gallery/image/", {"action": "approve", "_selected_action": images[0]})

            shared = re.search(r"/shared/[0-9a-f-]{36}/", stranger.open(link))[0]
            assert images[0] in stranger.open(shared)
            bytes_path = f"{shared}{images[0]}/large"
            assert stranger.client.get(bytes_path).headers["content-type"] in ("image/webp", "image/png")
            assert stranger.client.get(f"{shared}{images[1]}/large").status_code == 404

            shopper.open("/links/")
            shopper.post(re.search(r"/links/[0-9a-f-]{36}/revoke", shopper.page)[0])
            assert stranger.client.get(shared).status_code == 404
            assert stranger.client.get(bytes_path).status_code == 404


def test_samples_give_a_picture(product: Up) -> None:
    with Visitor(product.address) as newcomer:
        newcomer.open("/")
        newcomer.post("/", {name: newcomer.field(name) for name in SAMPLES})
        assert 'data-state="done"' in newcomer.finished(newcomer.path)


def test_lost_renditions_come_back_by_themselves(product: Up) -> None:
    with Visitor(product.address) as visitor:
        visitor.open("/")
        visitor.post("/", {name: visitor.field(name) for name in SAMPLES})
        image = re.search(r"/gallery/([0-9a-f-]{36})/original", visitor.finished(visitor.path))[1]
        small = f"/gallery/{image}/small"

        def is_webp() -> bool:
            return visitor.client.get(small).headers["content-type"] == "image/webp"

        until(is_webp, 30)
        for file in (product.data / "media" / "renditions").rglob("*.*"):
            file.unlink()
        assert visitor.client.get(small).status_code == 200, "the original stands in"
        until(is_webp, 30)


def test_words_become_a_person_who_is_kept_and_dressed(product: Up) -> None:
    with Visitor(product.address) as visitor:
        visitor.open("/?mode=imagine")
        visitor.post("/", {"mode": "imagine", "note": "A woman in plain clothes, standing", "size": "512"})
        page = visitor.finished(visitor.path)
        image = re.search(r"/gallery/([0-9a-f-]{36})/original", page)[1]

        visitor.post(f"/gallery/{image}/keep", {"kind": "person"})
        assert visitor.path == "/"
        person = visitor.field("person_reference")
        garment = visitor.field("garment_reference")
        visitor.post("/", {"person_reference": person, "garment_reference": garment, "size": "512"})
        assert 'data-state="done"' in visitor.finished(visitor.path)


def test_pictures_and_words_become_others(product: Up) -> None:
    with Visitor(product.address) as visitor:
        visitor.open("/?mode=remix")
        red = {"picture": ("red.jpg", photo("red"), "image/jpeg")}
        visitor.post("/", {"mode": "remix", "consent": "1", "note": "as a watercolour", "size": "512"}, red)
        assert 'data-state="done"' in visitor.finished(visitor.path)

        visitor.open("/?mode=compose")
        both = red | {"picture-2": ("blue.jpg", photo("blue"), "image/jpeg")}
        words = {"mode": "compose", "consent": "1", "note": "picture 2 beside picture 1", "size": "512"}
        visitor.post("/", words, both)
        assert 'data-state="done"' in visitor.finished(visitor.path)


def test_a_member_gives_a_garment_by_its_address(product: Up) -> None:
    with Visitor(product.address) as member:
        member.open("/accounts/login/")
        member.post("/accounts/login/", {"login": "ana", "password": STAFF["DJANGO_SUPERUSER_PASSWORD"]})
        member.open("/")
        asked = {
            "person_reference": member.field("person_reference"),
            "garment_url": "https://shop.example.com/coat.jpg",
            "category": "outerwear",
            "wear": "open",
        }
        member.post("/", asked)
        page = member.finished(member.path)
        assert 'data-state="done"' in page
        assert "shop.example.com" in page
        assert not re.search(r"<img[^>]+shop.example.com", page), "no browser fetches it from us or for us"
