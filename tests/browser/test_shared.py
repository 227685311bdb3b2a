"""Whoever is sent a link: too early, then swiping, liking, and trying it on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    DESKTOP,
    HIDE,
    PHONE,
    look,
    put_on,
    sign_in,
)
from tests.browser.touch import along, touch

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


def pictures_of(shopper: Page) -> list[str]:
    """Two pictures of one look, the newest first."""
    shopper.goto("/")
    shopper.get_by_role("radio", name="Bea, a 3D-rendered mannequin").check()
    put_on(shopper, "Breton top")
    shopper.locator("[name=n]").first.evaluate("e => { e.closest('details')?.setAttribute('open', ''); }")
    shopper.locator("[name=n]").first.select_option("2")
    shopper.get_by_role("button", name="Try it on", exact=True).click()
    shopper.wait_for_url(re.compile("/tryons/"))
    expect(shopper.locator("[data-generation][data-state=done]")).to_have_count(2, timeout=30_000)
    shopper.goto("/gallery/")
    return [box.get_attribute("value") for box in shopper.locator("[name=images]").all()[:2]]


def shared_by(shopper: Page, images: list[str], title: str, **settings: str) -> str:
    shopper.goto("/links/?" + "&".join(f"images={image}" for image in images))
    for label, value in {"Title": title, **settings}.items():
        shopper.locator("form.share-form").first.get_by_label(label).fill(value)
    shopper.get_by_role("button", name="Make the link").click()
    return shopper.get_by_role("textbox", name="Link").input_value()


def staff_of(someone: Callable[..., Page], **size: Any) -> Page:
    """Who approves what they share themselves."""
    page = someone(**size)
    sign_in(page)
    return page


def approve(staff: Page) -> None:
    staff.goto("/links/")
    staff.get_by_role("button", name=re.compile("Approve and share")).first.click()
    expect(staff.get_by_role("status")).to_contain_text("Approved. The link is open.")


def swipe(page: Page, pixels: int) -> None:
    box = page.locator(".stage").first.bounding_box()
    touch(page, along((195, box["y"] + box["height"] / 2), pixels, 0))


def test_a_friend_comes_too_early_then_swipes_likes_and_tries_it_on(someone) -> None:
    shopper = staff_of(someone, **DESKTOP)
    address = shared_by(shopper, pictures_of(shopper), "For the wedding?")

    friend = someone(**PHONE)
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/[0-9a-f-]{36}/$"))
    expect(friend.locator("h1")).to_have_text("You are a little early")
    friend.evaluate(HIDE, True)
    approve(shopper)
    friend.evaluate(HIDE, False)
    expect(friend.locator("h1")).to_have_text("For the wedding?")

    place = friend.locator("[data-place]")
    expect(place).to_have_text("Picture 1 of 2")
    friend.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
    look(friend, "shared-phone")
    swipe(friend, -250)
    expect(place).to_have_text("Picture 2 of 2")
    friend.keyboard.press("ArrowLeft")
    expect(place).to_have_text("Picture 1 of 2")

    heart = friend.get_by_role("button", name="I like it picture 1")
    with friend.expect_response(re.compile("/heart$")) as told:
        heart.click()
    assert told.value.status == 204
    expect(heart).to_have_attribute("aria-pressed", "true")
    friend.reload()
    expect(heart).to_have_attribute("aria-pressed", "true")
    shopper.goto("/links/")
    expect(shopper.locator(".link-row").first).to_contain_text(re.compile(r"1 heart: 1 for .+ \(picture 1\)"))

    friend.get_by_text("Report this picture").first.click()
    form = friend.locator("picture-report").first
    form.get_by_label("What is wrong with it?").select_option("It shows a child")
    look(friend, "report-phone")
    form.get_by_role("button", name="Send the report").click()
    expect(form.get_by_role("status")).to_contain_text("Thank you")
    expect(form.get_by_role("status")).to_be_focused()

    friend.get_by_role("link", name="Try it on me").first.click()
    friend.wait_for_url("**/?garment=breton-top")
    expect(friend.get_by_role("checkbox", name="Breton top", exact=True)).to_be_checked()


@pytest.mark.proof
def test_a_password_is_asked_once_and_a_lost_address_replaced_by_one_press(someone) -> None:
    shopper = staff_of(someone, **PHONE)
    address = shared_by(shopper, pictures_of(shopper), "Secret party", Password="apricot jam")

    friend = someone(answers=[404, 429], **PHONE)
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/"))
    look(friend, "early-phone")
    approve(shopper)
    friend.reload()
    look(friend, "locked-phone")
    friend.get_by_label("Password").fill("apricot jan")
    friend.get_by_role("button", name="Open the pictures").click()
    expect(friend.get_by_role("alert")).to_contain_text("not the password")
    look(friend, "locked-wrong")
    friend.get_by_label("Password").fill("apricot jam")
    friend.keyboard.press("Enter")
    expect(friend.locator("h1")).to_have_text("Secret party")

    shopper.goto("/links/")
    look(shopper, "links-phone")
    shopper.locator("summary", has_text="Make a new address").first.click()
    shopper.get_by_role("button", name="Make a new address now").first.click()
    expect(shopper.locator(".link-made")).to_contain_text("The old one has ended")
    new = shopper.get_by_role("textbox", name="Link").input_value()
    shopper.locator(".qr summary").click()
    expect(shopper.get_by_role("img", name="QR code of the link")).to_be_visible()
    look(shopper, "link-renewed")
    friend.reload()
    expect(friend.locator("h1")).to_have_text("This link is not available")
    look(friend, "dead-phone")
    friend.goto(new)
    friend.wait_for_url(re.compile(r"/shared/"))
    expect(friend.locator("h1")).to_have_text("Secret party")


@pytest.mark.proof
def test_without_javascript_everything_can_be_seen_liked_and_unlocked(someone) -> None:
    shopper = staff_of(someone, **DESKTOP)
    address = shared_by(shopper, pictures_of(shopper), "For the wedding?", Password="apricot jam")

    friend = someone(java_script_enabled=False, **PHONE)
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/"))
    expect(friend.get_by_role("link", name="Look again")).to_be_visible()
    approve(shopper)
    friend.get_by_role("link", name="Look again").click()
    friend.get_by_label("Password").fill("apricot jam")
    friend.get_by_role("button", name="Open the pictures").click()
    expect(friend.locator("h1")).to_have_text("For the wedding?")
    friend.get_by_role("button", name="I like it picture 1").click()
    expect(friend.get_by_role("button", name="I like it picture 1")).to_have_attribute("aria-pressed", "true")
    friend.get_by_text("Report this picture").first.click()
    friend.locator("picture-report select").first.select_option("Something else")
    friend.get_by_role("button", name="Send the report").first.click()
    expect(friend.get_by_role("status").last).to_contain_text("Thank you")
    friend.get_by_role("link", name="Back to the pictures").click()
    expect(friend.locator("h1")).to_have_text("For the wedding?")


@pytest.mark.proof
def test_a_report_that_cannot_be_sent_says_why_and_keeps_what_was_written(someone) -> None:
    shopper = staff_of(someone, **DESKTOP)
    address = shared_by(shopper, pictures_of(shopper), "For the wedding?")
    approve(shopper)
    friend = someone(answers=[404, "sendError", "afterRequest", "ERR_INTERNET_DISCONNECTED"], **DESKTOP)
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/"))
    friend.get_by_text("Report this picture").first.click()
    form = friend.locator("picture-report").first
    form.get_by_label("What is wrong with it?").select_option("It is indecent")
    form.get_by_label("In your own words").fill("Look at the hem")
    look(friend, "report-desktop")
    friend.context.set_offline(True)
    form.get_by_role("button", name="Send the report").click()
    expect(form.get_by_role("alert")).to_contain_text("Check your connection")
    friend.context.set_offline(False)
    shopper.goto("/links/")
    shopper.locator("summary", has_text="Stop sharing").first.click()
    shopper.get_by_role("button", name="Stop sharing now").first.click()
    form.get_by_role("button", name="Send the report").click()
    expect(form.get_by_role("alert")).to_contain_text("not shared any more")
    expect(form.get_by_label("In your own words")).to_have_value("Look at the hem")


@pytest.mark.proof
def test_the_pages_of_links_fit_at_320_pixels_with_text_twice_as_large(someone) -> None:
    shopper = staff_of(someone, **DESKTOP)
    title = "A rather long title for the wedding of Anastasia and Bartholomew"
    address = shared_by(shopper, pictures_of(shopper), title)
    approve(shopper)
    friend = someone(viewport={"width": 320, "height": 800})
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/"))
    shopper.set_viewport_size({"width": 320, "height": 800})
    shopper.locator(".change summary").first.click()
    shopper.locator("summary", has_text="Stop sharing").first.click()
    friend.get_by_text("Report this picture").first.click()
    for page in (friend, shopper):
        page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
