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

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect

from gallery.pictures import LARGEST_BYTES, SENTENCES
from tests.live import ROOT, WITH_KEY
from tests.rings import matrix
from tests.up import Up, placed

pytestmark = [pytest.mark.browser, pytest.mark.processes(100)]

STAFF = {"DJANGO_SUPERUSER_USERNAME": "ana", "DJANGO_SUPERUSER_PASSWORD": "a long enough one"}
SHOTS = ROOT / "screenshots"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


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


TOLD_AS = ("status of {}", "Error Code {} from", "htmx:{},")


def is_error(message: ConsoleMessage, answers: Iterable[int | str]) -> bool:
    """Chromium also reports the status of a form that comes back with its errors; that is no fault.

    Nor is it one that htmx tells of an answer that failed, or that the page gave up.
    """
    told = any(form.format(answer) in message.text for answer in (422, *answers) for form in TOLD_AS)
    return message.type == "error" and not told


def look(page: Page, name: str) -> None:
    """What axe finds on a page, light and dark, fails the test; TRYON_SHOTS=1 keeps pictures of both."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(SETTLED)
        if os.environ.get("TRYON_SHOTS"):
            page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)
        found = Axe().run(page, options=RULES).response["violations"]
        bad = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
        assert not bad, (name, scheme, bad)


# Colours pass into one another even for those who want no motion, within a millisecond. A page that nobody
# paints just then would never say that they have: it is looked at as it is.
SETTLED = """() => Promise.race([
    Promise.allSettled(document.getAnimations().map(animation => animation.finished)),
    new Promise(done => setTimeout(done, 500))])"""
PERSON, DRESS = (ROOT / "tryon" / "samples" / name for name in ("person.jpg", "red-dress.jpg"))
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def wait_for_pictures(page: Page, count: int = 1) -> None:
    expect(page.locator("main[data-state=finished]")).to_be_attached(timeout=30_000)
    expect(page.locator("[data-generation][data-state=done]")).to_have_count(count)
    page.wait_for_function(
        "[...document.querySelectorAll('img.after')].every(i => i.complete && i.naturalWidth)"
    )


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
    stranger.wait_for_function("document.querySelector('figure img').naturalWidth > 0")
    look(stranger, "shared-phone")

    shopper.goto("/links/")
    shopper.get_by_role("button", name=re.compile("Stop sharing")).first.click()
    assert stranger.request.get(stranger.url).status == 404


@pytest.mark.parametrize(("size", "options"), [("phone", PHONE), ("desktop", DESKTOP)])
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
