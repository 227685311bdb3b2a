"""From the first click to the opened share link, and a deletion that is taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import (
    expect,
)

from tests.browser.pages import (
    DESKTOP,
    DRESS,
    PERSON,
    PHONE,
    choose_samples,
    kept,
    look,
    sign_in,
    wait_for_pictures,
)

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


def test_from_the_first_click_to_the_opened_share_link(someone) -> None:
    shopper = someone(**DESKTOP)
    shopper.goto("/")
    look(shopper, "studio-desktop")
    choose_samples(shopper)
    wait_for_pictures(shopper)
    expect(shopper.locator("h1")).to_have_text("Here it is", use_inner_text=True)
    expect(shopper.locator(".stage.is-painted.is-unveiled")).to_be_attached()
    look(shopper, "tryon-desktop")

    shopper.get_by_role("link", name="Gallery").first.click()
    shopper.wait_for_url("**/gallery/")
    look(shopper, "gallery-desktop")
    shopper.locator("main a[href^='/gallery/'][href$='/']:has(img)").first.click()
    shopper.wait_for_url(re.compile(r"/gallery/[0-9a-f-]{36}/"))
    image = re.search(r"/gallery/([0-9a-f-]{36})/", shopper.url)[1]
    look(shopper, "image-desktop")

    staff = someone(**DESKTOP)
    staff.goto("/accounts/login/")
    look(staff, "login-desktop")
    sign_in(staff)
    staff.goto(f"/admin/gallery/image/?q={image}")
    staff.locator(f"[type=checkbox][value='{image}']").check()
    look(staff, "review-desktop")
    staff.locator("select[name=action]").select_option("approve")
    staff.get_by_role("button", name="Go", exact=True).click()
    expect(staff.locator(".messagelist")).to_contain_text("approved")
    staff.goto("/review/figures/")
    expect(staff.get_by_text("Passed", exact=True).first).to_be_visible()
    look(staff, "review-figures-desktop")

    shopper.goto(f"/links/?images={image}")
    shopper.get_by_label("Title").fill("For the wedding?")
    shopper.get_by_role("button", name="Make the link").click()
    address = shopper.get_by_role("textbox", name="Link").input_value()
    look(shopper, "links-desktop")

    stranger = someone(**PHONE)
    stranger.goto(address)
    stranger.wait_for_url(re.compile(r"/shared/[0-9a-f-]{36}/$"))
    expect(stranger.locator("h1")).to_have_text("For the wedding?")
    stranger.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")

    shopper.goto("/links/")
    shopper.locator("summary", has_text="Stop sharing").first.click()
    shopper.get_by_role("button", name="Stop sharing now").click()
    expect(shopper.get_by_role("status")).to_contain_text("Sharing has stopped")
    assert stranger.request.get(stranger.url).status == 404


@pytest.mark.proof
def test_a_deleted_picture_is_taken_back_with_one_press(someone) -> None:
    page = someone(**PHONE)
    page.clock.install()
    page.goto("/")
    choose_samples(page)
    wait_for_pictures(page)
    page.goto("/gallery/")
    page.locator("main a[href^='/gallery/'][href$='/']:has(img)").first.click()
    picture = page.url
    page.get_by_role("button", name="Delete this picture").click()
    expect(page.get_by_role("status")).to_contain_text("The picture is deleted")
    look(page, "undo-phone")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("all is there as before")
    assert page.url == picture

    page.goto("/gallery/")
    page.locator("main a[href^='/gallery/'][href$='/']:has(img)").first.click()
    page.get_by_role("button", name="Delete this picture").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.locator("h1").hover()
    page.clock.fast_forward(11_000)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_phone_uploads_two_photos_and_sees_them_become_one(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    look(page, "studio-phone")
    page.locator("input[type=file][name=garment]").first.set_input_files(DRESS)
    kept(page, "garment_reference")
    page.get_by_role("button", name="Try it on").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    look(page, "studio-errors-phone")

    page.locator("input[type=file][name=person]").first.set_input_files(PERSON)
    page.locator("#consent").check()
    kept(page, "person_reference")
    page.get_by_role("button", name="Try it on").click()
    wait_for_pictures(page)
    look(page, "tryon-phone")

    page.goto("/wardrobe/")
    look(page, "wardrobe-phone")
    page.goto("/gallery/")
    look(page, "gallery-phone")
    page.goto("/privacy/")
    look(page, "privacy-phone")
