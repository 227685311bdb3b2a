"""The desk in a browser: by keys, by two reviewers at once, on a phone, and where no server answers."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from playwright.sync_api import Page, Route, expect

from tests import forks
from tests.browser.pages import DESKTOP, PHONE, STAFF, look, sign_in
from tests.live import until
from tests.up import Up, newcomer, placed

pytestmark = [pytest.mark.browser, pytest.mark.processes(30)]
# Rows as the product makes them, of one photo of their own, so that a filter shows them alone.
SEED = """
import json, uuid
from django.utils import timezone
from gallery.models import Image
from tests.factories import make_reference, make_tryon, make_user
from tryon.accounts.models import User
from tryon.models import ImageInput, Result, TryOnInput
owner = User.objects.create(username=uuid.uuid4().hex)
User.objects.filter(username="ben").exists() or make_user("ben", is_staff=True, is_superuser=True)
person = make_reference(owner, colour="darkslateblue")
found = []
for count in {counts}:
    tryon = make_tryon(owner, "done", count=count)
    TryOnInput.objects.filter(tryon=tryon, role="person").update(reference=person)
    rows = Result.objects.filter(generation__tryon=tryon).order_by("generation__number")
    found += [row.image_id.hex for row in rows]
while ImageInput.objects.fill(50) == 50:
    pass
Image.objects.filter(pk__in=found).update(measured_at=timezone.now())  # no flag sorts them anew
print(json.dumps([str(person.pk), *found]))
"""
CURRENT = "[data-picture]:not([hidden])"
PAINTED = """() => [...document.querySelectorAll('[data-picture]:not([hidden]) img.layer')]
    .every(img => img.complete && img.naturalWidth)"""


@dataclass
class Waiting:
    """Pictures of one person that wait, in the order of the queue."""

    product: Up
    person: str
    images: list[str]

    @property
    def address(self) -> str:
        return f"/review/?person={self.person}"

    @property
    def sheet(self) -> str:
        return f"/review/sheet/?person={self.person}"

    @property
    def reviews(self) -> list[str]:
        """As the rows say."""
        rows = dict(self.product.rows("SELECT id, review FROM gallery_image"))
        return [rows[image] for image in self.images]

    def audited(self, image: str) -> list[str]:
        pk = f"{image[:8]}-{image[8:12]}-{image[12:16]}-{image[16:20]}-{image[20:]}"
        rows = self.product.rows(f"SELECT action FROM gallery_auditentry WHERE subject = '{pk}' ORDER BY id")
        return [action for (action,) in rows]


@pytest.fixture
def waiting(product: Up) -> Callable[..., Waiting]:
    return partial(seeded, product)


def seeded(product: Up, *counts: int) -> Waiting:
    """Try-ons with so many pictures each."""
    code = SEED.replace("{counts}", str(list(counts)))
    done = forks.run(["manage.py", "shell", "-v0", "-c", code], newcomer(product.data))
    assert not done.returncode, done.stderr
    person, *images = json.loads(done.stdout.splitlines()[-1])
    return Waiting(product, person, images)


def reviewer(page: Page, name: str = "") -> Page:
    if not name:
        sign_in(page)
        return page
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill("correct horse battery")
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    return page


def shows(page: Page, image: str) -> None:
    """It is on the screen, with its pictures painted."""
    expect(page.locator(CURRENT)).to_have_attribute("data-picture", dashed(image))
    page.wait_for_function(PAINTED)


def undo(page: Page) -> None:
    """By its key, once keys are taken again: they rest for a moment after a reason was chosen."""
    page.wait_for_function("() => !('writes' in document.documentElement.dataset)")
    page.keyboard.press("z")


def dashed(image: str) -> str:
    return "-".join([image[:8], image[8:12], image[12:16], image[16:20], image[20:]])


def test_five_pictures_are_checked_by_keys_alone(waiting, someone) -> None:
    rows = waiting(1, 1, 3)
    page = reviewer(someone(**DESKTOP))
    page.goto(rows.address)
    one, two, three, four, five = rows.images
    shows(page, one)
    page.keyboard.press("a")
    shows(page, two)
    page.keyboard.press("r")
    expect(page.locator("[data-panel][open]")).to_be_visible()
    look(page, "review-reasons-desktop")
    page.keyboard.press("f")
    shows(page, three)
    expect(page.locator("[data-trail] > :first-child")).to_contain_text("Not approved: the face changed")
    assert rows.reviews == ["approved", "rejected", "pending", "pending", "pending"]

    undo(page)
    shows(page, two)
    page.keyboard.press("j")
    shows(page, three)
    page.keyboard.press("j")
    shows(page, four)
    page.keyboard.press("k")
    shows(page, three)
    page.keyboard.press("x")
    page.keyboard.press("j")
    shows(page, four)
    page.keyboard.press("x")
    expect(page.locator("[data-told]")).to_contain_text("2 selected")
    page.keyboard.press("a")
    shows(page, five)
    until(lambda: rows.reviews == ["approved", "pending", "approved", "approved", "pending"])
    page.keyboard.press("Space")
    expect(page.locator(f"{CURRENT} .pane-frame > .flipped")).to_be_visible()
    page.keyboard.press("a")
    shows(page, two)  # which was left, once all else was seen
    assert [rows.audited(image) for image in rows.images] == [
        ["approved"],
        ["rejected", "undone"],
        ["approved"],
        ["approved"],
        ["approved"],
    ]
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing like that waits")).to_be_visible()


def test_whoever_writes_after_r_writes_words_and_decides_on_nothing_else(waiting, someone) -> None:
    rows = waiting(1, 1, 1)
    page = reviewer(someone(**DESKTOP))
    page.goto(rows.address)
    shows(page, rows.images[0])
    page.keyboard.press("r")
    page.keyboard.type("The sleeve is a smudge", delay=5)
    expect(page.locator(f"{CURRENT} textarea")).to_have_value("The sleeve is a smudge")
    page.keyboard.press("Enter")
    shows(page, rows.images[1])
    page.keyboard.press("r")
    page.keyboard.type("face and arms", delay=5)  # its first letter is a reason
    shows(page, rows.images[2])
    until(lambda: rows.reviews == ["rejected", "rejected", "pending"])


@pytest.mark.proof
def test_two_reviewers_get_different_pictures_and_hear_of_each_other(waiting, someone) -> None:
    rows = waiting(1, 1)
    ana, ben = reviewer(someone(**DESKTOP)), reviewer(someone(answers=(409,), **DESKTOP), "ben")
    ana.goto(rows.address)
    shows(ana, rows.images[0])
    ben.goto(f"/review/{dashed(rows.images[0])}/")
    expect(ben.get_by_text("ana is at this one.")).to_be_visible()
    ana.keyboard.press("a")
    shows(ana, rows.images[1])
    ben.keyboard.press("r")
    ben.keyboard.press("q")
    expect(ben.get_by_text("was already approved by ana. Your decision was not kept.")).to_be_visible()
    assert rows.reviews == ["approved", "pending"]
    assert rows.audited(rows.images[0]) == ["approved"]


def test_on_the_sheet_only_what_was_seen_is_approved_and_that_on_a_phone(waiting, someone) -> None:
    rows = waiting(3, 1)
    page = reviewer(someone(**PHONE))
    page.goto(rows.sheet)
    boxes = page.locator("[data-tile] [name=image]")
    expect(boxes.first).to_be_disabled()  # its foot is below the window
    page.locator(".tile-result").first.scroll_into_view_if_needed()
    expect(boxes.first).to_be_enabled()
    expect(boxes.last).to_be_disabled()
    look(page, "review-sheet-phone")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("button", name="Select all you saw").click()
    seen = boxes.evaluate_all("boxes => boxes.filter(box => box.checked).length")
    assert 0 < seen < 4
    page.get_by_role("button", name="Approve selected").click()
    expect(page.get_by_text("approved").first).to_be_visible()
    assert sorted(rows.reviews) == ["approved"] * seen + ["pending"] * (4 - seen)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("put back")).to_be_visible()
    assert rows.reviews == ["pending"] * 4


# In `make proof` ----------------------------------------------------------------------------------------
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
DECIDED = "lines => lines.map(line => [line.dataset.decided, line.dataset.review])"


def lost(status: int, route: Route) -> None:
    """What is posted meets no server, or one that fails."""
    if route.request.method != "POST":
        route.continue_()
    elif status:
        route.fulfill(status=status, body="away")
    else:
        route.abort()


@pytest.mark.proof
def test_a_decision_that_does_not_arrive_brings_its_picture_back(waiting, someone) -> None:
    rows = waiting(1, 1, 1)
    page = reviewer(someone(answers=("ERR_FAILED", 503), **DESKTOP))
    page.goto(rows.address)
    shows(page, rows.images[0])
    for status in (0, 503):
        page.route("**/review/*/?*", partial(lost, status))
        page.keyboard.press("a")
        expect(page.get_by_role("alert").filter(has_text="does not count").last).to_be_visible()
        shows(page, rows.images[0])
        page.keyboard.press("a")  # meant another picture: it is left alone for a moment
        assert rows.reviews[0] == "pending"
        page.unroute("**/review/*/?*")
        page.wait_for_timeout(900)
    page.keyboard.press("a")
    shows(page, rows.images[1])
    until(lambda: rows.reviews == ["approved", "pending", "pending"])
    assert rows.audited(rows.images[0]) == ["approved"]


@pytest.mark.proof
def test_what_was_shown_as_decided_stands_when_the_web_server_is_killed(
    tmp_path, static_root, migrated, browser
) -> None:
    with Up(placed(tmp_path / "data", migrated), **STAFF, STATIC_ROOT=str(static_root)) as product:
        product.ready()
        rows = seeded(product, 4, 4, 4, 4, 4)
        page = browser.new_context(base_url=product.address, **DESKTOP).new_page()
        reviewer(page)
        page.goto(rows.address)
        pressed = 0
        for kill_at in (6, 12):
            while pressed < kill_at:
                page.wait_for_function(PAINTED)
                page.keyboard.press("a")
                pressed += 1
            web = product.child("gunicorn")
            os.kill(web, signal.SIGKILL)
            for _ in range(2):  # some meet a server that is away
                page.keyboard.press("a")
                page.wait_for_timeout(50)
            until(lambda: is_up(product), 30)
            agrees(page, rows)
        for _ in range(60):
            page.wait_for_timeout(150)
            if page.get_by_text("Nothing like that waits").is_visible():
                break
            if page.locator(CURRENT).count():
                page.keyboard.press("a")
        until(lambda: set(rows.reviews) == {"approved"})
        agrees(page, rows)
        assert all(rows.audited(image) == ["approved"] for image in rows.images)


def is_up(product: Up) -> bool:
    try:
        return product.answer("healthz") == 200
    except OSError:
        return False


def agrees(page: Page, rows: Waiting) -> None:
    """Each line that the page shows says what the row says, and what the trail says."""
    shown = page.locator("[data-trail] > li").evaluate_all(DECIDED)
    reviews = dict(zip(map(dashed, rows.images), rows.reviews, strict=True))
    assert all(reviews[image] == review for image, review in shown if image in reviews), shown
    assert all(
        rows.audited(image.replace("-", ""))[-1] == review for image, review in shown if image in reviews
    )


@pytest.mark.proof
def test_both_are_zoomed_and_magnified_at_the_same_place(waiting, someone) -> None:
    rows = waiting(1)
    page = reviewer(someone(**DESKTOP))
    page.goto(rows.address)
    shows(page, rows.images[0])
    person, result = (
        page.locator(f"{CURRENT} .{name} img.layer").first for name in ("pane-before", "pane-result")
    )
    before = [each.bounding_box() for each in (person, result)]
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.wait_for_timeout(400)
    after = [each.bounding_box() for each in (person, result)]
    scales = [new["width"] / old["width"] for new, old in zip(after, before, strict=True)]
    assert scales == [pytest.approx(2.25, rel=0.01)] * 2
    page.keyboard.press("0")
    page.wait_for_timeout(400)

    page.keyboard.press("l")
    box = result.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.3)
    glasses = page.locator(f"{CURRENT} .glass")
    expect(glasses).to_have_count(2)
    places = []
    for glass, of in zip(glasses.all(), (person, result), strict=True):
        around, whole = glass.bounding_box(), of.bounding_box()
        middle = (around["x"] + around["width"] / 2, around["y"] + around["height"] / 2)
        places.append(((middle[0] - whole["x"]) / whole["width"], (middle[1] - whole["y"]) / whole["height"]))
    for place in places:
        assert place == pytest.approx((0.6, 0.3), abs=0.02)
    look(page, "review-loupe-desktop")
    page.keyboard.press("l")
    expect(glasses.first).to_be_hidden()


@pytest.mark.proof
def test_single_keys_are_switched_off_and_blur_stays_in_this_browser(waiting, someone) -> None:
    rows = waiting(1, 1)
    page = reviewer(someone(**DESKTOP))
    page.goto(rows.address)
    shows(page, rows.images[0])
    page.keyboard.press("b")
    page.keyboard.press("?")
    look(page, "review-help-desktop")
    page.get_by_role("button", name="Switch single keys off").click()
    page.get_by_role("button", name="Close").click()
    page.reload()
    shows(page, rows.images[0])
    assert (
        page.locator(f"{CURRENT} img.layer").first.evaluate("img => getComputedStyle(img).filter") != "none"
    )
    for key in ("a", "j", "x", "b"):
        page.keyboard.press(key)
    assert rows.reviews == ["pending", "pending"]
    shows(page, rows.images[0])
    page.get_by_role("button", name="Blur").click()
    expect(page.locator(f"{CURRENT} img.layer").first).to_have_css("filter", "none")
    page.get_by_role("button", name="Approve").click()
    shows(page, rows.images[1])
    look(page, "review-desktop")
    page.keyboard.press("Space")  # presses no button twice
    until(lambda: rows.reviews == ["approved", "pending"])


@pytest.mark.proof
def test_a_key_that_is_held_down_decides_once_and_none_while_somebody_writes(waiting, someone) -> None:
    rows = waiting(1, 1, 1)
    page = reviewer(someone(**DESKTOP))
    page.goto(rows.address)
    shows(page, rows.images[0])
    for _ in range(5):
        page.keyboard.down("a")
    page.keyboard.up("a")
    shows(page, rows.images[1])
    page.keyboard.press("r")
    page.locator(f"{CURRENT} textarea").fill("")
    page.locator(f"{CURRENT} textarea").press_sequentially("a face")
    shows(page, rows.images[1])
    page.locator(f"{CURRENT} [name=reason][value=face]").click()
    shows(page, rows.images[2])
    until(lambda: rows.reviews == ["approved", "rejected", "pending"])
    [[words]] = rows.product.rows(f"SELECT words FROM gallery_image WHERE id = '{rows.images[1]}'")
    assert words == "a face"


@pytest.mark.proof
def test_all_of_it_works_without_scripts(waiting, someone) -> None:
    rows = waiting(1, 1, 2)
    page = reviewer(someone(java_script_enabled=False, **DESKTOP))
    page.goto(rows.address)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved").first).to_be_visible()
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("button", name="Hands or body look wrong").click()
    assert rows.reviews == ["approved", "rejected", "pending", "pending"]
    page.locator("[data-trail]").get_by_role("button", name="Undo").first.click()
    assert rows.reviews == ["approved", "pending", "pending", "pending"]
    page.get_by_role("link", name="Next").click()
    page.get_by_role("link", name="Previous").click()
    page.goto(rows.sheet)
    expect(page.get_by_role("button", name="Select all you saw")).to_be_hidden()
    boxes = page.locator("[data-tile] [name=image]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.locator("summary", has_text="Reject selected").click()
    page.get_by_role("button", name="It is blurred or badly made").click()
    assert rows.reviews == ["approved", "rejected", "rejected", "pending"]


@pytest.mark.proof
def test_it_fits_a_phone(waiting, someone) -> None:
    rows = waiting(3)
    page = reviewer(someone(**PHONE))
    page.goto(rows.address)
    shows(page, rows.images[0])
    look(page, "review-phone")
    assert page.evaluate(SIDEWAYS) <= 0
    page.get_by_role("button", name="Approve").tap()
    shows(page, rows.images[1])
    page.locator(f"{CURRENT} summary", has_text="Reject").tap()
    page.locator(f"{CURRENT} [name=reason][value=extra]").tap()
    shows(page, rows.images[2])
    last = page.locator("[data-trail] > :first-child")
    expect(last).to_contain_text("Not approved")
    last.get_by_role("button", name="Undo").tap()
    shows(page, rows.images[1])
    page.locator(".variations a:visible").first.tap()
    shows(page, rows.images[0])
    until(lambda: rows.reviews == ["approved", "pending", "pending"])


@pytest.mark.proof
@pytest.mark.parametrize("where", ["address", "sheet"])
def test_large_words_on_a_small_screen_move_nothing_sideways(waiting, someone, where) -> None:
    rows = waiting(2)
    page = reviewer(someone(viewport={"width": 320, "height": 640}))
    page.goto(getattr(rows, where))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(SIDEWAYS) <= 0
    page.locator("summary", has_text="Reject").locator("visible=true").click()
    assert page.evaluate(SIDEWAYS) <= 0
    look(page, f"review-{where}-small")


@pytest.mark.proof
def test_the_sheet_is_worked_by_keys_and_by_shift(waiting, someone) -> None:
    rows = waiting(4, 2)
    page = reviewer(someone(**DESKTOP))
    page.goto(rows.sheet)
    boxes = page.locator("[data-tile] [name=image]")
    expect(boxes.nth(3)).to_be_enabled()
    look(page, "review-sheet-desktop")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-tile] [name=image]:checked")).to_have_count(4)
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("[data-tile] [name=image]:checked")).to_have_count(3)
    page.keyboard.press("r")
    page.keyboard.press("m")
    expect(page.get_by_text("3 pictures rejected")).to_be_visible()
    assert rows.reviews == ["rejected", "rejected", "pending", "rejected", "pending", "pending"]
    undo(page)
    expect(page.get_by_text("3 pictures put back")).to_be_visible()
    assert set(rows.reviews) == {"pending"}
