"""The studio's shelf in a real browser: tapped on and off, swapped, searched, and all of it on one screen."""

from __future__ import annotations

import re
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import (
    Page,
    expect,
)

from tests.browser.pages import (
    DESKTOP,
    DRESS,
    PERSON,
    PHONE,
    kept,
    look,
    posted,
    posts_of,
    put_on,
    wait_for_pictures,
)
from tests.rings import matrix
from tests.up import Up

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]
SIZES = {"phone": PHONE, "desktop": DESKTOP}


def tile(page: Page, name: str):
    return page.get_by_role("checkbox", name=name, exact=True)


def chips(page: Page) -> list[str]:
    """The names of what is on, in the order of the page."""
    return page.locator(".garment-slot.is-full [data-name]").all_inner_texts()


def note(page: Page):
    return page.locator("[data-clash-note]")


def test_a_tap_puts_on_and_another_takes_off_and_the_chips_stand_in_the_order_of_wearing(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    for name in ("Denim jacket", "Breton top", "Green skirt"):
        tile(page, name).tap()
        expect(tile(page, name)).to_be_checked()
    assert chips(page) == ["Green skirt", "Breton top", "Denim jacket"]
    worn = posted(page)
    categories = {worn[f"category{end}"] for end in ("", "-2", "-3")}
    assert (categories, "garment_reference-3" in worn) == ({"bottom", "top", "outerwear"}, True)
    look(page, "shelf-outfit-phone")

    tile(page, "Breton top").tap()
    expect(tile(page, "Breton top")).not_to_be_checked()
    page.get_by_role("button", name="Take off Denim jacket").tap()
    assert chips(page) == ["Green skirt"]
    expect(page.get_by_role("button", name="Add a garment")).to_be_focused()


def test_what_is_not_worn_together_is_said_at_once_and_swapped_with_one_tap(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    for name in ("Breton top", "Green skirt", "Denim jacket"):
        put_on(page, name)
    tile(page, "Red wrap dress").tap()
    words = "The dress takes the place of the bottom and the top. Swap?"
    expect(note(page)).to_contain_text(words)
    expect(page.locator("#status")).to_have_text(words)
    expect(tile(page, "Red wrap dress")).not_to_be_checked()
    look(page, "shelf-clash-phone")
    page.get_by_role("button", name="Swap").press("Enter")
    expect(note(page)).to_be_hidden()
    expect(tile(page, "Red wrap dress")).to_be_focused()
    assert chips(page) == ["Red wrap dress", "Denim jacket"]

    tile(page, "Breton top").tap()
    expect(note(page)).to_contain_text("The top takes the place of the dress. Swap?")
    tile(page, "Red wrap dress").tap()  # taken off by hand: nothing is in the way any more
    expect(note(page)).to_be_hidden()
    put_on(page, "Breton top")
    tile(page, "Light blue shirt").tap()
    expect(note(page)).to_contain_text("You chose two tops, and only one can be worn at a time. Swap?")
    page.get_by_role("button", name="Swap").tap()
    assert chips(page) == ["Light blue shirt", "Denim jacket"]


@pytest.mark.proof
def test_how_much_the_photo_should_show_is_said_at_the_person_and_moves_nothing(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    hint = page.locator("[data-photo-hint]:visible")
    tile(page, "Breton top").check()
    expect(hint).to_have_count(0)
    skirt = tile(page, "Green skirt")
    skirt.scroll_into_view_if_needed()
    before = skirt.bounding_box()["y"]
    skirt.tap()
    expect(hint).to_have_text("For a skirt or trousers, choose a photo that shows you down to the knees.")
    assert abs(skirt.bounding_box()["y"] - before) < 2
    look(page, "shelf-hint-phone")
    skirt.tap()
    expect(hint).to_have_count(0)


def test_another_kind_that_clashes_is_said_when_it_is_chosen(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    put_on(page, "Breton top")
    put_on(page, "Green skirt")
    page.locator(".garment-slot.is-full", has_text="Green skirt").locator("summary").click()
    page.locator("select[data-category]:visible").select_option("dress")
    expect(note(page)).to_contain_text("The dress takes the place of the top. Swap?")
    page.get_by_role("button", name="Swap").click()
    assert chips(page) == ["Green skirt"]
    assert list(posted(page).values()).count("dress") == 1


@pytest.mark.proof
def test_the_kind_of_ones_own_photo_is_asked_once_and_known_the_next_time(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.get_by_role("button", name="Add a garment").click()
    expect(page.get_by_text("One item, whole, from the front")).to_be_visible()
    look(page, "shelf-add-phone")
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    asked = page.get_by_label("Worn as (garment)")
    expect(asked).to_be_visible()
    look(page, "shelf-own-phone")
    put_on(page, "Breton top")
    asked.select_option("dress")
    expect(note(page)).to_contain_text("The dress takes the place of the top")
    page.get_by_role("button", name="Swap").click()
    page.get_by_role("radio", name="Bea").check()
    page.get_by_role("button", name="Try it on", exact=True).click()
    wait_for_pictures(page)

    page.goto("about:blank")
    page.goto("/")
    expect(page.get_by_role("heading", name="Dress", level=3)).to_be_visible()
    put_on(page, "Your dress 1")
    expect(page.locator("select[data-category]:visible")).to_have_count(0)
    assert posted(page)["category"] == "dress"


@pytest.mark.proof
def test_after_back_and_a_reload_the_outfit_is_worn_as_before(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.get_by_role("radio", name="Bea").check()
    for name in ("Denim jacket", "Breton top", "Green skirt"):
        put_on(page, name)
    for name, fit in (("Denim jacket", "open"), ("Breton top", "tucked")):
        chip = page.locator(".garment-slot.is-full", has_text=name)
        chip.locator("summary").click()
        chip.locator("select[data-fit]").select_option(fit)
    worn = posted(page, "csrfmiddlewaretoken")
    assert sorted(value for name, value in worn.items() if name.startswith("wear")) == ["open", "tucked"]
    page.get_by_role("button", name="Try it on", exact=True).click()
    wait_for_pictures(page)
    page.go_back()
    for _ in range(2):
        expect(page.locator(".garment-slot.is-full")).to_have_count(3)
        assert chips(page) == ["Green skirt", "Breton top", "Denim jacket"]
        assert posted(page, "csrfmiddlewaretoken") == worn
        page.reload()


def test_another_photo_in_a_chips_place_is_asked_for_its_kind_anew(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    put_on(page, "Breton top")
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    expect(page.get_by_label("Worn as (garment)")).to_have_value("auto")
    expect(tile(page, "Breton top")).not_to_be_checked()


def test_a_tapped_sample_of_the_opening_and_the_shelf_agree(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    after = page.locator(".opening img.after")
    page.locator(".opening-looks").get_by_role("link", name="Denim jacket").click()
    expect(tile(page, "Denim jacket")).to_be_checked()
    assert chips(page) == ["Denim jacket"]
    page.locator(".opening-looks").get_by_role("link", name="Green skirt").click()
    expect(tile(page, "Denim jacket")).not_to_be_checked()
    assert chips(page) == ["Green skirt"]
    tile(page, "Green skirt").uncheck()
    put_on(page, "Breton top")
    expect(after).to_have_attribute("alt", re.compile("Breton top, on Bea"))
    expect(page.locator(".opening-looks [aria-current]")).to_have_attribute("title", "Breton top")


# Many garments -------------------------------------------------------------------------------------------
@pytest.fixture
def three_hundred(product: Up) -> Iterator[None]:
    """A shop's shelf: as many rows of one small picture."""
    with closing(sqlite3.connect(product.data / "tryon.sqlite3", timeout=20)) as db, db:
        (file, small), *_ = db.execute(
            "SELECT file, thumbnail FROM tryon_reference WHERE slug = 'green-skirt'"
        )
        names = [column[1] for column in db.execute("PRAGMA table_info(tryon_reference)")]
        row = dict(
            zip(names, *db.execute("SELECT * FROM tryon_reference WHERE slug = 'green-skirt'"), strict=False)
        )
        media = product.data / "media"
        copied = []
        for n in range(300):
            name = f"references/many/{n}.jpg"
            (media / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(media / file), media / name)
            copied.append(media / name)
            category = ("top", "bottom", "shoes", "hat")[n % 4]
            fields = {
                "id": uuid.uuid4().hex,
                "slug": f"many-{n}",
                "label": f"Piece {n} of linen",
                "category": category,
            }
            fields |= {
                "file": name,
                "small": small or "",
                "sha256": uuid.uuid4().hex * 2,
                "position": 1000 + n,
            }
            values = list((row | fields).values())
            db.execute(f"INSERT INTO tryon_reference VALUES ({','.join('?' * len(values))})", values)
    yield
    with closing(sqlite3.connect(product.data / "tryon.sqlite3", timeout=20)) as db, db:
        db.execute("UPDATE tryon_reference SET is_on_shelf = 0, slug = NULL WHERE slug LIKE 'many-%'")


@pytest.mark.parametrize("size", matrix(SIZES, first=1))
def test_three_hundred_garments_are_searched_and_their_pictures_loaded_as_they_are_seen(
    someone, three_hundred, size: str
) -> None:
    page = someone(**SIZES[size])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/thumbnail" in request.url else None)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert len(asked) < 150
    search = page.get_by_role("searchbox", name="Search the shelf")
    expect(search).to_have_attribute("placeholder", "Search 307 garments")
    search.fill("LINEN hat 11")
    expect(page.locator("[data-found]")).to_have_text("5 of 307")  # 11, 111, 115, 119, 211
    expect(page.get_by_role("heading", name="Top", exact=True)).to_be_hidden()
    page.get_by_role("checkbox", name="Piece 11 of linen", exact=True).check()
    search.press("Enter")
    assert page.url.endswith("/")
    look(page, f"shelf-300-{size}")
    search.fill("")
    expect(page.locator("[data-found]")).to_have_text("")
    expect(page.get_by_role("checkbox", name=re.compile("of linen"))).to_have_count(300)
    assert chips(page) == ["Piece 11 of linen"]


def test_the_keys_go_from_tile_to_tile_and_reach_each(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    shelf = page.get_by_role("group", name=re.compile("^Shelf"))
    expect(shelf.locator("[tabindex='0']")).to_have_count(1)
    tile(page, "Breton top").focus()
    page.keyboard.press("ArrowRight")
    expect(tile(page, "Light blue shirt")).to_be_focused()
    page.keyboard.press("End")
    expect(tile(page, "Denim jacket")).to_be_focused()
    page.keyboard.press("Space")
    assert chips(page) == ["Denim jacket"]
    for worn in ([], ["Denim jacket"]):
        page.keyboard.press("Enter")
        assert (chips(page), page.url.rpartition("/")[2]) == (worn, ""), "Enter is a tap, and sends nothing"
    page.keyboard.press("Home")
    expect(tile(page, "Breton top")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    expect(tile(page, "Denim jacket")).to_be_focused()


# What went wrong before -----------------------------------------------------------------------------------
def test_without_a_connection_the_page_stays_and_says_so(someone) -> None:
    page = someone(answers=["ERR_INTERNET_DISCONNECTED"], **PHONE)
    page.goto("/")
    page.get_by_role("radio", name="Bea").check()
    put_on(page, "Breton top")
    before = posted(page)
    button = page.get_by_role("button", name="Try it on", exact=True)
    page.context.set_offline(True)
    button.click()
    said = page.locator("[data-unsent]")
    expect(said).to_contain_text("could not be sent. Check your connection")
    assert (page.url.rpartition("/")[2], posted(page)) == ("", before)
    look(page, "shelf-offline-phone")
    page.context.set_offline(False)
    button.click()
    wait_for_pictures(page)


def test_a_press_after_a_bad_file_says_what_is_wrong_with_it(someone, tmp_path) -> None:
    (tmp_path / "notes.jpg").write_text("no photo")
    page = someone(**PHONE)
    page.goto("/")
    put_on(page, "Breton top")
    page.locator("input[type=file][name=person]").set_input_files(tmp_path / "notes.jpg")
    page.locator("#consent").click()  # what is refused at once takes the tick along
    said = page.locator("#person-card [data-error]")
    expect(said).to_contain_text("must be a JPEG, PNG, WebP, AVIF or HEIC photo")
    posts = posts_of(page)
    page.get_by_role("button", name="Try it on", exact=True).click()
    expect(page.locator("#status")).to_contain_text("must be a JPEG")
    expect(said).to_contain_text("must be a JPEG")
    assert not posts


def test_the_summary_goes_with_the_last_fault_that_was_mended(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.get_by_role("button", name="Try it on", exact=True).click()
    summary = page.get_by_role("alert").first
    expect(summary).to_contain_text("2 things to put right")
    expect(page).to_have_title(re.compile("^Error: "))
    put_on(page, "Breton top")
    expect(summary).to_contain_text("One thing to put right")
    expect(summary).to_contain_text("Select a photo of the person")
    page.get_by_role("radio", name="Bea").check()
    expect(page.locator("#problems")).to_have_count(0)
    expect(page).to_have_title(re.compile("^Try something on"))


@pytest.mark.proof
def test_a_clash_that_was_sent_is_swapped_on_the_page_that_refused_it(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.get_by_role("radio", name="Bea").check()
    put_on(page, "Breton top")
    put_on(page, "Green skirt")
    page.locator(".garment-slot.is-full", has_text="Green skirt").locator("summary").click()
    page.locator("select[data-category]:visible").select_option("top")
    page.get_by_role("button", name="Try it on", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("You chose two tops")
    expect(page.locator("#garment-card [data-error]")).to_be_visible()
    expect(note(page)).to_contain_text("You chose two tops, and only one can be worn at a time. Swap?")
    page.get_by_role("button", name="Swap").click()
    expect(page.locator("#problems")).to_have_count(0)
    expect(page.locator("#garment-card [data-error]")).to_have_count(0)
    page.get_by_role("button", name="Try it on", exact=True).click()
    wait_for_pictures(page)


def test_consent_is_a_quiet_step_once_a_photo_is_chosen_and_then_its_date(someone) -> None:
    page = someone(**PHONE, locale="en-GB")
    page.goto("/")
    box = page.locator("#consent")
    expect(box).to_be_hidden()
    posts = posts_of(page)
    page.locator("input[type=file][name=person]").set_input_files(PERSON)
    expect(page.get_by_label("One tick, then it uploads")).to_be_visible()
    expect(page.locator("#person-card [data-error]")).to_have_count(0)
    look(page, "shelf-consent-phone")
    assert not posts, "no byte leaves before the tick"
    box.check()
    kept(page, "person_reference")
    expect(box).to_be_hidden()
    agreed = page.locator("[data-agreed-note]")
    expect(agreed).to_have_text(re.compile(r"You agreed on \d+ [A-Z][a-z]+$"))
    page.locator("#person-card").evaluate("card => card.scrollIntoView()")
    look(page, "shelf-agreed-phone")

    page.locator("input[type=file][name=person]").set_input_files(DRESS)
    expect(box).to_be_visible()
    expect(box).not_to_be_checked()  # each photo of somebody is agreed to on its own
    page.get_by_role("radio", name="Bea").check()
    expect(box).to_be_hidden()
    expect(agreed).to_be_hidden()
    page.goto("about:blank")
    page.goto("/")
    page.get_by_role("radio", name="Earlier photo 1").check()
    expect(agreed).to_be_visible()


GIVE = """async (address) => {
  const photo = await (await fetch(address)).blob();
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([photo], "photo.jpg", { type: "image/jpeg" }));
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


def test_a_pasted_photo_goes_to_the_card_whose_button_was_used_last(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    photo = page.locator("label.pick input").first.get_attribute("data-src")
    page.get_by_role("button", name="Add a garment").click()
    page.locator("label.pick input").first.focus()
    page.evaluate(GIVE, photo)
    expect(page.locator("#status")).to_have_text("Photo pasted as the garment")
    kept(page, "garment_reference")
    page.evaluate(GIVE, photo)
    kept(page, "garment_reference-2")


# One screen -----------------------------------------------------------------------------------------------
def bottom(page: Page, what: str) -> float:
    box = page.locator(what).bounding_box()
    return box["y"] + box["height"]


@pytest.mark.proof
def test_both_cards_are_on_one_phone_screen_with_the_button_below(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    page.goto("about:blank")
    page.goto("/")
    expect(page.locator(".opening")).to_have_count(0)
    button = page.get_by_role("button", name="Try it on", exact=True)
    expect(button).to_be_in_viewport(ratio=1)
    free = page.locator(".go-side").bounding_box()["y"]
    assert bottom(page, "#person-card") < bottom(page, "#garment-card") <= free
    put_on(page, "Breton top")
    page.get_by_role("radio", name="Bea").check()
    assert bottom(page, "#garment-card") <= page.locator(".go-side").bounding_box()["y"]
    look(page, "shelf-one-screen-phone")


def test_with_the_example_above_the_cards_are_the_next_screen(someone) -> None:
    page = someone(**PHONE)
    page.goto("/#person-card")
    cards = page.locator("#garment-card").bounding_box()
    height = bottom(page, "#garment-card") - page.locator("#person-card").bounding_box()["y"]
    assert cards["width"] > 300
    assert height <= 844 - 70


@pytest.mark.parametrize("how", matrix(["narrow", "large"], first=2))
def test_nothing_scrolls_sideways(someone, how: str) -> None:
    page = someone(viewport={"width": 320, "height": 640}, has_touch=True)
    page.goto("/")
    if how == "large":
        page.evaluate("document.documentElement.style.fontSize = '200%'")
    for name in ("Breton top", "Green skirt", "Denim jacket"):
        put_on(page, name)
    page.locator(".garment-slot.is-full summary").last.click()
    tile(page, "Red wrap dress").tap()
    page.get_by_role("button", name="Add a garment").click()
    page.locator("input[type=file][name=person]").set_input_files(PERSON)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    look(page, f"shelf-{how}")


def test_without_scripts_one_is_chosen_and_more_are_folded_below(someone) -> None:
    page = someone(java_script_enabled=False, **PHONE)
    page.goto("/")
    page.get_by_role("radio", name="Bea").check()
    page.get_by_role("radio", name="Breton top").check()
    page.get_by_text("Add garments").click()
    page.locator("#garment_reference-2").select_option(label="Green skirt")
    page.get_by_role("button", name="Try it on").click()
    page.wait_for_url(re.compile("/tryons/"))
    for name in ("Breton top", "Green skirt"):
        expect(page.get_by_role("img", name=name)).to_be_attached()
