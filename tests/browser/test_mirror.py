"""The page of a try-on in a real browser: compare, zoom, and what is loaded when."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    Locator,
    Page,
    Route,
    expect,
)

from tests.browser.pages import DESKTOP, PHONE, choose_samples, look, wait_for_pictures
from tests.browser.touch import along, touch
from tests.live import WITH_KEY, until
from tests.rings import matrix
from tests.up import Up

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


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
        until(lambda: page.reload() and page.locator("img.after[src$=small]").count(), 30, "its copies")
        return Made(context.storage_state(), page.url, picture_in(page))


def picture_in(shown: Page | Locator) -> str:
    """The address of the picture's page, whichever of its files is there."""
    source = shown.locator("img.after").get_attribute("src")
    return re.search(r"/gallery/[0-9a-f-]{36}/", source)[0]


STILL = "document.getAnimations().every(animation => animation.playState !== 'running')"


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
    page.get_by_role("button", name="Whole").click()
    assert (zoom(page), corner(page)) == (1, (0, 0))


@pytest.mark.proof
def test_the_picture_is_zoomed_and_moved_by_buttons_keys_and_mouse(someone, made) -> None:
    page = someone(storage_state=made.whose, **DESKTOP)
    page.goto(made.picture)
    larger, smaller, fit = (page.get_by_role("button", name=name) for name in ("Larger", "Smaller", "Whole"))
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
    expect(title).to_have_text("Coming", use_inner_text=True)
    frame = page.locator(".stage").bounding_box()
    small()
    expect(title).to_have_text("Here it is", use_inner_text=True)
    assert page.locator(".stage").bounding_box() == frame, "nothing moves as the words change"
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
    for fact in ("Model", "Pixels", "Prompt"):
        expect(page.get_by_text(fact, exact=True)).to_be_visible()
    expect(page.get_by_text("Cost", exact=True)).to_have_count(0)  # a guest is told nothing of money
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


# Several pictures ---------------------------------------------------------------------------------------
def order(page: Page, count: int) -> None:
    page.goto("/")
    page.locator(".options > summary").click()
    page.get_by_label("Pictures", exact=True).select_option(str(count))
    choose_samples(page)
    page.wait_for_url(re.compile("/tryons/"))


def stands_at(page: Page) -> list[float]:
    """Where on the page the frame of what is shown is, and where the garments below or beside it begin."""
    frame = page.locator("[data-panel]:visible .frame, .stage:visible").first.bounding_box()
    scrolled = page.evaluate("scrollY")
    return [
        frame["x"],
        frame["width"],
        frame["height"],
        frame["y"] + scrolled,
        page.locator(".next").bounding_box()["y"] + scrolled,
    ]


@pytest.mark.parametrize("size", matrix([PHONE, DESKTOP], first=1))
@pytest.mark.parametrize("count", matrix([3, 1], first=1))
def test_one_list_of_steps_for_all_and_nothing_moves_as_pictures_arrive(
    someone, control, size, count
) -> None:
    usual = control("latency", {})
    control("latency", {"generations": 8})  # time for a look at the page that waits
    page = someone(**size)
    order(page, count)
    expect(page.locator(".steps")).to_have_count(1)
    expect(page.locator(".steps li")).to_have_text(
        ["Photos ready", "In the queue", "Being made", "Here it is" if count == 1 else "Here they are"]
    )
    look(page, f"waiting-{count}")
    was = stands_at(page)
    control("latency", usual)
    wait_for_pictures(page, count)
    expect(page.locator(".stage.is-painted").first).to_be_attached()
    assert stands_at(page) == was
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def several(browser: Browser, product: Up) -> Made:
    """Three pictures, of which the model refuses one."""
    port = re.search(r"--port (\d+)", product.processes()[product.child("tryon.sandbox")])[1]
    faults = f"http://127.0.0.1:{port}/_sandbox/faults"
    httpx.post(
        faults, json=[{"on": "generations", "fault": "no_picture"}], headers=WITH_KEY
    ).raise_for_status()
    with closing(browser.new_context(base_url=product.address)) as context:
        page = context.new_page()
        order(page, 3)
        wait_for_pictures(page, 2)
        until(lambda: page.reload() and page.locator(".thumbs img").count() == 2, 30, "their copies")
        return Made(context.storage_state(), page.url, "")


@pytest.mark.proof
@pytest.mark.parametrize("size", matrix([PHONE, DESKTOP], first=1))
def test_pictures_of_one_look_are_one_stack_and_an_ending_stands_beside(someone, several, size) -> None:
    page = someone(storage_state=several.whose, **size)
    page.goto(several.tryon)
    stage = page.locator(".stage:visible")
    expect(stage).to_have_count(1)
    first = picture_in(stage)
    buttons = page.get_by_role("group", name="Pictures of this look").get_by_role("button")
    expect(buttons).to_have_count(3)
    expect(page.locator(".thumbs p")).to_have_text(re.compile("Picture . no picture made|: no picture made"))
    look(page, "stack")
    was = stands_at(page)
    page.get_by_role("button", name="Half").click()
    buttons.nth(1).click()
    expect(stage).to_have_count(1)
    assert picture_in(stage) != first
    assert stands_at(page) == was
    buttons.nth(1).press("ArrowRight")
    expect(buttons.nth(2)).to_be_focused()
    expect(page.get_by_role("heading", name="The model made no picture")).to_be_visible()
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    look(page, "stack-ended")
    buttons.nth(2).press("ArrowRight")
    expect(buttons.nth(0)).to_be_focused()
    assert picture_in(stage) == first
    expect(page.get_by_role("button", name="Half", pressed=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.proof
def test_one_picture_of_several_is_deleted_and_taken_back_where_it_stands(someone, several) -> None:
    page = someone(storage_state=several.whose, **PHONE)
    page.goto(several.tryon)
    page.evaluate("window.stayed = true")
    buttons = page.get_by_role("group", name="Pictures of this look").get_by_role("button")
    buttons.nth(1).click()
    page.get_by_role("button", name="Delete this picture").click()
    expect(page.get_by_role("status")).to_contain_text("The picture is deleted")
    expect(buttons).to_have_count(2)
    assert page.evaluate("window.stayed")
    assert page.url == several.tryon
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("all is there as before")
    expect(buttons).to_have_count(3)
    assert page.url == several.tryon


def test_without_javascript_all_pictures_stand_one_under_the_other(someone, several) -> None:
    page = someone(java_script_enabled=False, storage_state=several.whose, **PHONE)
    page.goto(several.tryon)
    boxes = [each.bounding_box() for each in page.locator("[data-panel]").all()]
    assert len(boxes) == 3
    places = sorted((box["y"], box["y"] + box["height"]) for box in boxes)
    assert all(above[1] <= below[0] for above, below in pairwise(places))
    expect(page.locator(".thumbs")).to_be_hidden()
    expect(page.locator(".next").get_by_text("What you wear stays on")).to_be_visible()
    expect(page.locator(".given").get_by_text("Outerwear")).to_be_visible()
    expect(page.get_by_role("heading", name="The model made no picture")).to_be_visible()


@pytest.mark.proof
def test_what_was_not_sent_can_be_cancelled_in_place(someone, control) -> None:
    busy = {"on": "generations", "fault": "status", "status": 429, "headers": {"Retry-After": "15"}}
    control("faults", [busy])
    page = someone(**PHONE)
    order(page, 1)
    page.evaluate("window.stayed = true")
    expect(page.locator(".steps .is-now")).to_contain_text("Waiting for the service; we try again at")
    look(page, "waiting-for-service")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("Cancelled")
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    assert page.evaluate("window.stayed")
    look(page, "cancelled")


@pytest.mark.proof
def test_a_picture_is_saved_under_what_it_shows_and_its_day(someone, made) -> None:
    page = someone(storage_state=made.whose, **DESKTOP)
    page.goto(made.tryon)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"denim-jacket-\d+-[a-z]+\.png", saved.value.suggested_filename)


HEAR_NEWS = """() => document.addEventListener("htmx:beforeSwap", event => {
    const isSent = event.detail.xhr.responseText.includes('data-state="running"');
    window.hasNews ||= event.target.id === "pulse" && isSent;
})"""


def test_a_press_is_answered_in_its_place_though_news_came_meanwhile(someone, control) -> None:
    page = someone(**PHONE)
    busy = {"on": "generations", "fault": "status", "status": 429, "headers": {"Retry-After": "4"}}
    control("faults", [busy])
    order(page, 1)
    expect(page.locator("#waiting")).to_contain_text("Waiting for the service")
    page.evaluate(HEAR_NEWS)
    pressed: list[Route] = []
    page.route("**/cancel", lambda route: pressed.append(route))
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_function("() => window.hasNews")
    pressed[0].continue_()
    expect(page.get_by_role("status")).to_contain_text("sent already")
    expect(page.locator("main[data-state=finished] #mirror")).to_have_count(1)
