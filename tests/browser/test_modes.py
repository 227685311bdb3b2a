"""Remix, compose and imagine in a real browser, and models that take less."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import (
    expect,
)

from tests.browser.pages import (
    DESKTOP,
    DRESS,
    PERSON,
    PHONE,
    POSTED,
    kept,
    look,
    posted,
    posts_of,
    put_on,
    sign_in,
    wait_for_end,
    wait_for_pictures,
)
from tests.up import Up

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


def offer_all_families(product: Up) -> None:
    """What the operator does in the admin: tick every family beside the first model."""
    rows = [
        ("google/gemini-2.5-flash-image", "Gemini 2.5 Flash", 1),
        ("xai/grok-imagine-image", "Grok Imagine", 2),
        ("recraft/recraft-v4", "Recraft V4", 3),
    ]
    with closing(sqlite3.connect(product.data / "tryon.sqlite3", timeout=20)) as db, db:
        for model, label, position in rows:
            db.execute("DELETE FROM tryon_offer WHERE model = ?", [model])
            db.execute(
                "INSERT INTO tryon_offer (model, label, position, offered) VALUES (?, ?, ?, 1)",
                [model, label, position],
            )


@pytest.fixture
def families(product: Up) -> Iterator[None]:
    offer_all_families(product)
    yield
    with closing(sqlite3.connect(product.data / "tryon.sqlite3", timeout=20)) as db, db:
        db.execute("UPDATE tryon_offer SET offered = 0 WHERE position IN (1, 2, 3)")


def test_a_picture_is_remixed_by_words(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    page.get_by_role("link", name="Remix").click()
    look(page, "remix-desktop")
    page.get_by_role("button", name="Remix it").click()
    expect(page.get_by_role("alert")).to_contain_text("2 things to put right")
    look(page, "remix-errors-desktop")
    posts = posts_of(page)
    page.locator("input[type=file][name=picture]").set_input_files(PERSON)
    expect(page.get_by_label("One tick, then it uploads")).to_be_visible()
    expect(page.locator("#picture-card [data-error]")).to_have_count(0)
    assert not posts
    page.locator("#consent").check()
    kept(page, "picture_reference")
    page.locator("#note").fill("The same picture as a pencil drawing")
    expect(page.locator("[data-count]")).to_have_text("36 of 500 characters")
    expect(page.locator("#note-error [data-error]")).to_have_count(0)
    look(page, "remix-filled-desktop")
    page.get_by_role("button", name="Remix it").click()
    wait_for_end(page)


def test_two_pictures_are_composed_after_one_tick(someone) -> None:
    page = someone(**PHONE)
    page.goto("/?mode=compose")
    look(page, "compose-phone")
    posts = posts_of(page)
    page.locator("input[type=file][name=picture]").set_input_files(PERSON)
    page.locator("input[type=file][name=picture-2]").set_input_files(DRESS)
    page.get_by_role("button", name="Compose it").click()
    expect(page.locator("picture-slot [data-error]")).to_have_count(2)
    expect(page.locator("#note-error")).to_contain_text("Say in words what you want to see")
    assert not posts
    look(page, "compose-errors-phone")
    page.locator("#consent").check()
    kept(page, "picture_reference")
    kept(page, "picture_reference-2")
    assert len(posts) == 2
    page.locator("#note").fill("The dress of picture 2 hangs beside the person of picture 1")
    page.get_by_role("button", name="Compose it").click()
    wait_for_end(page)
    page.go_back()
    expect(page.locator("#note")).to_have_value("The dress of picture 2 hangs beside the person of picture 1")
    expect(page.locator("picture-slot.is-full")).to_have_count(2)


@pytest.mark.proof
def test_a_kept_garment_is_asked_for_once_when_it_is_worked_from(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    box = page.locator("#consent")
    page.locator("input[type=radio][name=person_reference]").first.check(force=True)
    expect(box).to_be_hidden()  # the house's person needs none, nor does a garment

    page.goto("/?mode=remix")
    expect(box).to_be_hidden()
    page.locator("label.pick", has=page.get_by_alt_text("Breton top")).click()
    expect(box).to_be_hidden()
    mine = page.locator("label.pick", has=page.get_by_alt_text("Earlier photo 1"))
    mine.click()
    expect(box).to_be_visible()
    expect(page.locator("#status")).to_have_text("One tick, then it uploads")
    look(page, "remix-garment-desktop")
    page.locator("#note").fill("The same picture as a pencil drawing")
    posts = posts_of(page)
    page.get_by_role("button", name="Remix it").click()
    expect(box).to_be_focused()
    expect(page.locator("#picture-card [data-error]")).to_contain_text("Tick the box")
    assert not posts
    box.check()
    expect(page.locator("#picture-card [data-error]")).to_have_count(0)
    page.get_by_role("button", name="Remix it").click()
    wait_for_end(page)

    page.goto("/?mode=remix")
    mine.click()
    expect(page.locator("picture-slot.is-full")).to_have_count(1)
    expect(box).to_be_hidden()
    posts.clear()
    page.locator("input[type=file][name=picture]").set_input_files(PERSON)
    expect(box).to_be_visible()
    assert not posts


@pytest.mark.proof
def test_a_person_is_imagined_from_an_example(someone) -> None:
    page = someone(**PHONE)
    page.goto("/?mode=imagine")
    look(page, "imagine-phone")
    page.locator("[data-example]").first.click()
    expect(page.locator("#note")).to_have_value(page.locator("[data-example]").first.inner_text())
    page.get_by_role("button", name="Imagine it").click()
    wait_for_end(page)


@pytest.mark.proof
def test_another_model_hides_what_it_does_not_take(someone, families) -> None:
    page = someone(**DESKTOP)
    page.goto("/?mode=imagine")
    page.locator(".options summary").click()
    page.locator("#size").select_option("2K")
    page.locator("#model").select_option(label="Recraft V4")
    expect(page.locator("#size")).to_be_hidden()
    expect(page.locator("#aspect_ratio")).to_be_visible()
    assert "size" not in page.evaluate(POSTED)
    look(page, "imagine-models-desktop")
    page.locator("#model").select_option(label="Grok Imagine")
    expect(page.locator("#aspect_ratio")).to_be_hidden()
    expect(page.locator("[data-options-words]")).to_have_text("Grok Imagine, 1 picture")
    page.locator("#model").select_option(index=0)
    expect(page.locator("#size")).to_have_value("2K")


@pytest.mark.proof
def test_a_model_of_three_pictures_takes_two_garments_and_no_more(someone, families) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    page.locator("input[type=radio][name=person_reference]").first.check(force=True)
    for name in ("Breton top", "Green skirt", "Denim jacket"):
        put_on(page, name)
    button, said = page.get_by_role("button", name="Try it on"), page.locator("[data-too-many]")
    page.locator(".options summary").click()
    page.locator("#model").select_option(label="Gemini 2.5 Flash")
    expect(said).to_contain_text("3 photos at most, the person's included. Remove 1 to go on")
    expect(button).to_be_disabled()
    look(page, "studio-outfit-desktop")
    page.get_by_role("button", name="Take off Green skirt").click()
    expect(said).to_be_hidden()
    page.get_by_role("checkbox", name="Wide wool trousers").click()
    expect(page.locator("[data-clash-note]")).to_contain_text("This model takes 2 garments at most")
    expect(page.locator(".garment-slot.is-full")).to_have_count(2)
    page.get_by_role("button", name="Take off Breton top").click()
    expect(page.locator("[data-clash-note]")).to_be_hidden()
    put_on(page, "Breton top")
    page.get_by_role("button", name="Add a garment").click()
    expect(page.locator("[data-clash-note]")).to_contain_text("This model takes 2 garments at most")
    expect(page.get_by_role("button", name="Swap")).to_be_hidden()
    button.click()
    wait_for_pictures(page)


@pytest.mark.proof
def test_how_a_garment_is_worn_is_asked_where_there_is_a_choice(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    put_on(page, "Breton top")
    page.locator(".garment-slot.is-full summary").click()
    wear = page.locator("#wear")
    wear.select_option("tucked")
    expect(page.locator(".garment-slot.is-full")).to_contain_text("Top, Tucked in")
    page.get_by_role("checkbox", name="Breton top").uncheck()
    put_on(page, "Red wrap dress")
    page.locator(".garment-slot.is-full summary").click()
    expect(page.locator("#category")).to_have_value("dress")
    expect(wear).to_be_hidden()
    assert "wear" not in page.evaluate(POSTED)
    page.locator("#category").select_option("outerwear")
    wear.select_option("open")
    assert page.evaluate(POSTED)["wear"] == "open"


def test_a_member_gives_a_garment_by_its_address(someone) -> None:
    page = someone(**PHONE)
    sign_in(page)
    page.goto("/")
    place, chip = page.locator("#garment-card"), page.locator(".garment-slot.is-full")
    page.get_by_role("button", name="Add a garment").click()
    place.get_by_text("Or by its address").locator("visible=true").click()
    field = place.locator("input[type=url]:visible")
    field.fill("http://shop.example/dress.jpg")
    place.get_by_role("button", name="Use this address").click()
    expect(place.locator("[data-error]")).to_contain_text("must begin with https://")
    expect(field).to_have_value("http://shop.example/dress.jpg")
    page.reload()
    page.get_by_role("button", name="Add a garment").click()
    expect(field).to_have_value("http://shop.example/dress.jpg")
    field.fill("https://shop.example/dress.jpg")
    field.press("Enter")
    expect(chip).to_contain_text("Linked picture at shop.example")
    expect(chip.locator("img")).to_have_count(0)
    kept(page, "garment_reference")
    look(page, "studio-linked-phone")
    page.locator("input[type=radio][name=person_reference]").first.check(force=True)
    before = posted(page, "csrfmiddlewaretoken")
    assert "garment_url" not in before
    page.reload()
    expect(chip).to_contain_text("Linked picture at shop.example")
    assert posted(page, "csrfmiddlewaretoken") == before
    page.get_by_role("button", name="Try it on").click()
    wait_for_end(page)


def test_without_javascript_another_models_options_can_be_asked_for(someone, families) -> None:
    page = someone(java_script_enabled=False, **DESKTOP)
    page.goto("/?mode=imagine")
    page.locator("#note").fill("A red chair")
    page.locator(".options summary").click()
    page.locator("#model").select_option(label="Grok Imagine")
    page.get_by_role("button", name="Show its options").click()
    expect(page.locator("#note")).to_have_value("A red chair")
    expect(page.locator("#size")).to_be_hidden()
    expect(page.locator("#aspect_ratio")).to_be_hidden()
    page.get_by_role("button", name="Imagine it").click()
    page.wait_for_url(re.compile(r"/tryons/"))


# How a result is looked at ----------------------------------------------------------------------------
