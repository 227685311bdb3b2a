"""What the pages of an account show, and what Back shows to whoever sits here next."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserType,
    Page,
    expect,
)

from tests.browser.pages import DESKTOP, PERSON, PHONE, choose_samples, kept, look, sign_in, wait_for_pictures
from tests.live import until

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


@pytest.mark.parametrize(
    ("size", "options"),
    [("phone", PHONE), pytest.param("desktop", DESKTOP, marks=pytest.mark.proof)],
)
def test_the_pages_of_an_account(someone, size: str, options: dict) -> None:
    page = someone((404, 429), **options)
    for name in ("signup", "password/reset", "inactive"):
        page.goto(f"/accounts/{name}/")
        look(page, f"account-{name.replace('/', '-')}-{size}")
    for _ in range(6):
        page.goto("/accounts/login/")
        page.locator("[name=login]").fill(f"nobody-{size}")
        page.locator("[name=password]").fill("wrong")
        page.get_by_role("button", name="Log in").click()
    expect(page.locator("main")).to_contain_text("Too many tries. Try again in 30 seconds.")
    look(page, f"too-many-tries-{size}")

    sign_in(page)
    page.goto("/accounts/email/")
    look(page, f"account-email-{size}")
    page.get_by_label("E-mail").fill("ana@example.com")
    page.get_by_role("button", name="Change e-mail").click()
    look(page, f"account-password-again-{size}")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, f"account-password-again-wrong-{size}")


@pytest.fixture(scope="module")
def keeping_browser(browser_type: BrowserType, browser_type_launch_args: dict) -> Iterator[Browser]:
    """With the back/forward cache, which Playwright switches off (a headless shell has none)."""
    browser = browser_type.launch(
        **browser_type_launch_args, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    browser.close()


OF_SOMEBODY = "main img[src*='/gallery/'], main img[src*='/references/']"


def go_back(page: Page) -> None:
    page.evaluate("window.isLeft = true")
    page.go_back(wait_until="commit")  # a page that was kept loads no more
    until(lambda: not page.evaluate("window.isLeft"))
    page.wait_for_load_state()


def test_the_back_button_shows_nothing_of_whom_this_browser_forgot(keeping_browser, product) -> None:
    page = keeping_browser.new_page(base_url=product.address, **PHONE)
    page.goto("/")
    choose_samples(page)
    wait_for_pictures(page)
    page.goto("/gallery/")
    expect(page.locator("main a[href^='/gallery/'] img")).to_have_count(1)
    page.goto("/my-data/delete")
    page.get_by_label("Delete all of it, for good").check()
    page.get_by_role("button", name="Forget me").click()
    expect(page.locator("h1")).to_have_text("Deleted")
    for _ in range(3):  # the form, the gallery, the try-on
        go_back(page)
        assert not page.locator(OF_SOMEBODY).count(), page.url


@pytest.mark.proof
def test_the_back_button_gives_no_photo_to_whoever_sits_here_next(keeping_browser, product) -> None:
    page = keeping_browser.new_page(base_url=product.address, **PHONE)
    page.goto("/")
    page.locator('input[name="person"]').set_input_files(PERSON)
    page.locator("#consent").check()
    kept(page, "person_reference")
    page.goto("/my-data/delete")
    page.get_by_label("Delete all of it, for good").check()
    page.get_by_role("button", name="Forget me").click()
    expect(page.locator("h1")).to_have_text("Deleted")
    for _ in range(2):
        go_back(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert not page.locator("[data-kept]").count()
    assert not page.locator("#consent").is_checked()


KEPT = "() => window.isKept === true"


@pytest.mark.proof
def test_back_shows_a_page_at_once_as_it_was_left_until_somebody_logs_out(
    browser_type: BrowserType, browser_type_launch_args: dict, product
) -> None:
    """In a whole Chromium: a headless shell keeps no page, and Playwright switches it off."""
    if not (whole := shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("only a headless shell is here")
    launch = browser_type_launch_args | {"executable_path": whole}
    launch["args"] = [*launch["args"], "--headless=new"]
    browser = browser_type.launch(**launch, ignore_default_args=["--disable-back-forward-cache"])
    page = browser.new_page(base_url=product.address, **DESKTOP)
    sign_in(page)
    for address in ("/gallery/", "/wardrobe/", "/", "/accounts/settings/"):
        page.goto(address)
        page.evaluate("window.isKept = true")
        page.goto("/privacy/")
        page.go_back(wait_until="commit")
        page.wait_for_function(KEPT, timeout=5000)
    page.get_by_role("button", name="Log out").first.click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    for _ in range(4):
        go_back(page)
        assert not page.evaluate(KEPT), page.url
    browser.close()


@pytest.mark.proof
def test_the_back_button_shows_nothing_of_whom_signed_out(keeping_browser, product) -> None:
    page = keeping_browser.new_page(base_url=product.address, **DESKTOP)
    sign_in(page)
    for private in ("/accounts/settings/", "/admin/gallery/image/", "/accounts/email/"):
        page.goto(private)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    for _ in range(2):
        go_back(page)
        expect(page.locator("main input[name=login]")).to_be_visible()
    go_back(page)
    expect(page.locator("h1")).to_have_text("What an account gives")
