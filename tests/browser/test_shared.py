"""Whoever is sent a link: too early, then swiping, liking, and trying it on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    DESKTOP,
    HIDE,
    PHONE,
    choose_samples,
    look,
    put_on,
    sign_in,
    wait_for_end,
    wait_for_pictures,
)
from tests.browser.touch import along, touch

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


def pictures_of(shopper: Page) -> list[str]:
    """Two looks, and the ids of their pictures."""
    shopper.goto("/")
    choose_samples(shopper)
    wait_for_pictures(shopper)
    shopper.goto("/")
    shopper.get_by_role("radio", name="Bea, a 3D-rendered mannequin").check()
    put_on(shopper, "Breton top")
    shopper.get_by_role("button", name="Try it on", exact=True).click()
    wait_for_end(shopper)
    shopper.goto("/gallery/")
    links = shopper.locator("main a[href^='/gallery/'][href$='/']:has(img)").all()
    return [re.search(r"[0-9a-f-]{36}", link.get_attribute("href"))[0] for link in links]


def shared_by(shopper: Page, images: list[str], title: str, **settings: str) -> str:
    shopper.goto("/links/?" + "&".join(f"images={image}" for image in images))
    for label, value in {"Title": title, **settings}.items():
        shopper.locator("form.share-form").first.get_by_label(label).fill(value)
    shopper.get_by_role("button", name="Make the link").click()
    return shopper.get_by_role("textbox", name="Link").input_value()


def approve(staff: Page, images: list[str]) -> None:
    sign_in(staff)
    for image in images:
        staff.goto(f"/admin/gallery/image/?q={image}")
        staff.locator(f"[type=checkbox][value='{image}']").check()
        staff.locator("select[name=action]").select_option("approve")
        staff.get_by_role("button", name="Go", exact=True).click()
        expect(staff.locator(".messagelist")).to_contain_text("approved")


def swipe(page: Page, pixels: int) -> None:
    box = page.locator(".stage").first.bounding_box()
    touch(page, along((195, box["y"] + box["height"] / 2), pixels, 0))


def test_a_friend_comes_too_early_then_swipes_likes_and_tries_it_on(someone) -> None:
    shopper = someone(**DESKTOP)
    images = pictures_of(shopper)
    address = shared_by(shopper, images, "For the wedding?")
    look(shopper, "link-made")

    friend = someone(**PHONE)
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/[0-9a-f-]{36}/$"))
    expect(friend.locator("h1")).to_have_text("You are a little early")
    look(friend, "early-phone")
    friend.evaluate(HIDE, True)
    approve(someone(**DESKTOP), images)
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
    expect(shopper.locator(".link-row").first).to_contain_text("1 heart: 1 for picture 1")
    look(shopper, "links-hearts")

    friend.get_by_role("link", name="Try it on me").first.click()
    friend.wait_for_url("**/?garment=breton-top")
    expect(friend.get_by_role("checkbox", name="Breton top", exact=True)).to_be_checked()


@pytest.mark.proof
def test_a_password_is_asked_once_and_a_lost_address_replaced_by_one_press(someone) -> None:
    shopper = someone(**PHONE)
    images = pictures_of(shopper)
    address = shared_by(shopper, images, "Secret party", Password="apricot jam")
    approve(someone(**DESKTOP), images)

    friend = someone(answers=[404, 429], **PHONE)
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/"))
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
    shopper.get_by_role("button", name=re.compile("Make a new address")).click()
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
    shopper = someone(**DESKTOP)
    images = pictures_of(shopper)
    address = shared_by(shopper, images, "For the wedding?", Password="apricot jam")

    friend = someone(java_script_enabled=False, **PHONE)
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/"))
    expect(friend.get_by_role("link", name="Look again")).to_be_visible()
    approve(someone(**DESKTOP), images)
    friend.get_by_role("link", name="Look again").click()
    friend.get_by_label("Password").fill("apricot jam")
    friend.get_by_role("button", name="Open the pictures").click()
    expect(friend.locator("h1")).to_have_text("For the wedding?")
    friend.get_by_role("button", name="I like it picture 1").click()
    expect(friend.get_by_role("button", name="I like it picture 1")).to_have_attribute("aria-pressed", "true")


@pytest.mark.proof
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_of_a_link_fits_at_twice_the_size_of_text(someone, width) -> None:
    shopper = someone(**DESKTOP)
    images = pictures_of(shopper)
    approve(someone(**DESKTOP), images)
    address = shared_by(shopper, images, "A rather long title for the wedding of Anastasia and Bartholomew")
    friend = someone(viewport={"width": width, "height": 800})
    friend.goto(address)
    friend.wait_for_url(re.compile(r"/shared/"))
    for page, path in ((friend, friend.url), (shopper, "/links/")):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(path)
        page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
