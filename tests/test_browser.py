"""The product in a real browser: from the first click to the opened share link, with pictures of every page.

No error may reach the console (that is the test of the Content-Security-Policy too), and axe finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.live import ROOT
from tests.tryon.test_up import Up

pytestmark = pytest.mark.browser

STAFF = {"DJANGO_SUPERUSER_USERNAME": "ana", "DJANGO_SUPERUSER_PASSWORD": "a long enough one"}
SHOTS = ROOT / "screenshots"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with Up(tmp_path_factory.mktemp("browser") / "data", **STAFF) as up:
        yield up.ready()


@pytest.fixture
def someone(browser: Browser, product: Up) -> Iterator[Callable[..., Page]]:
    """A new person with a browser of their own; what their console says is an error of the page."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_browser(**options) -> Page:
        context = browser.new_context(base_url=product.address, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if is_error(message) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert not said


def is_error(message: ConsoleMessage) -> bool:
    """Chromium also reports the status of a form that comes back with its errors; that is no fault."""
    return message.type == "error" and "status of 422" not in message.text


def look(page: Page, name: str) -> None:
    """Picture and axe of a page, light and dark; a serious finding fails the test."""
    SHOTS.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)
        found = Axe().run(page, options=RULES).response["violations"]
        bad = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
        assert not bad, (name, scheme, bad)


PERSON, DRESS = (ROOT / "tryon" / "samples" / name for name in ("person.jpg", "red-dress.jpg"))
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def wait_for_pictures(page: Page, count: int = 1) -> None:
    expect(page.locator("main[data-state=finished]")).to_be_attached(timeout=30_000)
    expect(page.locator("[data-generation][data-state=done]")).to_have_count(count)
    page.wait_for_function(
        "[...document.querySelectorAll('img.after')].every(i => i.complete && i.naturalWidth)"
    )


def test_from_the_first_click_to_the_opened_share_link(someone) -> None:
    shopper = someone(**DESKTOP)
    shopper.goto("/")
    look(shopper, "studio-desktop")
    shopper.get_by_role("button", name="Try it with our samples").click()
    wait_for_pictures(shopper)
    look(shopper, "tryon-desktop")

    shopper.get_by_role("link", name="Gallery").first.click()
    look(shopper, "gallery-desktop")
    shopper.locator("main a[href^='/gallery/'][href$='/']:has(img)").first.click()
    shopper.wait_for_url(re.compile(r"/gallery/[0-9a-f-]{36}/"))
    image = re.search(r"/gallery/([0-9a-f-]{36})/", shopper.url)[1]
    look(shopper, "image-desktop")

    staff = someone(**DESKTOP)
    staff.goto("/accounts/login/")
    look(staff, "login-desktop")
    staff.locator("[name=login]").fill(STAFF["DJANGO_SUPERUSER_USERNAME"])
    staff.locator("[name=password]").fill(STAFF["DJANGO_SUPERUSER_PASSWORD"])
    staff.locator("main button[type=submit], main form button").first.click()
    staff.goto("/admin/gallery/image/")
    staff.locator(f"input[value='{image}']").check()
    look(staff, "review-desktop")
    staff.locator("select[name=action]").select_option("approve")
    staff.get_by_role("button", name="Go", exact=True).click()
    expect(staff.locator(".messagelist")).to_contain_text("approved")

    shopper.goto(f"/links/?images={image}")
    shopper.get_by_label("Title").fill("For the wedding?")
    shopper.get_by_role("button", name="Make the link").click()
    address = shopper.get_by_label("Address to send").input_value()
    look(shopper, "links-desktop")

    stranger = someone(**PHONE)
    stranger.goto(address)
    stranger.wait_for_url(re.compile(r"/shared/[0-9a-f-]{36}/$"))
    expect(stranger.locator("h1")).to_have_text("For the wedding?")
    stranger.wait_for_function("document.querySelector('figure img').naturalWidth > 0")
    look(stranger, "shared-phone")

    shopper.goto("/links/")
    shopper.get_by_role("button", name=re.compile("Stop sharing")).first.click()
    assert stranger.request.get(stranger.url).status == 404


def test_a_phone_uploads_two_photos_and_sees_them_become_one(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    look(page, "studio-phone")
    page.locator("input[type=file][name=garment]").first.set_input_files(DRESS)
    expect(
        page.locator("input[name=garment_reference][type=hidden], input[name=garment_reference]:checked")
    ).not_to_have_count(0)
    page.get_by_role("button", name="Try it on").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    look(page, "studio-errors-phone")

    page.locator("#consent").check()
    page.locator("input[type=file][name=person]").first.set_input_files(PERSON)
    expect(
        page.locator("input[name=person_reference][type=hidden], input[name=person_reference]:checked")
    ).not_to_have_count(0)
    page.get_by_role("button", name="Try it on").click()
    wait_for_pictures(page)
    look(page, "tryon-phone")

    page.goto("/wardrobe/")
    look(page, "wardrobe-phone")
    page.goto("/gallery/")
    look(page, "gallery-phone")
    page.goto("/privacy/")
    look(page, "privacy-phone")


def test_a_photo_without_consent_and_a_missing_garment_are_told_together(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.locator("input[type=file][name=person]").set_input_files(PERSON)
    page.get_by_role("button", name="Try it on").click()
    expect(page.locator("#person-card [data-error]")).to_contain_text("Tick the box")
    expect(page.locator("#garment-card [data-error]")).to_contain_text("Select a photo of the garment")


POSTED = """() => Object.fromEntries([...new FormData(document.getElementById('wishes'))]
    .filter(([name, value]) => typeof value === 'string' && value))"""


def go_through_and_back(page: Page) -> dict[str, str]:
    """Send the form, come back by the browser's Back; what the form was when it left."""
    sent = page.evaluate(POSTED)
    page.get_by_role("button", name="Try it on").click()
    page.wait_for_url(re.compile(r"/tryons/"))
    wait_for_pictures(page, int(sent["n"]))
    page.go_back()
    page.wait_for_load_state("load")
    return sent


def frames(page: Page) -> list[str]:
    """The ids of the photos in the first frames of both cards."""
    pictures = page.locator(".slot > .frame .kept img")
    expect(pictures).to_have_count(2)
    return [re.search(r"/references/([0-9a-f-]{36})/", img.get_attribute("src"))[1] for img in pictures.all()]


def posted(page: Page, *but: str) -> dict[str, str]:
    return {name: value for name, value in page.evaluate(POSTED).items() if name not in but}


@pytest.mark.parametrize("own_photos", [False, True], ids=["from_the_shelf", "of_ones_own"])
def test_after_back_the_page_shows_exactly_what_would_be_posted(someone, own_photos: bool) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    if own_photos:
        page.locator("#consent").check()
        for name, photo in (("person", PERSON), ("garment", DRESS)):
            page.locator(f"input[type=file][name={name}]").set_input_files(photo)
            expect(page.locator(f"input[type=hidden][name={name}_reference]").first).to_be_attached()
        expect(page.locator(".slot [data-kept]")).to_have_count(2)
    else:
        page.locator("input[type=radio][name=person_reference]").first.check(force=True)
        page.locator("input[type=radio][name=garment_reference]").nth(1).check(force=True)
    page.locator(".options summary").click()
    page.locator("#n").select_option("4")
    page.locator("#size").select_option("2K")
    words, price = page.locator("[data-options-words]"), page.locator(".go-words")
    expect(words).to_have_text("4 pictures, 2K")
    said = re.sub(r"\d+ of today.*", "", price.inner_text())

    sent = go_through_and_back(page)
    for _ in range(2):  # a reload after it changes nothing
        expect(words).to_have_text("4 pictures, 2K")
        assert price.inner_text().startswith(said)
        now = posted(page, "csrfmiddlewaretoken")
        assert now == {name: value for name, value in sent.items() if name != "csrfmiddlewaretoken"}
        assert frames(page) == [now["person_reference"], now["garment_reference"]]
        page.reload()


def test_without_javascript_the_same_is_possible(someone) -> None:
    page = someone(java_script_enabled=False, **DESKTOP)
    page.goto("/")
    page.locator("input[type=file][name=person]").first.set_input_files(PERSON)
    page.locator("input[type=file][name=garment]").first.set_input_files(DRESS)
    page.locator("#consent").check()
    page.get_by_role("button", name="Try it on").click()
    page.wait_for_url(re.compile(r"/tryons/"))
    expect(page.locator("main[data-state=finished]")).to_be_attached(timeout=30_000)
    assert page.locator("[data-state=done] img.after").count() == 1
