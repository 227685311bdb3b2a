"""The pictures of the documents: `python -m tests.screens` takes them of the running product.

The sandbox dresses the sample people, so all that is shown is rendered, and every file says so in its XMP.
The short film is put together from stills, each for as long as it says: no machine is too slow for it.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from gallery.xmp import Mark, marked_bytes
from tests import chromium
from tests.browser.pages import DESKTOP, PHONE, SETTLED, STAFF, sign_in
from tests.live import ROOT, WITH_KEY, until
from tests.up import Up
from tryon.samples.table import CAPTION
from tryon.sandbox.server import Sandbox

FOLDER = ROOT / "docs" / "screens"
MOST_BYTES, MOST_FILM = 1_500_000, 1_000_000  # of the folder, and of the film in it
PERSON = "Bea, a 3D-rendered mannequin"
FILM = {"viewport": {"width": 390, "height": 700}, "device_scale_factor": 1.25, "has_touch": True}
STRIP = 34  # pixels below the film, for its caption
WORKING = 3.0  # seconds that the sandbox takes while somebody wants to see it work
SEEN = """async () => {
    const seen = [...document.images].filter(image => {
        const box = image.getBoundingClientRect();
        return box.width && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    });
    const ready = await Promise.allSettled([document.fonts.ready, ...seen.map(image => image.decode())]);
    return ready.every(({ status }) => status === "fulfilled"); // or asked again: a file is exchanged
}"""
TO_SIGHT = "each => each.scrollIntoView({ block: 'center', behavior: 'instant' })"
# A ring where a finger presses.
TOUCH = """element => {
    const box = element.getBoundingClientRect();
    const ring = Object.assign(document.createElement("div"), { id: "touch" });
    Object.assign(ring.style, {
        position: "fixed", zIndex: 99, pointerEvents: "none",
        width: "52px", height: "52px", borderRadius: "50%",
        border: "4px solid #fff", background: "rgb(230 120 40 / .6)", boxShadow: "0 0 8px rgb(0 0 0 / .6)",
        left: `${box.x + box.width / 2 - 30}px`, top: `${box.y + box.height / 2 - 30}px`,
    });
    document.body.append(ring);
}"""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with product() as up, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.ready(), args=["--no-sandbox"])
        Screens(browser, up).take()
        Film(browser, up).take()
        browser.close()
    sizes = {path.name: path.stat().st_size for path in sorted(FOLDER.iterdir())}
    sys.stdout.writelines(f"{size / 1000:7.0f} KB  {name}\n" for name, size in sizes.items())
    if sum(sizes.values()) > MOST_BYTES or sizes["loop.webp"] > MOST_FILM:
        sys.exit(f"too large: {sum(sizes.values()) / 1000:.0f} KB in all")


class Running:
    """The product, and the gateway that it asks."""

    def __init__(self, up: Up, gateway: Sandbox) -> None:
        self.up, self._gateway = up, gateway
        self.address = up.address

    def takes(self, seconds: float) -> None:
        """How long a generation takes from now on."""
        address = f"{self._gateway.url}/_sandbox/latency"
        httpx.post(address, json={"generations": seconds}, headers=WITH_KEY).raise_for_status()


@contextmanager
def product() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="screens-") as name, Sandbox(Path(name) / "gateway") as gateway:
        given = {"LLMTR_BASE_URL": gateway.url, "LLMTR_API_KEY": "llmtr-sandbox", "SITE_NAME": "Tryon"}
        with Up(Path(name) / "data", **STAFF, **given) as up:
            until(lambda: "Ctrl-C stops." in up.output or up.process.poll() is not None, 180, "ready")
            running = Running(up.ready(), gateway)
            # The first page is to be as it is a minute later: with its small copies made.
            until(lambda: up.rows("SELECT count(*) FROM tryon_reference WHERE small = ''") == [(0,)], 90)
            yield running


# What is done on the pages ---------------------------------------------------------------------------
def choose(page: Page, *garments: str) -> None:
    page.get_by_role("radio", name=PERSON).check()
    for garment in garments:
        page.get_by_role("checkbox", name=garment, exact=True).check()


def go(page: Page) -> None:
    page.get_by_role("button", name="Try it on", exact=True).click()
    page.wait_for_url(re.compile(r"/tryons/"))


def wait_for_work(page: Page) -> None:
    expect(page.locator("main[data-state=working] .steps .is-now", has_text="Being made")).to_be_visible()


def wait_for_look(page: Page) -> None:
    """The picture is there and painted, in its sharp copy."""
    expect(page.locator("main[data-state=finished]")).to_be_attached(timeout=30_000)
    expect(page.locator(".stage.is-painted")).to_be_attached()
    until(lambda: page.locator("img.after").evaluate("each => each.decode().then(() => true)"), 30)


def still(page: Page) -> bytes:
    """What is seen, once it is all there and nothing moves."""
    page.wait_for_function(SEEN)
    page.evaluate(SETTLED)
    return page.screenshot()


def save(name: str, content: bytes, **options: object) -> None:
    """As WebP with the mark of what made it."""
    file = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("RGB").save(file, "WEBP", quality=80, method=6, **options)
    write(name, file.getvalue())


def write(name: str, webp: bytes) -> None:
    (FOLDER / name).write_bytes(marked_bytes(webp, Mark("digitalCreation", CAPTION)))


class Screens:
    """Each page once, in the sizes and colours in which it says something new."""

    def __init__(self, browser: Browser, running: Running) -> None:
        self._browser, self._running = browser, running

    def take(self) -> None:
        phone = self._page(**PHONE)
        phone.goto("/")
        self._shoot(phone, "studio", "phone-light")
        choose(phone, "Light blue shirt", "Wide wool trousers")
        phone.locator("#garment-card").evaluate("each => each.scrollIntoView()")
        self._shoot(phone, "shelf", "phone-light")
        self._running.takes(WORKING)
        go(phone)
        wait_for_work(phone)
        self._shoot(phone, "waiting", "phone-light")
        wait_for_look(phone)
        self._running.takes(0)
        self._compare(phone)
        self._shoot(phone, "mirror", "phone-light", "phone-dark")
        self._next(phone, "Red wrap dress")
        dressed = phone.url
        self._next(phone, "Breton top")
        phone.locator("#looks-title").scroll_into_view_if_needed()
        self._shoot(phone, "next", "phone-light")

        desktop = self._page(**DESKTOP, storage_state=phone.context.storage_state())
        desktop.goto(dressed)
        wait_for_look(desktop)
        self._compare(desktop)
        self._shoot(desktop, "mirror", "desktop-light", "desktop-dark")
        desktop.goto("/gallery/")
        self._shoot(desktop, "gallery", "desktop-light")
        self._share(desktop)

        newcomer = self._page(**DESKTOP)
        newcomer.goto("/")
        self._shoot(newcomer, "studio", "desktop-light", "desktop-dark")

    def _page(self, **options: object) -> Page:
        context = self._browser.new_context(
            base_url=self._running.address,
            reduced_motion="reduce",
            **options,
        )
        return context.new_page()

    def _shoot(self, page: Page, name: str, *ways: str) -> None:
        for way in ways:
            page.emulate_media(color_scheme="dark" if way.endswith("dark") else "light")
            save(f"{name}-{way}.webp", still(page))

    def _compare(self, page: Page) -> None:
        page.get_by_role("button", name="Half").click()
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")

    def _next(self, page: Page, garment: str) -> None:
        """The next look of the same person."""
        was = page.url
        page.get_by_role("region", name="Try on next").get_by_role("button", name=garment).click()
        page.wait_for_function("was => location.href !== was", arg=was)
        wait_for_look(page)

    def _share(self, shopper: Page) -> None:
        """Approved by staff, and opened by somebody who was given the link."""
        staff = self._page(**DESKTOP)
        sign_in(staff)
        staff.goto("/admin/gallery/image/")
        staff.locator("#action-toggle").check()
        staff.locator("select[name=action]").select_option("approve")
        staff.get_by_role("button", name="Go", exact=True).click()
        expect(staff.locator(".messagelist")).to_contain_text("approved")
        pictures = shopper.locator("main a[href^='/gallery/'][href$='/']:has(img)")
        ids = [link.get_attribute("href").split("/")[2] for link in pictures.all()[:2]]
        shopper.goto("/links/?" + "&".join(f"images={each}" for each in ids))
        shopper.get_by_label("Title").fill("For the wedding?")
        shopper.get_by_role("button", name="Make the link").click()
        address = shopper.get_by_role("textbox", name="Link").input_value()
        friend = self._page(**PHONE)
        friend.goto(address)
        friend.wait_for_url(re.compile(r"/shared/"))
        self._shoot(friend, "shared", "phone-light")


class Film:
    """Choose, try on, compare, next garment: stills with a time each, and a ring where a finger presses."""

    def __init__(self, browser: Browser, running: Running) -> None:
        context = browser.new_context(base_url=running.address, reduced_motion="reduce", **FILM)
        self._page, self._running = context.new_page(), running
        self._frames: list[Image.Image] = []
        self._times: list[int] = []

    def take(self) -> None:
        page = self._page
        page.goto("/")
        self._keep(1300)
        page.locator("#person-card").evaluate("each => each.scrollIntoView()")
        self._press(page.get_by_role("radio", name=PERSON))
        self._press(page.get_by_role("checkbox", name="Light blue shirt", exact=True))
        self._running.takes(WORKING)
        self._press(page.get_by_role("button", name="Try it on", exact=True), 0)
        page.wait_for_url(re.compile(r"/tryons/"))
        self._wait()
        self._compare()
        next_looks = page.get_by_role("region", name="Try on next")
        self._press(next_looks.get_by_role("button", name="Red wrap dress"), 0)
        self._wait()
        self._write()

    def _press(self, target: Locator, milliseconds: int = 600) -> None:
        """Shown for a moment before, and after it for so long."""
        label = target.locator("xpath=ancestor::label")
        shown = label if label.count() else target
        shown.evaluate(TO_SIGHT)
        self._keep(350)
        shown.evaluate(TOUCH)
        self._keep(350)
        self._page.evaluate("document.getElementById('touch').remove()")
        target.click()
        if milliseconds:
            self._keep(milliseconds)

    def _wait(self) -> None:
        wait_for_work(self._page)
        self._keep(1000)
        wait_for_look(self._page)
        self._page.locator(".stage").evaluate(TO_SIGHT)
        self._keep(1300)

    def _compare(self) -> None:
        slider = self._page.get_by_role("slider", name="Before and after")
        for value in (*range(10, 101, 15), *range(85, -1, -15), 0):
            slider.fill(str(value))
            self._keep(110)

    def _keep(self, milliseconds: int) -> None:
        self._frames.append(_captioned(Image.open(io.BytesIO(still(self._page))).convert("RGB")))
        self._times.append(milliseconds)

    def _write(self) -> None:
        file, (first, *others) = io.BytesIO(), self._frames
        options = {"duration": self._times, "loop": 0, "quality": 75, "method": 6}
        first.save(file, "WEBP", save_all=True, append_images=others, **options)
        write("loop.webp", file.getvalue())


def _captioned(picture: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (picture.width, picture.height + STRIP), "#16302a")
    whole.paste(picture)
    font = ImageFont.load_default(17)
    place = (whole.width // 2, picture.height + STRIP // 2)
    ImageDraw.Draw(whole).text(place, CAPTION, fill="white", font=font, anchor="mm")
    return whole


if __name__ == "__main__":
    main()
