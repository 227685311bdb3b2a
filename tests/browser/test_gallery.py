"""The gallery: variations as a stack, several at once, the keys, large words on a small screen."""

from __future__ import annotations

import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import PHONE, choose_samples, look, wait_for_pictures

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"


def with_variations(page: Page) -> None:
    """Three pictures of one look, and the gallery that shows them."""
    page.goto("/")
    page.locator("[name=n]").evaluate("field => { field.value = '3'; }")
    choose_samples(page)
    wait_for_pictures(page, 3)
    page.goto("/gallery/")


def cards(page: Page):
    return page.locator(".card:visible")


def test_three_are_selected_taken_along_deleted_and_taken_back(someone) -> None:
    page = someone(**PHONE)
    with_variations(page)
    expect(cards(page)).to_have_count(1)
    page.get_by_role("button", name="Select", exact=True).click()
    cards(page).locator(".frame > a").click()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Done").click()

    page.get_by_role("button", name="2 variations more").click()
    expect(cards(page)).to_have_count(3)
    page.get_by_role("button", name="Select", exact=True).click()
    cards(page).locator(".frame > a").first.click()
    expect(page.get_by_text("1 selected")).to_be_visible()
    cards(page).locator(".frame > a").last.click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    look(page, "gallery-selected-phone")

    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        first, *others = archive.namelist()
    assert re.fullmatch(r"denim-jacket-\d+-\w+\.\w+", first)
    stem, _, ending = first.rpartition(".")
    assert others == [f"{stem}-2.{ending}", f"{stem}-3.{ending}"]

    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("3 pictures are deleted")).to_be_visible()
    expect(cards(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(cards(page)).to_have_count(1)

    page.locator("html").evaluate("html => { html.style.fontSize = '200%'; }")
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SIDEWAYS) <= 0

    cards(page).locator(".frame > a").click()
    newest = page.url
    for key, leads_back in (("ArrowRight", False), ("ArrowLeft", True)):
        expect(page.locator("main [rel=next], main [rel=prev]").first).to_be_visible()
        with page.expect_navigation():
            page.keyboard.press(key)
        assert (page.url == newest) == leads_back


@pytest.mark.proof
def test_without_scripts_the_same_is_a_form(someone) -> None:
    page = someone(**PHONE)
    with_variations(page)
    page.get_by_role("link", name="Gallery").first.click()
    plain = someone(**PHONE, java_script_enabled=False, storage_state=page.context.storage_state())
    plain.goto("/gallery/")
    expect(cards(plain)).to_have_count(3)
    look(page, "gallery-phone-again")
    plain.get_by_role("link", name="Select all").click()
    with plain.expect_download() as download:
        plain.get_by_role("button", name="Download").click()
    assert len(zipfile.ZipFile(download.value.path()).namelist()) == 3
    plain.get_by_role("button", name="Delete").click()
    expect(plain.get_by_text("3 pictures are deleted")).to_be_visible()
    plain.get_by_role("button", name="Undo").click()
    expect(cards(plain)).to_have_count(3)
    plain.get_by_role("button", name="Share").click()
    expect(plain.get_by_text("Select at least one picture first.")).to_be_visible()
