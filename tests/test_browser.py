"""The product in a real browser: from the first click to the opened share link, with a look at every page.

No error may reach the console (that is the test of the Content-Security-Policy too), and axe finds nothing.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
    Route,
    expect,
)

from gallery.pictures import LARGEST_BYTES, SENTENCES
from tests.live import ROOT, WITH_KEY, until
from tests.rings import matrix
from tests.up import Up, placed

pytestmark = [pytest.mark.browser, pytest.mark.processes(100)]

STAFF = {"DJANGO_SUPERUSER_USERNAME": "ana", "DJANGO_SUPERUSER_PASSWORD": "a long enough one"}
SHOTS = ROOT / "screenshots"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, static_root: Path, migrated: Path) -> Iterator[Up]:
    data = placed(tmp_path_factory.mktemp("browser") / "data", migrated)
    with Up(data, **STAFF, STATIC_ROOT=str(static_root), UPLOADS_PER_HOUR="none") as up:
        yield up.ready()


@pytest.fixture
def someone(browser: Browser, product: Up) -> Iterator[Callable[..., Page]]:
    """A new person with a browser of their own; what their console says is an error of the page.

    `answers` are the codes of failures that the test brings about.
    """
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_browser(answers=(), **options) -> Page:
        context = browser.new_context(base_url=product.address, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if is_error(message, answers) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert not said


TOLD_AS = ("status of {}", "Error Code {}", "htmx:{},")


def is_error(message: ConsoleMessage, answers: Iterable[int | str]) -> bool:
    """Chromium also reports the status of a form that comes back with its errors; that is no fault.

    Nor is it one that htmx tells of an answer that failed, or that the page gave up.
    """
    told = any(form.format(answer) in message.text for answer in (422, *answers) for form in TOLD_AS)
    return message.type == "error" and not told


def look(page: Page, name: str) -> None:
    """What axe finds on a page fails the test, and what it finds of its colours in the dark.

    TRYON_SHOTS=1 keeps pictures of both, and asks everything of both.
    """
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(SETTLED)
        if os.environ.get("TRYON_SHOTS"):
            page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)
        only = COLOURS if scheme == "dark" and not os.environ.get("TRYON_SHOTS") else {}
        found = Axe().run(page, options=RULES | only).response["violations"]
        bad = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
        assert not bad, (name, scheme, bad)


# Colours pass into one another, even for those who want no motion: within a millisecond, but never on a page
# that nobody paints just then. They are brought to their end, and those that begin with that too.
SETTLED = """() => {
    for (let turn = 0, running = [1]; running.length && turn < 10; turn += 1) {
        getComputedStyle(document.documentElement).color;
        running = document.getAnimations().filter(each => each.effect.getComputedTiming().endTime < Infinity);
        for (const animation of running) animation.finish();
    }
}"""
PERSON, DRESS = (ROOT / "tests" / "pictures" / name for name in ("person.jpg", "red-dress.jpg"))
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def wait_for_pictures(page: Page, count: int = 1) -> None:
    expect(page.locator("main[data-state=finished]")).to_be_attached(timeout=30_000)
    expect(page.locator("[data-generation][data-state=done]")).to_have_count(count)
    page.wait_for_function(
        "() => [...document.querySelectorAll('img.after')].every(i => i.complete && i.naturalWidth)"
    )


def choose_samples(page: Page) -> None:
    """A person and a garment of the shelf, and off they go."""
    for sample in ("Bea, a 3D-rendered mannequin", "Denim jacket"):
        page.get_by_role("radio", name=sample).check()
    page.get_by_role("button", name="Try it on", exact=True).click()


def wait_for_end(page: Page) -> None:
    """The page of the request, with its one picture made."""
    page.wait_for_url(re.compile(r"/tryons/"))
    expect(page.locator("main[data-state=finished]")).to_be_attached(timeout=30_000)
    expect(page.locator("[data-generation][data-state=done]")).to_have_count(1)


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(STAFF["DJANGO_SUPERUSER_USERNAME"])
    page.locator("[name=password]").fill(STAFF["DJANGO_SUPERUSER_PASSWORD"])
    page.locator("main button[type=submit], main form button").first.click()
    page.wait_for_load_state()


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
    look(shopper, "gallery-desktop")
    shopper.locator("main a[href^='/gallery/'][href$='/']:has(img)").first.click()
    shopper.wait_for_url(re.compile(r"/gallery/[0-9a-f-]{36}/"))
    image = re.search(r"/gallery/([0-9a-f-]{36})/", shopper.url)[1]
    look(shopper, "image-desktop")

    staff = someone(**DESKTOP)
    staff.goto("/accounts/login/")
    look(staff, "login-desktop")
    sign_in(staff)
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
    stranger.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
    look(stranger, "shared-phone")

    shopper.goto("/links/")
    shopper.get_by_role("button", name=re.compile("Stop sharing")).first.click()
    assert stranger.request.get(stranger.url).status == 404


@pytest.mark.parametrize("size", matrix(["phone", "desktop"], first=1))
def test_the_first_page_shows_a_sample_dressed_and_changes_it_without_a_call(someone, size: str) -> None:
    page = someone(**{"phone": PHONE, "desktop": DESKTOP}[size])
    sent = []
    page.on("requestfinished", lambda request: sent.append(request))
    page.add_init_script(
        "addEventListener('compare-to', e => (window.cuts ??= []).push(e.detail.percent), true)"
    )
    page.goto("/")
    opening = page.get_by_role("region", name="See how it looks on you, before you buy")
    after, slider = opening.locator("img.after"), opening.get_by_role("slider")
    expect(opening.get_by_text("3D-rendered example, no AI model made this")).to_be_visible()
    expect(after).to_have_attribute("alt", re.compile("Red wrap dress, on Bea.* no AI model made this"))
    cuts = until(lambda: len(moved := page.evaluate("window.cuts")) > 1 and moved[-1] == 50 and moved, 30)
    assert (min(cuts), max(cuts)) == (15, 85), "it moves by itself once"
    expect(slider).to_have_value("50")
    page.wait_for_load_state("networkidle")
    assert sum(sum(size_of(request)) for request in sent) <= 300_000

    slider.press("ArrowRight")
    expect(slider).to_have_value("51")
    opening.get_by_role("link", name="Denim jacket").click()
    expect(after).to_have_attribute("alt", re.compile("Denim jacket, on Bea.* no AI model made this"))
    expect(slider).to_have_value("0")
    assert after.evaluate("each => each.decode().then(() => each.naturalWidth)") == 960
    assert {request.method for request in sent} == {"GET"}
    for seen in (opening, page.get_by_role("button", name="Try it on", exact=True)):
        box = seen.bounding_box()
        assert box["y"] + box["height"] <= page.viewport_size["height"], "on the first screen"
    look(page, f"opening-{size}")

    opening.get_by_role("link", name="Try it on me").click()
    page.wait_for_url(re.compile("garment=denim-jacket#person-card"))
    expect(page.locator("#garment-card [data-kept] img")).to_have_attribute("alt", "Denim jacket")
    expect(page.locator("#person-card")).to_be_in_viewport()


def size_of(request: Request) -> tuple[int, int]:
    sizes = request.sizes()
    return sizes["responseHeadersSize"], sizes["responseBodySize"]


def test_without_scripts_a_tapped_sample_is_shown_and_chosen(someone) -> None:
    page = someone(java_script_enabled=False, **PHONE)
    page.goto("/")
    page.get_by_role("link", name="Light blue shirt").click()
    expect(page.locator(".opening img.after")).to_have_attribute(
        "alt", re.compile("Light blue shirt, on Bea")
    )
    expect(page.locator("#garment-card [data-kept] img")).to_have_attribute("alt", "Light blue shirt")


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
        page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main")).to_contain_text("Too many tries. Try again in 30 seconds.")
    look(page, f"too-many-tries-{size}")

    sign_in(page)
    page.goto("/accounts/email/")
    look(page, f"account-email-{size}")
    page.get_by_label("Email").fill("ana@example.com")
    page.get_by_role("button", name="Change the address").click()
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


def test_the_back_button_gives_no_photo_to_whoever_sits_here_next(keeping_browser, product) -> None:
    page = keeping_browser.new_page(base_url=product.address, **PHONE)
    page.goto("/")
    page.locator("#consent").check()
    page.locator('input[name="person"]').set_input_files(PERSON)
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


def test_the_back_button_shows_nothing_of_whom_signed_out(keeping_browser, product) -> None:
    page = keeping_browser.new_page(base_url=product.address, **DESKTOP)
    sign_in(page)
    for private in ("/admin/gallery/image/", "/accounts/email/"):
        page.goto(private)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    for _ in range(2):
        go_back(page)
        expect(page.locator("main input[name=login]")).to_be_visible()


def test_a_deleted_picture_is_taken_back_with_one_press(someone) -> None:
    page = someone(**PHONE)
    page.clock.install()
    page.goto("/")
    choose_samples(page)
    wait_for_pictures(page)
    page.goto("/gallery/")
    page.locator("main a[href^='/gallery/'][href$='/']:has(img)").first.click()
    page.get_by_role("button", name="Delete this picture").click()
    expect(page.get_by_role("status")).to_contain_text("The picture is deleted")
    look(page, "undo-phone")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("It is there again.")
    wait_for_pictures(page)

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

    page.locator("#consent").check()
    page.locator("input[type=file][name=person]").first.set_input_files(PERSON)
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


def test_a_photo_without_consent_and_a_missing_garment_are_told_together(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.locator("input[type=file][name=person]").set_input_files(PERSON)
    page.get_by_role("button", name="Try it on").click()
    expect(page.locator("#person-card [data-error]")).to_contain_text("Tick the box")
    expect(page.locator("#garment-card [data-error]")).to_contain_text("Select a photo of the garment")


def test_a_photo_that_is_too_large_is_refused_before_it_is_sent(someone, tmp_path) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    page = someone(**PHONE)
    page.goto("/")
    posts = posts_of(page)
    page.locator("label.pick", has_text="Breton top").click()
    page.locator("input[type=file][name=garment]").set_input_files(large)
    expect(page.locator("#garment-card [data-error]")).to_contain_text(SENTENCES["bytes"])
    assert not posts
    assert "garment_reference" not in page.evaluate(POSTED)
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    expect(page.locator("#garment-card [data-error]")).to_have_count(0)


GIVE = """async ([name, address]) => {
  const photo = await (await fetch(address)).blob();
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([photo], "photo.jpg", { type: "image/jpeg" }));
  const [place, event] = name === "paste"
    ? [document.body, new ClipboardEvent(name, { clipboardData: dataTransfer, bubbles: true })]
    : [document.getElementById("garment-card"), new DragEvent(name, { dataTransfer, bubbles: true })];
  place.dispatchEvent(event);
}"""


def test_photos_are_pasted_and_dropped_into_the_first_empty_place(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    photo = page.locator("label.pick img").first.get_attribute("src")
    page.locator("#consent").check()
    page.evaluate(GIVE, ["paste", photo])
    expect(page.locator("#status")).to_have_text("Photo pasted as the person")
    kept(page, "person_reference")
    page.evaluate(GIVE, ["drop", photo])
    kept(page, "garment_reference")
    page.locator("#outfit > summary").click()
    page.evaluate(GIVE, ["drop", photo])
    kept(page, "garment_reference-2")


def drop(page: Page, *, files: Iterable[Path] = (), words: str = "") -> None:
    """As a hand would, from outside the browser, on the garment's card."""
    box = page.locator("#garment-card").bounding_box()
    items = [{"mimeType": "text/plain", "data": words}] if words else []
    data = {"items": items, "files": [str(file) for file in files], "dragOperationsMask": 1}
    place = {"x": box["x"] + 20, "y": box["y"] + 20, "data": data}
    line = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        line.send("Input.dispatchDragEvent", {"type": kind, **place})


def test_whatever_is_dropped_gets_a_word(someone, tmp_path) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    posts = posts_of(page)
    said = page.locator("#garment-card [data-error]")
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "folder").mkdir()
    for dropped, words in [
        ({"files": [tmp_path / "folder"]}, "That is a folder"),
        ({"files": [DRESS, PERSON]}, "one photo at a time"),
        ({"files": [tmp_path / "notes.txt"]}, SENTENCES["type"]),
        ({"words": "https://shop.example/dress.jpg"}, "That is no file"),
    ]:
        drop(page, **dropped)
        expect(said).to_contain_text(words)
    assert page.url.endswith("/")
    assert not posts
    drop(page, files=[DRESS])
    kept(page, "garment_reference")
    expect(said).to_have_count(0)


def test_a_photo_is_sent_once_more_after_a_log_in_in_another_tab(someone) -> None:
    page = someone(answers=[403], **DESKTOP)
    page.goto("/")
    page.locator("#consent").check()
    page.locator("input[type=file][name=person]").set_input_files(PERSON)
    kept(page, "person_reference")
    sign_in(page.context.new_page())
    posts = posts_of(page)
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    assert len(posts) == 2
    expect(page.locator("#garment-card [data-error]")).to_have_count(0)


WHY = {
    403: "logged in or out in another tab",
    413: SENTENCES["bytes"],
    502: "The site cannot take the photo just now",
    429: "Too many photos came at once",
    418: "could not be uploaded",
}


@pytest.mark.parametrize("status", matrix(WHY, first=3))
def test_an_upload_that_is_refused_says_why(someone, status: int) -> None:
    words = WHY[status]
    page = someone(answers=[status], **DESKTOP)
    page.goto("/")
    page.route("**/references/", lambda route: route.fulfill(status=status))
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    expect(page.locator("#garment-card [data-error]")).to_contain_text(words)
    page.unroute("**/references/")
    page.locator("input[type=file][name=garment]").set_input_files(PERSON)
    kept(page, "garment_reference")
    expect(page.locator("#garment-card [data-error]")).to_have_count(0)


def refusal(words: str) -> str:
    """As the site's own answer says it."""
    return f'<p class="error" data-error><span data-words>{words}</span></p>'


def test_a_photo_is_sent_again_by_itself_while_the_site_has_too_much_to_do(someone) -> None:
    page = someone(answers=[503], **DESKTOP)
    page.goto("/")
    busy = {"status": 503, "headers": {"Retry-After": "0.1"}, "body": refusal(SENTENCES["busy"])}
    page.route("**/references/", lambda route: route.fulfill(**busy), times=3)
    posts = posts_of(page)
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    assert len(posts) == 4
    expect(page.locator("#garment-card [data-error]")).to_have_count(0)


@pytest.mark.parametrize(("status", "words"), [(503, SENTENCES["busy"]), (429, "You have sent 60 photos")])
def test_a_photo_that_is_not_taken_for_now_stays_in_its_place(someone, status: int, words: str) -> None:
    page = someone(answers=[status], **DESKTOP, timezone_id="Asia/Tokyo", locale="en-GB")
    page.goto("/")
    time = '. More from <time data-local="time" datetime="2026-11-30T13:00:00+00:00">13:00 UTC</time>'
    answer = {"status": status, "headers": {"Retry-After": "0.1"}, "body": refusal(words + time)}
    page.route("**/references/", lambda route: route.fulfill(**answer))
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    expect(page.locator("#garment-card [data-error]")).to_contain_text(f"{words}. More from 22:00")
    expect(page.locator("#garment-card .kept img")).to_be_visible()
    assert page.evaluate("document.forms.wishes.elements.garment.files.length") == 1


def test_the_form_waits_for_a_photo_that_is_on_its_way_and_is_kept_when_it_cannot_arrive(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    page.locator("input[type=radio][name=person_reference]").first.check(force=True)
    button = page.locator("[data-go]")

    def press_while_it_is_on_its_way(photo: Path) -> Route:
        held: list[Route] = []
        page.route("**/references/", lambda route: held.append(route), times=1)
        with page.expect_request("**/references/"):
            page.locator("input[type=file][name=garment]").set_input_files(photo)
            button.click()
        expect(button).to_have_text("Waiting for the upload")
        return held[0]

    press_while_it_is_on_its_way(PERSON).fulfill(status=204)
    expect(page.locator("#garment-card [data-error]")).to_contain_text("could not be uploaded")
    expect(button).to_have_text("Try it on")
    expect(page.locator("#garment-card .kept img")).to_be_visible()
    press_while_it_is_on_its_way(DRESS).continue_()
    wait_for_pictures(page)


def test_a_chosen_photo_is_taken_out_by_choosing_it_again(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    pick = page.locator("label.pick", has_text="Breton top").locator("input")
    pick.click(force=True)
    expect(page.locator("#garment-card picture-slot.is-full")).to_have_count(1)
    pick.click(force=True)
    expect(page.locator("#garment-card picture-slot.is-full")).to_have_count(0)
    assert "garment_reference" not in page.evaluate(POSTED)


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
            kept(page, f"{name}_reference")
        expect(page.locator(".slot [data-kept]")).to_have_count(2)
    else:
        page.locator("input[type=radio][name=person_reference]").first.check(force=True)
        page.locator("input[type=radio][name=garment_reference]").nth(1).check(force=True)
    page.locator(".options summary").click()
    page.locator("#n").select_option("2")
    page.locator("#size").select_option("512")
    words, price = page.locator("[data-options-words]"), page.locator(".go-words")
    expect(words).to_have_text("2 pictures, 512")
    said = re.sub(r"\d+ of today.*", "", price.inner_text())

    sent = go_through_and_back(page)
    for _ in range(2):  # a reload after it changes nothing
        expect(words).to_have_text("2 pictures, 512")
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
    page.goto(f"/?tryon={re.search('/tryons/([0-9a-f-]+)', page.url)[1]}")
    expect(page.locator("#consent")).to_be_visible()  # another file may take the place of what was ticked


def kept(page: Page, name: str) -> None:
    """Wait until an upload or an address has become a hidden reference of the form."""
    expect(page.locator(f"#wishes input[type=hidden][name={name}]")).to_be_attached()


def posts_of(page: Page) -> list[str]:
    """The addresses that this page posts to from now on."""
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    return posts


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
    expect(page.locator("#picture-card [data-error]")).to_contain_text("Tick the box")
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


def test_a_kept_garment_is_asked_for_once_when_it_is_worked_from(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    page.locator("input[type=file][name=garment]").set_input_files(DRESS)
    kept(page, "garment_reference")
    box = page.locator("#consent")
    page.locator("input[type=radio][name=person_reference]").first.check(force=True)
    expect(box).to_be_hidden()  # the house's person needs none, nor does a garment

    page.goto("/?mode=remix")
    expect(box).to_be_visible()
    page.locator("label.pick", has_text="Breton top").click()
    expect(box).to_be_hidden()
    mine = page.locator("label.pick", has=page.get_by_alt_text("Earlier photo 1"))
    mine.click()
    expect(box).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Tick the box")
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
    expect(page.locator("#picture-card [data-error]")).to_contain_text("Tick the box")
    assert not posts


def test_a_person_is_imagined_from_an_example(someone) -> None:
    page = someone(**PHONE)
    page.goto("/?mode=imagine")
    look(page, "imagine-phone")
    page.locator("[data-example]").first.click()
    expect(page.locator("#note")).to_have_value(page.locator("[data-example]").first.inner_text())
    page.get_by_role("button", name="Imagine it").click()
    wait_for_end(page)


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


def test_a_model_of_three_pictures_takes_two_garments_and_no_more(someone, families) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    page.locator("input[type=radio][name=person_reference]").first.check(force=True)
    page.locator("input[type=radio][name=garment_reference]").nth(0).check(force=True)
    page.locator("#outfit > summary").click()
    page.locator("#garment_reference-2").select_option(index=2)
    page.locator("#category-2").select_option("bottom")
    page.locator("#garment_reference-3").select_option(index=3)
    button, said = page.get_by_role("button", name="Try it on"), page.locator("[data-too-many]")
    expect(page.locator("#garment-4-card")).to_be_visible()
    page.locator(".options summary").click()
    page.locator("#model").select_option(label="Gemini 2.5 Flash")
    expect(said).to_contain_text("3 photos at most, the person's included. Remove 1 to go on")
    expect(button).to_be_disabled()
    expect(page.locator("#garment-4-card")).to_be_hidden()
    look(page, "studio-outfit-desktop")
    page.locator("#garment-3-card [data-remove]").click()
    expect(said).to_be_hidden()
    expect(page.locator("#garment-3-card")).to_be_hidden()
    button.click()
    wait_for_pictures(page)


def test_how_a_garment_is_worn_is_asked_where_there_is_a_choice(someone) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    wear = page.locator("#wear")
    expect(wear).to_be_hidden()
    page.locator("label.pick", has_text="Breton top").click()
    expect(wear).to_be_visible()
    wear.select_option("tucked")
    page.locator("label.pick", has_text="Red wrap dress").click()
    expect(wear).to_be_hidden()
    assert "wear" not in page.evaluate(POSTED)
    page.locator("#category").select_option("outerwear")
    wear.select_option("open")
    assert page.evaluate(POSTED)["wear"] == "open"


def test_a_member_gives_a_garment_by_its_address(someone) -> None:
    page = someone(**PHONE)
    sign_in(page)
    page.goto("/")
    place = page.locator("#garment-card .slot")
    place.get_by_text("Or by its address").click()
    place.locator("input[type=url]").fill("http://shop.example/dress.jpg")
    place.get_by_role("button", name="Use this address").click()
    expect(place.locator("[data-error]")).to_contain_text("must begin with https://")
    expect(place.locator("input[type=url]")).to_have_value("http://shop.example/dress.jpg")
    page.reload()
    expect(place.locator("input[type=url]")).to_be_visible()
    expect(place.locator("input[type=url]")).to_have_value("http://shop.example/dress.jpg")
    place.locator("input[type=url]").fill("https://shop.example/dress.jpg")
    place.locator("input[type=url]").press("Enter")
    expect(place.locator(".linked")).to_contain_text("Linked picture")
    expect(place.locator(".linked")).to_contain_text("at shop.example")
    expect(place.locator(".frame img")).to_have_count(0)
    kept(page, "garment_reference")
    look(page, "studio-linked-phone")
    page.locator("input[type=radio][name=person_reference]").first.check(force=True)
    before = posted(page, "csrfmiddlewaretoken")
    assert "garment_url" not in before
    page.reload()
    expect(place.locator(".linked")).to_contain_text("at shop.example")
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
class Made(NamedTuple):
    """A sample look that is made, with its copies, and whose it is."""

    whose: dict
    tryon: str
    picture: str


@pytest.fixture(scope="module")
def made(browser: Browser, product: Up) -> Made:
    with closing(browser.new_context(base_url=product.address)) as context:
        page = context.new_page()
        page.goto("/")
        choose_samples(page)
        wait_for_pictures(page)
        until(lambda: page.reload() and page.locator("img.soft").count(), 30, "its copies")
        source = page.locator("img.after").get_attribute("src")
        picture = re.search(r"/gallery/[0-9a-f-]{36}/", source)[0]
        return Made(context.storage_state(), page.url, picture)


STILL = "document.getAnimations().every(animation => animation.playState !== 'running')"


def touch(page: Page, *fingers: list[tuple[float, float]]) -> None:
    """Fingers that go down together, each along its points, and up at the last."""
    line = page.context.new_cdp_session(page)
    for number, places in enumerate(zip(*fingers, strict=True)):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        kind = "touchMove" if number else "touchStart"
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def along(start: tuple[float, float], dx: float, dy: float, steps: int = 10) -> list[tuple[float, float]]:
    return [(start[0] + dx * i / steps, start[1] + dy * i / steps) for i in range(steps + 1)]


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """A place on the picture, in parts of its frame, which is scrolled into view."""
    page.locator(".stage").evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    until(lambda: page.evaluate(STILL), 10, "nothing moves")
    box = page.locator(".stage").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def handle(page: Page) -> tuple[float, float]:
    at(page, 0, 0)
    box = page.locator(".grip").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def cut(page: Page) -> float:
    """Where the photo before ends, in percent of the width."""
    return page.locator(".viewer").evaluate("e => parseFloat(e.style.getPropertyValue('--cut'))")


def zoom(page: Page) -> float:
    """How many times as large the picture is shown; the photo before lies under the same transform."""
    until(lambda: page.evaluate(STILL), 10, "nothing moves")
    layers = page.locator(".stage > img:visible").evaluate_all(
        "all => all.map(e => getComputedStyle(e).transform)"
    )
    assert len(set(layers)) == 1, layers
    return float(re.match(r"matrix\(([\d.]+)", layers[0])[1])


def corner(page: Page) -> tuple[float, float]:
    """Where the picture begins, in pixels of its frame."""
    zoom(page)
    found = page.locator("img.after").evaluate("e => getComputedStyle(e).transform")
    return tuple(float(number) for number in found[:-1].split(", ")[-2:])


@pytest.mark.parametrize("address", ["tryon", "picture"])
def test_a_swipe_up_on_the_picture_scrolls_the_page_and_moves_nothing_else(someone, made, address) -> None:
    page = someone(storage_state=made.whose, viewport={"width": 390, "height": 500}, has_touch=True)
    page.goto(getattr(made, address))
    page.get_by_role("button", name="Half").click()
    for start in (at(page, 0.1, 0.6), at(page, 0.5, 0.6), handle(page)):
        at(page, 0, 0)  # back to where they were taken
        was = page.evaluate("scrollY")
        touch(page, along(start, 12, -120))
        page.wait_for_function("was => scrollY > was + 50", arg=was)
        assert (cut(page), zoom(page)) == (50, 1)


def test_the_cut_is_moved_by_its_handle_its_keys_and_its_buttons(someone, made) -> None:
    page = someone(storage_state=made.whose, **PHONE)
    page.goto(made.tryon)
    slider = page.get_by_role("slider", name="Before and after")
    assert cut(page) == 0
    assert min(page.locator("[data-handle]").bounding_box()[side] for side in ("width", "height")) >= 44
    touch(page, along(handle(page), 150, 10))
    assert 30 < cut(page) < 60
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", f"{round(cut(page))} % of the photo before")
    for key, value in [("Home", 0), ("ArrowRight", 5), ("End", 100), ("ArrowLeft", 95)]:
        slider.press(key)
        assert cut(page) == value
    for name, value in [("Before", 100), ("Half", 50), ("After", 0)]:
        button = page.get_by_role("button", name=name, exact=True)
        button.click()
        assert cut(page) == value
        expect(button).to_have_attribute("aria-pressed", "true")
    page.mouse.move(*handle(page))
    page.mouse.down()
    page.mouse.move(*at(page, 0.75, 0.5), steps=5)
    page.mouse.up()
    assert cut(page) == pytest.approx(75, abs=1)
    page.mouse.move(*at(page, 0.2, 0.5))
    page.mouse.down()
    page.mouse.move(*at(page, 0.5, 0.5), steps=5)
    page.mouse.up()
    assert cut(page) == pytest.approx(75, abs=1), "only the handle moves it"


def test_the_picture_is_zoomed_and_moved_by_fingers(someone, made) -> None:
    page = someone(storage_state=made.whose, **PHONE)
    page.goto(made.tryon)
    page.get_by_role("button", name="Half").click()
    place = at(page, 0.3, 0.4)
    for wanted in (2.5, 1):
        page.touchscreen.tap(*place)
        page.touchscreen.tap(*place)
        assert zoom(page) == wanted
    left, right = at(page, 0.4, 0.5), at(page, 0.6, 0.5)
    touch(page, along(left, -60, 0), along(right, 60, 0))
    assert 2 < zoom(page) < 4
    was, scrolled = corner(page), page.evaluate("scrollY")
    touch(page, along(at(page, 0.7, 0.7), -50, -80))
    assert corner(page) == pytest.approx((was[0] - 50, was[1] - 80), abs=1)
    assert page.evaluate("scrollY") == scrolled
    assert cut(page) == 50
    look(page, "zoom-phone")
    page.get_by_role("button", name="Fit").click()
    assert (zoom(page), corner(page)) == (1, (0, 0))


def test_the_picture_is_zoomed_and_moved_by_buttons_keys_and_mouse(someone, made) -> None:
    page = someone(storage_state=made.whose, **DESKTOP)
    page.goto(made.picture)
    larger, smaller, fit = (page.get_by_role("button", name=name) for name in ("Larger", "Smaller", "Fit"))
    expect(smaller).to_have_attribute("aria-disabled", "true")
    for _ in range(5):
        larger.click()
    assert zoom(page) == 6
    expect(larger).to_have_attribute("aria-disabled", "true")
    was = corner(page)
    larger.press("ArrowRight")
    assert corner(page)[0] < was[0]
    larger.press("0")
    assert zoom(page) == 1
    fit.press("+")
    assert zoom(page) == 1.5
    fit.press("-")
    assert zoom(page) == 1
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.wheel(0, -100)
    assert zoom(page) == 1, "the wheel alone scrolls"
    page.keyboard.down("Control")
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(page.locator("zoom-pan.is-zoomed")).to_be_attached()
    was, place = corner(page), at(page, 0.5, 0.5)
    page.mouse.move(*place)
    page.mouse.down()
    page.mouse.move(place[0] + 20, place[1] + 10, steps=4)
    page.mouse.up()
    assert corner(page) == pytest.approx((was[0] + 20, was[1] + 10), abs=1)
    look(page, "zoom-desktop")
    page.mouse.dblclick(*at(page, 0.5, 0.5))
    assert zoom(page) == 1


def hold(page: Page, address: str) -> Callable[[], None]:
    """Let nothing of these addresses through until the answer is called."""
    held: list[Route] | None = []

    def meet(route: Route) -> None:
        route.continue_() if held is None else held.append(route)

    def let_go() -> None:
        nonlocal held
        waiting, held = held, None
        for route in waiting:
            route.continue_()

    page.route(address, meet)
    return let_go


def test_the_words_come_with_the_small_picture_and_the_rest_when_it_is_wanted(someone, made) -> None:
    page = someone(storage_state=made.whose, **PHONE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    small, large = hold(page, "**/gallery/*/small"), hold(page, "**/gallery/*/large")
    page.goto(made.tryon, wait_until="commit")
    title = page.get_by_role("heading", level=1)
    expect(page.locator("main")).to_have_attribute("data-state", "finished")
    expect(title).to_have_text("Your picture is on its way", use_inner_text=True)
    frame = page.locator(".stage").bounding_box()
    small()
    expect(title).to_have_text("Here it is", use_inner_text=True)
    before = page.locator("img.before")
    expect(before).to_have_attribute("loading", "lazy")  # and hidden: nobody asks for it before the picture
    expect(before).to_be_hidden()
    large()
    expect(before).to_have_attribute("loading", "eager")
    assert page.locator(".stage").bounding_box() == frame
    whole = re.compile(r"/(references|gallery)/[0-9a-f-]+/original$")
    assert not [url for url in asked if whole.search(url)]
    with page.expect_request(whole):
        page.get_by_role("button", name="Half").click()
    expect(before).to_have_attribute("src", whole)


def favourites(page: Page) -> str:
    return page.request.get("/gallery/?show=favourite").text()


def answered(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status)


def test_a_heart_fills_in_place_and_pressed_twice_is_empty_again(someone, made) -> None:
    page = someone(answers=[500, 404], storage_state=made.whose, **PHONE)
    heart = page.get_by_role("button", name="Favourite")
    for address in (made.tryon, made.picture):
        page.goto(address)
        for presses, state in [(1, "true"), (1, "false"), (3, "true"), (1, "false")]:
            for _ in range(presses):
                heart.click()
            expect(heart).to_have_attribute("aria-pressed", state)
            until(
                lambda state=state: (made.picture in favourites(page)) == (state == "true"), 10, "it is kept"
            )
        assert page.url.endswith(address)
        for status, words in [(500, "Check your connection"), (404, "this picture was deleted")]:
            page.route("**/favourite", answered(status))
            heart.click()
            expect(page.locator("favourite-heart [data-said]")).to_contain_text(words)
            expect(heart).to_have_attribute("aria-pressed", "false")
            page.unroute("**/favourite")
        if address == made.tryon:
            look(page, "heart-lost-phone")
        heart.click()
        expect(page.locator("favourite-heart [data-said]")).to_be_hidden()
        heart.click()
        until(lambda: made.picture not in favourites(page), 10, "it is taken back")


def test_figures_are_folded_under_how_this_was_made(someone, made) -> None:
    page = someone(storage_state=made.whose, **PHONE)
    page.goto(made.picture)
    expect(page.get_by_text("Pixels")).to_be_hidden()
    page.get_by_text("How this was made").click()
    for fact in ("Model", "Pixels", "Prompt", "Cost"):
        expect(page.get_by_text(fact, exact=True)).to_be_visible()
    look(page, "image-facts-phone")


def test_without_javascript_both_pictures_stand_side_by_side(someone, made) -> None:
    page = someone(java_script_enabled=False, storage_state=made.whose, **PHONE)
    for address in (made.tryon, made.picture):
        page.goto(address)
        before, after = (page.locator(f"img.{name}").bounding_box() for name in ("before", "after"))
        assert before["x"] + before["width"] <= after["x"]
        assert before["y"] == after["y"]
        expect(page.locator(".ai-label")).to_be_visible()
        expect(page.locator(".cut")).to_be_hidden()
        assert not page.get_by_role("group", name="Zoom").is_visible()


@pytest.mark.parametrize("address", ["tryon", "picture"])
@pytest.mark.parametrize("size", matrix([(320, 200), (320, 100), (390, 200), (1280, 200)], first=1))
def test_nothing_lies_on_the_picture_and_nothing_scrolls_sideways(someone, made, address, size) -> None:
    width, text = size
    page = someone(storage_state=made.whose, viewport={"width": width, "height": 700}, has_touch=width < 500)
    page.goto(getattr(made, address))
    fonts = {"standard": 16 * text / 100, "fixed": 13 * text / 100}
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": fonts})
    page.get_by_role("button", name="Half").click()
    page.get_by_role("button", name="Larger").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture = page.locator(".stage").bounding_box()
    for thing in page.locator(".viewer-bar .ai-label, .viewer-bar button").all():
        box = thing.bounding_box()
        assert box["y"] >= picture["y"] + picture["height"]
        assert box["x"] + box["width"] <= width
    for button in page.locator(".viewer-bar button").all():
        assert min(button.bounding_box()[side] for side in ("width", "height")) >= 44


# Waiting ------------------------------------------------------------------------------------------------
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def slow_gateway(product: Up) -> Iterator[None]:
    """Four seconds in which a page waits for a call that was sent."""
    port = re.search(r"--port (\d+)", product.processes()[product.child("tryon.sandbox")])[1]
    address = f"http://127.0.0.1:{port}/_sandbox/latency"
    usual = httpx.get(address, headers=WITH_KEY).json()
    httpx.post(address, json={"generations": 4}, headers=WITH_KEY).raise_for_status()
    yield
    httpx.post(address, json=usual, headers=WITH_KEY).raise_for_status()


def asked_while_sent(page: Page) -> list[str]:
    """Orders a picture and waits until its call is sent; what the page asks from then on is in the list."""
    page.goto("/?mode=imagine")
    page.locator("#note").fill("A person in a plain coat, standing")
    page.get_by_role("button", name="Imagine it").click()
    expect(page.locator("[data-state=running] .steps .is-now", has_text="Sent")).to_be_attached()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/status" in request.url else None)
    return asked


def test_a_page_that_waits_is_told_and_does_not_ask(someone, slow_gateway) -> None:
    page = someone(**DESKTOP)
    asked = asked_while_sent(page)
    page.wait_for_timeout(2000)
    assert len(asked) <= 1, "one question, which is held"
    assert all("ticket=" in url for url in asked)
    wait_for_end(page)
    assert len(asked) <= 2


def test_a_page_that_nobody_sees_holds_no_question_and_asks_rarely(someone, slow_gateway) -> None:
    page = someone(answers=["sendAbort", "afterRequest"], **DESKTOP)
    asked = asked_while_sent(page)
    with page.expect_event("requestfailed", lambda request: "ticket=" in request.url):
        page.evaluate(HIDE, True)
    asked.clear()
    page.wait_for_timeout(5500)
    assert not asked, "it had been told by now"
    with page.expect_request(lambda request: "ticket=" in request.url):
        page.evaluate(HIDE, False)
    wait_for_end(page)


def test_where_no_answer_can_be_held_the_page_asks_by_itself(someone, slow_gateway) -> None:
    page = someone(answers=[503], **DESKTOP)
    page.route("**/status?*ticket=*", lambda route: route.fulfill(status=503))
    asked = asked_while_sent(page)
    wait_for_end(page)
    assert len([url for url in asked if "ticket=" not in url]) >= 2
