"""What the tests in a browser share: sizes, looks at a page, and the ways of a shopper."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    ConsoleMessage,
    Page,
    expect,
)

from tests.live import ROOT

STAFF = {"DJANGO_SUPERUSER_USERNAME": "ana", "DJANGO_SUPERUSER_PASSWORD": "a long enough one"}
SHOTS = ROOT / "screenshots"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


TOLD_AS = ("status of {}", "Error Code {}", "htmx:{},", "net::{}")


def is_error(message: ConsoleMessage, answers: Iterable[int | str]) -> bool:
    """Chromium also reports the status of a form that comes back with its errors; that is no fault.

    Nor is it one that htmx tells of an answer that failed, or that the page gave up; nor what axe, which
    has no address, tries to read a style sheet that imports another.
    """
    told = any(form.format(answer) in message.text for answer in (422, *answers) for form in TOLD_AS)
    is_axe = message.text.startswith("Applying inline style") and not message.location["url"]
    return message.type == "error" and not told and not is_axe


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
        "() => [...document.querySelectorAll('[data-panel]:not([hidden]) img.after')]"
        ".every(i => i.complete && i.naturalWidth)"
    )


def choose_samples(page: Page) -> None:
    """A person and a garment of the shelf, and off they go."""
    page.get_by_role("radio", name="Bea, a 3D-rendered mannequin").check()
    put_on(page, "Denim jacket")
    page.get_by_role("button", name="Try it on", exact=True).click()


def put_on(page: Page, name: str) -> None:
    """As a finger does: not what stands in the way, nor where it would have to be swapped."""
    page.get_by_role("checkbox", name=name, exact=True).check()


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


POSTED = """() => Object.fromEntries([...new FormData(document.getElementById('wishes'))]
    .filter(([name, value]) => typeof value === 'string' && value))"""


def posted(page: Page, *but: str) -> dict[str, str]:
    return {name: value for name, value in page.evaluate(POSTED).items() if name not in but}


def kept(page: Page, name: str) -> None:
    """Wait until an upload or an address has become a hidden reference of the form."""
    expect(page.locator(f"#wishes input[type=hidden][name={name}]")).to_be_attached()


def posts_of(page: Page) -> list[str]:
    """The addresses that this page posts to from now on."""
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    return posts


HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def asked_while_sent(page: Page) -> list[str]:
    """Orders a picture and waits until its call is sent; what the page asks from then on is in the list."""
    page.goto("/?mode=imagine")
    page.locator("#note").fill("A person in a plain coat, standing")
    page.get_by_role("button", name="Imagine it").click()
    expect(page.locator("#waiting .steps .is-now", has_text="Being made")).to_be_attached()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/status" in request.url else None)
    return asked
