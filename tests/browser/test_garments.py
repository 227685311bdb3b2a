"""Garments that staff choose together or drop: each for itself, changed where it stands, with its link."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import PHONE, look, sign_in
from tests.factories import jpeg

pytestmark = [pytest.mark.browser, pytest.mark.proof]
DROP = "/admin/tryon/housegarment/drop/"


def file(name: str, colour: str) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": jpeg(colour, (400, 500))}


def rows(page: Page):
    return page.locator("form.dropped")


def test_several_are_chosen_at_once_and_each_is_told_for_itself(someone):
    page = someone(**PHONE)
    sign_in(page)
    page.goto(DROP)
    bad = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    page.set_input_files(
        "#photos", [file("silk_scarf_dress.jpg", "#a1b2c3"), file("bag-9.jpg", "#3c2b1a"), bad]
    )

    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("alert")).to_contain_text("notes.jpg")
    dress = rows(page).filter(has=page.locator("input[value='silk-scarf-dress']"))
    expect(dress.locator("select")).to_have_value("dress")
    expect(dress.get_by_role("link", name="?garment=silk-scarf-dress")).to_be_visible()
    look(page, "garments-dropped")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    dress.locator("input[name$=label]").fill("Silk dress")
    dress.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.goto("/admin/tryon/housegarment/?q=silk")
    expect(page.get_by_role("link", name="Silk dress", exact=True)).to_be_visible()
    look(page, "garments-found")
    page.get_by_role("link", name="QR code of Silk dress").click()
    expect(page.get_by_role("img", name="QR code that opens the studio with Silk dress")).to_be_visible()
    look(page, "garment-label")


def test_the_same_without_scripts(someone):
    page = someone(java_script_enabled=False, **PHONE)
    sign_in(page)
    page.goto(DROP)
    page.set_input_files("#photos", [file("wool_coat.jpg", "#112233"), file("felt-hat.jpg", "#445566")])
    page.get_by_role("button", name="Add", exact=True).click()

    expect(rows(page)).to_have_count(2)
    coat = rows(page).filter(has=page.locator("input[value='wool-coat']"))
    coat.locator("input[name$=slug]").fill("coat-of-wool")
    coat.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="?garment=coat-of-wool")).to_be_visible()
