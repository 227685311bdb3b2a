"""A piece of the wardrobe is named where it stands, deleted and taken back; a phone may install the site."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import DESKTOP, DRESS, PHONE, kept, look

pytestmark = [pytest.mark.browser, pytest.mark.processes(20)]

DAY = r"\d{1,2} [A-Z][a-z]+"
FACTS = re.compile(
    rf"Added {DAY}, last used {DAY}\.\s+The service that makes the pictures has a copy until {DAY}\."
)

# What a phone asks for before it offers to install the site: each address with its status and type.
INSTALL_DATA = """async () => {
    const address = document.querySelector('link[rel=manifest]').href;
    const manifest = await (await fetch(address)).json();
    const apple = document.querySelector('link[rel=apple-touch-icon]').href;
    const icons = [...manifest.icons.map(icon => icon.src), apple];
    const answers = await Promise.all(icons.map(src => fetch(new URL(src, address))));
    return [manifest.name, answers.map(answer => [answer.status, answer.headers.get('content-type')])];
}"""


def own_piece(page: Page) -> None:
    """A garment of one's own, as it comes to the wardrobe: by its photo."""
    page.goto("/")
    page.locator('input[name="garment"]').set_input_files(DRESS)
    kept(page, "garment_reference")
    page.goto("/wardrobe/")


@pytest.mark.parametrize(
    ("size", "options"),
    [("phone", PHONE), pytest.param("desktop", DESKTOP, marks=pytest.mark.proof)],
)
def test_a_piece_is_named_in_place_and_what_is_deleted_comes_back(someone, size, options) -> None:
    page = someone(**options)
    own_piece(page)
    page.evaluate("window.isSame = true")
    card = page.locator(".piece").filter(has=page.get_by_text("Name and details"))
    expect(card).to_have_count(1)
    card.get_by_text("Name and details").click()
    card.get_by_label("Name").fill("Ball gown")
    card.get_by_label("What it is").select_option("dress")
    expect(card.locator(".hint")).to_have_text(FACTS)
    look(page, f"wardrobe-named-{size}")
    card.get_by_role("button", name="Save").click()
    expect(card.locator(".piece-name")).to_have_text("Ball gown")
    expect(card).to_contain_text("Dress")
    expect(page.locator("#status")).to_have_text("Saved")
    expect(card.locator("summary")).to_be_focused()

    card.get_by_role("button", name="Delete Ball gown").click()
    expect(page.get_by_role("status")).to_contain_text("The photo is deleted")
    expect(page.get_by_text("Ball gown")).to_have_count(0)
    assert page.evaluate("window.isSame"), "all of it without leaving the page"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".piece-name", has_text="Ball gown")).to_be_visible()

    page.get_by_role("link", name="Use Ball gown").click()
    expect(page.locator("#garment-card, #outfit").first).to_contain_text("Ball gown")
    name, answers = page.evaluate(INSTALL_DATA)
    assert name == "Tryon"
    assert answers == [[200, "image/png"]] * 4
