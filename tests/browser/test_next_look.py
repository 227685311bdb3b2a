"""From one look to the next without leaving the mirror: another garment, the same again, and back."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    DESKTOP,
    PERSON,
    PHONE,
    choose_samples,
    look,
    posts_of,
    sign_in,
    wait_for_pictures,
)
from tests.browser.touch import along, touch
from tests.factories import jpeg
from tests.live import until
from tests.rings import matrix

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]

STAYED = "window.stayed"


def first_look(page: Page) -> str:
    """A person in a denim jacket; the page remembers from here on that it was never left."""
    page.goto("/")
    choose_samples(page)
    page.wait_for_url(re.compile("/tryons/"))
    page.evaluate(f"{STAYED} = true")
    return page.url


def put_on(page: Page, name: str) -> str:
    """The next look's address."""
    was = page.url
    page.get_by_role("button", name=name).click()
    page.wait_for_function("was => location.href !== was", arg=was)
    expect(page.get_by_role("link", name=f"{name} On now")).to_be_attached()
    return page.url


def looks(page: Page) -> list[str]:
    return [link.get_attribute("href") for link in page.locator(".looks a").all()]


def stayed(page: Page) -> bool:
    return bool(page.evaluate(STAYED))


@pytest.mark.parametrize("size", matrix([PHONE, DESKTOP], first=1))
def test_a_tap_on_a_garment_shows_the_next_look_on_the_same_person(someone, size) -> None:
    page = someone(**size)
    first = first_look(page)
    wait_for_pictures(page)
    person = page.locator(".given img").first.get_attribute("src")
    second = put_on(page, "Green skirt")
    assert stayed(page)
    assert page.locator(".given img").first.get_attribute("src") == person
    expect(page.locator("#status")).to_have_text("Your picture is on its way")
    assert page.evaluate("document.activeElement.textContent").split() == ["Green", "skirt", "On", "now"]
    expect(page).to_have_title(re.compile("^Your picture is"))
    wait_for_pictures(page)
    expect(page.locator("h1")).to_have_text("Here it is", use_inner_text=True)
    assert looks(page) == [path(second), path(first)]
    expect(page.locator(".looks [aria-current] img")).to_be_visible()
    look(page, "next-look")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.go_back()
    expect(page.get_by_role("link", name="Green skirt On now")).to_have_count(0)
    expect(page.get_by_role("link", name="Denim jacket On now")).to_be_attached()
    assert page.url == first
    page.reload()
    wait_for_pictures(page)
    page.go_forward()
    expect(page.get_by_role("link", name="Green skirt On now")).to_be_attached()
    assert page.url == second


def path(address: str) -> str:
    return re.search(r"/tryons/.*", address)[0]


@pytest.mark.proof
def test_the_next_garment_is_chosen_while_a_picture_is_being_made(someone, slow_gateway) -> None:
    page = someone(**PHONE)
    first = first_look(page)
    expect(page.locator(".steps .is-now")).to_have_text("Being made")
    second = put_on(page, "Red wrap dress")
    assert looks(page) == [path(second), path(first)]
    expect(page.locator(".looks .icon")).to_have_count(2)
    look(page, "next-while-waiting")
    wait_for_pictures(page)
    page.get_by_role("link", name="Denim jacket", exact=True).click()
    page.wait_for_url(first)
    wait_for_pictures(page)
    assert stayed(page)


def test_two_quick_taps_order_one_look_and_so_does_a_form_that_is_posted_again(someone) -> None:
    page = someone(**DESKTOP)
    first_look(page)
    wait_for_pictures(page)
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Breton top").dblclick()
    expect(page.get_by_role("link", name="Breton top On now")).to_be_attached()
    assert len(looks(page)) == 2
    headers = {"Content-Type": sent.value.headers["content-type"], "Referer": page.url}
    again = page.request.post("/", data=sent.value.post_data_buffer, headers=headers)
    assert again.url == page.url
    page.reload()
    assert len(looks(page)) == 2


@pytest.mark.proof
def test_a_garment_that_is_on_leads_to_its_look_and_orders_nothing(someone) -> None:
    page = someone(**PHONE)
    first = first_look(page)
    wait_for_pictures(page)
    posts = posts_of(page)
    on = page.get_by_role("link", name="Denim jacket On now")
    on.scroll_into_view_if_needed()
    on.click()
    expect(page.locator("h1")).to_be_in_viewport()
    assert (page.url.partition("#")[0], posts) == (first, [])


@pytest.mark.proof
def test_a_refusal_is_said_where_it_was_pressed(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    page.locator("input[type=file][name=person]").first.set_input_files(PERSON)
    page.locator("#consent").check()
    expect(page.locator("#wishes input[type=hidden][name=person_reference]")).to_be_attached()
    page.get_by_role("checkbox", name="Denim jacket", exact=True).check()
    page.get_by_role("button", name="Try it on", exact=True).click()
    wait_for_pictures(page)
    first = page.url
    other = page.context.new_page()
    other.goto(first)
    other.get_by_role("button", name="Delete photo Person").click()
    expect(other.get_by_role("status")).to_contain_text("The photo is deleted")
    page.get_by_role("button", name="Green skirt").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("One of these photos was deleted")
    expect(alert).to_be_in_viewport()
    assert page.url == first
    look(page, "next-refused")
    other.get_by_role("button", name="Undo").click()
    expect(other.get_by_role("button", name="Green skirt")).to_be_attached()
    put_on(page, "Green skirt")


@pytest.mark.proof
def test_what_does_not_get_through_is_said_and_can_be_pressed_again(someone) -> None:
    page = someone(answers=[503], **DESKTOP)
    first = first_look(page)
    wait_for_pictures(page)
    page.route(re.compile("/$"), lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Green skirt").click()
    expect(page.get_by_role("alert")).to_contain_text("Check your connection")
    assert page.url == first
    page.unroute(re.compile("/$"))
    put_on(page, "Green skirt")


@pytest.mark.proof
def test_a_long_shelf_is_searched_and_stays_narrow_from_look_to_look(someone) -> None:
    page = someone(**PHONE)
    page.goto("/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    for shade in range(6):  # with those of the house there are more than one sees at a look
        photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg((shade * 40, 90, 90))}
        fields = {"kind": "garment", "file": photo, "csrfmiddlewaretoken": token}
        assert page.request.post("/references/", multipart=fields, headers={"Referer": page.url}).ok
    first_look(page)
    wait_for_pictures(page)
    page.get_by_role("searchbox", name="Search the shelf").fill("skirt")
    tiles = page.locator("#next-shelf li:visible")
    expect(tiles).to_have_text(["Green skirt"])
    put_on(page, "Green skirt")
    expect(tiles).to_have_text([re.compile(r"Green skirt\s+On now")])
    expect(page.get_by_role("searchbox", name="Search the shelf")).to_have_value("skirt")
    page.get_by_role("searchbox", name="Search the shelf").fill("")
    expect(tiles).to_have_count(13)
    look(page, "next-search")


@pytest.mark.proof
def test_a_look_that_was_deleted_elsewhere_leaves_the_strip_when_it_is_tapped(someone) -> None:
    page = someone(answers=[404], **PHONE)
    first = first_look(page)
    wait_for_pictures(page)
    second = put_on(page, "Green skirt")
    wait_for_pictures(page)
    other = page.context.new_page()
    other.goto(first)
    other.get_by_role("button", name="Delete this picture").click()
    other.wait_for_url(second)
    page.get_by_role("link", name="Denim jacket", exact=True).click()
    expect(page.locator(".looks")).to_be_hidden()
    assert page.url == second


@pytest.mark.proof
def test_without_javascript_a_garment_is_a_form_that_leads_on(someone) -> None:
    maker = someone(**PHONE)
    first = first_look(maker)
    page = someone(java_script_enabled=False, storage_state=maker.context.storage_state(), **PHONE)
    page.goto(first)
    page.get_by_role("button", name="Green skirt").click()
    page.wait_for_url(lambda url: "/tryons/" in url and url != first)
    until(lambda: page.reload() and page.locator("main[data-state=finished]").count(), 30, "it is made")
    page.locator(".looks a").last.click()
    assert page.url == first


def test_the_strip_is_swiped_and_a_swipe_up_on_it_scrolls_the_page(someone) -> None:
    page = someone(viewport={"width": 320, "height": 600}, has_touch=True)
    first_look(page)
    for name in ("Green skirt", "Breton top", "Red wrap dress", "Light blue shirt"):
        put_on(page, name)
    wait_for_pictures(page)
    here = page.url
    row = page.locator(".looks-row")
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    start = (box["x"] + 200, box["y"] + 40)
    touch(page, along(start, -150, 4))
    page.wait_for_function("() => document.querySelector('.looks-row').scrollLeft > 50")
    was = page.evaluate("scrollY")
    touch(page, along(start, 6, -150) if box["y"] > 200 else along(start, 6, 150))
    page.wait_for_function("was => Math.abs(scrollY - was) > 50", arg=was)
    assert page.url == here
    page.locator(".looks a").last.click()
    page.wait_for_function("here => location.href !== here", arg=here)
    assert stayed(page)
    page.wait_for_function("() => document.querySelector('.looks-row').scrollLeft > 50")  # it stays there


@pytest.mark.proof
@pytest.mark.parametrize("shape", ["1:1", "3:4", "4:3", "16:9"])
def test_what_is_done_with_a_picture_stands_on_a_desktops_screen_with_it(someone, shape) -> None:
    page = someone(**DESKTOP)
    page.goto("/")
    page.locator(".options > summary").click()
    page.get_by_label("Shape").select_option(shape)
    choose_samples(page)
    page.wait_for_url(re.compile("/tryons/"))
    wait_for_pictures(page)
    assert page.evaluate("scrollY") == 0
    for name in ("Share", "Delete this picture"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    look(page, f"mirror-{shape.replace(':', '-')}")


@pytest.mark.proof
def test_a_garment_is_taken_off_by_one_tap_and_the_keyboard_goes_on(someone) -> None:
    page = someone(**PHONE)
    first_look(page)
    put_on(page, "Green skirt")
    was = page.url
    look(page, "taking-off")
    page.get_by_role("button", name="Take off Denim jacket").press("Enter")
    page.wait_for_function("was => location.href !== was", arg=was)
    expect(page.get_by_role("button", name="Denim jacket", exact=True)).to_be_attached()
    expect(page.get_by_role("button", name=re.compile("^Take off"))).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
    assert stayed(page)


# The same again -----------------------------------------------------------------------------------------
def test_the_same_again_with_a_change_is_one_press(someone) -> None:
    page = someone(**PHONE)
    first = first_look(page)
    wait_for_pictures(page)
    for words in ("sleeves rolled up", "sleeves rolled up, collar open"):
        page.get_by_text("Again, with a change").click()
        expect(page.get_by_label("What should be different?")).to_be_focused()
        page.get_by_label("What should be different?").fill(words)
        if words == "sleeves rolled up":
            look(page, "again-open")
        was = page.url
        page.get_by_role("button", name="Make it again").click()
        page.wait_for_function("was => location.href !== was", arg=was)
        expect(page.locator(".given-facts")).to_contain_text(f"“{words}”")
        expect(page.get_by_label("What should be different?")).to_have_value(words)
    wait_for_pictures(page)
    assert len(looks(page)) == 3
    assert looks(page)[-1] == path(first)
    expect(page.get_by_role("link", name="Denim jacket On now")).to_be_attached()
    assert stayed(page)


@pytest.mark.proof
def test_from_the_page_of_a_picture_the_box_of_the_look_stands_open(someone) -> None:
    page = someone(**DESKTOP)
    first = first_look(page)
    wait_for_pictures(page)
    page.goto("/gallery/")
    page.locator("main a[href^='/gallery/'][href$='/']:has(img)").first.click()
    page.get_by_role("link", name="Again, with a change").click()
    expect(page.get_by_label("What should be different?")).to_be_visible()
    assert page.url.partition("#")[0] == first


# Delete, and think again --------------------------------------------------------------------------------
@pytest.mark.proof
def test_deleting_the_only_picture_leads_to_the_persons_next_look_and_back(someone) -> None:
    page = someone(**PHONE)
    first = first_look(page)
    wait_for_pictures(page)
    second = put_on(page, "Green skirt")
    wait_for_pictures(page)
    page.get_by_role("button", name="Delete this picture").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The picture is deleted")
    page.wait_for_url(first)
    assert stayed(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    assert page.request.get(second).status == 404
    expect(page.get_by_role("button", name="Undo")).to_be_in_viewport()
    look(page, "mirror-undo")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(second)
    wait_for_pictures(page)
    assert looks(page) == [path(second), path(first)]


@pytest.mark.proof
def test_undo_is_there_after_a_reload_and_leads_back_to_where_one_stood(someone) -> None:
    page = someone(viewport={"width": 390, "height": 500})
    page.goto("/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    for shade in range(6):
        photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg((shade * 40, 90, 90))}
        fields = {"kind": "garment", "file": photo, "csrfmiddlewaretoken": token}
        assert page.request.post("/references/", multipart=fields, headers={"Referer": page.url}).ok
    page.goto("/wardrobe/")
    cards = page.locator(".card").filter(has=page.get_by_role("button", name="Delete"))  # her own
    expect(cards).to_have_count(6)
    delete = cards.nth(4).get_by_role("button", name="Delete")
    delete.scroll_into_view_if_needed()
    before = delete.bounding_box()["y"]
    delete.press("Enter")
    expect(cards).to_have_count(5)
    page.reload()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport()
    undo.press("Enter")
    expect(cards).to_have_count(6)
    assert abs(delete.bounding_box()["y"] - before) < 90, "no further than the message above is high"
    expect(page.locator("#main")).to_be_focused()
    page.reload()
    expect(undo).to_have_count(0)

    page.set_viewport_size({"width": 1280, "height": 600})
    first_look(page)
    wait_for_pictures(page)
    second = put_on(page, "Green skirt")
    wait_for_pictures(page)
    page.evaluate("scrollTo(0, 150)")
    page.get_by_role("button", name="Delete this picture").press("Enter")
    expect(undo).to_be_in_viewport()
    undo.press("Enter")
    page.wait_for_url(second)
    page.wait_for_function("() => scrollY > 100")


@pytest.mark.proof
def test_deleting_the_last_look_leads_to_the_studio_and_back(someone) -> None:
    page = someone(**DESKTOP)
    first = first_look(page)
    wait_for_pictures(page)
    page.get_by_role("button", name="Delete this picture").click()
    page.wait_for_url(re.compile(r"/\?person="))
    assert page.request.get(first).status == 404
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(first)
    wait_for_pictures(page)


# Not approved -------------------------------------------------------------------------------------------
def test_a_picture_that_was_not_approved_says_why_and_is_made_again_with_that_fixed(someone) -> None:
    page = someone(**PHONE)
    first = first_look(page)
    wait_for_pictures(page)
    source = page.locator("img.after").get_attribute("src")
    image = re.search(r"/gallery/([0-9a-f-]{36})/", source)[1]
    staff = someone(**DESKTOP)
    sign_in(staff)
    staff.goto(f"/admin/gallery/image/?q={image}")
    staff.locator(f"[type=checkbox][value='{image}']").check()
    staff.locator("select[name=action]").select_option("reject")
    staff.get_by_role("button", name="Go", exact=True).click()
    staff.get_by_role("radio", name="Hands or body look wrong").check()
    staff.get_by_role("button", name="Reject").click()
    expect(staff.locator(".messagelist")).to_contain_text("rejected")

    page.reload()
    expect(page.get_by_text("Not approved: hands or body look wrong.")).to_be_visible()
    expect(page.get_by_role("button", name="Share")).to_have_count(0)
    look(page, "rejected")
    page.goto(f"/gallery/{image}/")
    expect(page.get_by_role("button", name="Make it again with that fixed")).to_be_visible()
    look(page, "image-rejected")
    page.get_by_role("button", name="Make it again with that fixed").click()
    page.wait_for_url(first)
    wait_for_pictures(page, 2)
    expect(page.get_by_role("button", name="Picture 2", exact=True, pressed=True)).to_be_visible()
    page.get_by_role("button", name="Picture 1", exact=True).click()
    expect(page.get_by_text("It was made again: see picture 2")).to_be_visible()
    expect(page.get_by_role("button", name="Make it again with that fixed")).to_have_count(0)


# Share --------------------------------------------------------------------------------------------------
SHEET = """() => {
    window.shared = [];
    navigator.share = async (what) => { window.shared.push(what.url); };
}"""


def test_one_press_shares_and_the_next_one_shares_the_same(someone) -> None:
    page = someone(**PHONE)
    page.add_init_script(f"({SHEET})()")
    first_look(page)
    wait_for_pictures(page)
    posts = posts_of(page)
    page.get_by_role("button", name="Share", exact=True).dblclick()
    page.wait_for_function("() => window.shared.length > 1")
    expect(page.locator(".link-made")).to_contain_text("It opens after a check")
    expect(page.locator(".link-made")).to_contain_text("Whoever has the link sees this picture")
    look(page, "share-made")
    page.reload()
    page.get_by_role("button", name="Share", exact=True).click()
    page.wait_for_function("() => window.shared.length > 0")
    assert page.evaluate("shared[0]") == page.get_by_role("textbox", name="Link").input_value()
    assert len(posts) == 1

    page.locator(".share > form summary").click()
    look(page, "share-settings")
    page.get_by_label("Title").fill("For the wedding?")
    page.get_by_role("button", name="Share", exact=True).click()
    page.wait_for_function("() => new Set(window.shared).size === 2")
    assert len(posts) == 2
    page.goto("/links/")
    expect(page.locator(".link-row")).to_have_count(2)
    expect(page.get_by_role("heading", name="For the wedding?")).to_be_visible()


@pytest.mark.proof
def test_where_there_is_no_sheet_the_link_is_copied(someone) -> None:
    page = someone(permissions=["clipboard-read", "clipboard-write"], **DESKTOP)
    page.add_init_script("delete Navigator.prototype.share")
    first_look(page)
    wait_for_pictures(page)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    address = page.get_by_role("textbox", name="Link").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == address
    expect(page.locator("#status")).to_have_text("Copied")


@pytest.mark.proof
def test_a_link_that_cannot_be_made_says_why_and_loses_nothing(someone) -> None:
    page = someone(answers=[500], **DESKTOP)
    first_look(page)
    wait_for_pictures(page)
    page.route("**/links/", lambda route: route.fulfill(status=500))
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Check your connection")
    page.unroute("**/links/")
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("textbox", name="Link")).to_be_visible()


@pytest.mark.proof
def test_without_javascript_sharing_is_a_form_and_a_reload_makes_no_second_link(someone) -> None:
    maker = someone(**PHONE)
    first = first_look(maker)
    wait_for_pictures(maker)
    page = someone(java_script_enabled=False, storage_state=maker.context.storage_state(), **PHONE)
    page.goto(first)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("textbox", name="Link")).to_be_visible()
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("made already")
    expect(page.locator(".link-row")).to_have_count(1)
    assert uuid.UUID(page.locator(".link-row a").first.get_attribute("href").split("/")[2])
