"""The studio in a real browser: photos chosen, dropped, pasted, refused and kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import (
    Page,
    Request,
    Route,
    expect,
)

from gallery.pictures import LARGEST_BYTES, SENTENCES
from tests.browser.pages import (
    DESKTOP,
    DRESS,
    PERSON,
    PHONE,
    POSTED,
    kept,
    look,
    posted,
    posts_of,
    put_on,
    sign_in,
    wait_for_end,
    wait_for_pictures,
)
from tests.live import until
from tests.rings import matrix

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


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
    put_on(page, "Breton top")
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
    photo = page.locator("label.pick input").first.get_attribute("data-src")
    page.evaluate(GIVE, ["paste", photo])
    expect(page.locator("#status")).to_have_text("Photo pasted as the person")
    page.locator("#consent").check()
    kept(page, "person_reference")
    page.evaluate(GIVE, ["drop", photo])
    kept(page, "garment_reference")
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


@pytest.mark.proof
def test_a_photo_is_sent_once_more_after_a_log_in_in_another_tab(someone) -> None:
    page = someone(answers=[403], **DESKTOP)
    page.goto("/")
    page.locator("input[type=file][name=person]").set_input_files(PERSON)
    page.locator("#consent").check()
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
    pick = page.locator("label.pick").first
    pick.click()
    expect(page.locator("#person-card picture-slot.is-full")).to_have_count(1)
    pick.click()
    expect(page.locator("#person-card picture-slot.is-full")).to_have_count(0)
    assert "person_reference" not in page.evaluate(POSTED)


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
    """The ids of the photos in the frames of both cards."""
    pictures = page.locator("picture-slot .kept img")
    expect(pictures).to_have_count(2)
    return [re.search(r"/references/([0-9a-f-]{36})/", img.get_attribute("src"))[1] for img in pictures.all()]


@pytest.mark.parametrize("own_photos", [False, True], ids=["from_the_shelf", "of_ones_own"])
def test_after_back_the_page_shows_exactly_what_would_be_posted(someone, own_photos: bool) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    if own_photos:
        page.locator("input[type=file][name=person]").set_input_files(PERSON)
        page.locator("#consent").check()
        kept(page, "person_reference")
        page.locator("input[type=file][name=garment]").set_input_files(DRESS)
        kept(page, "garment_reference")
    else:
        page.locator("input[type=radio][name=person_reference]").first.check(force=True)
        put_on(page, "Light blue shirt")
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


@pytest.mark.proof
def test_the_keyboard_goes_on_after_a_tick_after_a_refused_file_and_on_the_next_page(
    someone, tmp_path
) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    rubbish = tmp_path / "photo.txt"
    rubbish.write_text("no photo")
    person = page.locator("input[type=file][name=person]").first
    person.focus()
    person.set_input_files(PERSON)
    page.locator("#consent").press("Space")
    expect(page.locator("[data-agreed-note]")).to_be_focused()
    page.keyboard.press("Tab")
    add = page.get_by_role("button", name="Add a garment")
    expect(add).to_be_focused()
    add.press("Enter")
    page.keyboard.press("Tab")
    for file, words in ((rubbish, "must be a JPEG"), (DRESS, "")):
        garment = page.locator("input[type=file]:focus")
        garment.set_input_files(file)
        if words:
            expect(page.locator("#garment-card .error")).to_contain_text(words)
        else:
            kept(page, "garment_reference")
        expect(page.locator("picture-slot:focus")).to_have_attribute("data-kind", "garment")
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Try it on", exact=True).press("Enter")
    page.wait_for_url(re.compile("/tryons/"))
    expect(page.locator("#main")).to_be_focused()
    wait_for_end(page)
