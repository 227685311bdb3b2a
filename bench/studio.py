"""A person in a real browser who chooses, presses the button and waits, and never hesitates."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from bench.photos import Pair
from tests import chromium

MARKS = Path(__file__).with_name("marks.js")
OPTIONS = ["--disable-dev-shm-usage", "--no-sandbox", "--disable-background-networking"]
EXPECTED_SECONDS = 60  # on top of the gateway's own
WORD = "bench "  # begins the one line of the console that is ours
PRESS = "document.querySelector('[data-go]').click()"
# The first of each row is the photo that was used last.
CHOOSE_AGAIN = """() => {
  for (const first of ["input[name=person_reference]", "[data-tile]"]) document.querySelector(first).click();
}"""
TICK = "document.getElementById('consent').click()"
PREPARE = "(note) => { document.getElementById('note').value = note; }"


@dataclass(frozen=True)
class Seen:
    """Wall times in seconds of what happened in the page, bytes of the picture, questions asked for it."""

    began: float
    asked: float
    told: float
    loaded: float
    decoded: float
    size: int
    questions: int


class Studio:
    def __init__(self, page: Page, latency: float) -> None:
        self._page = page
        self._patience = (latency + EXPECTED_SECONDS) * 1000

    def with_new_photos(self, photos: Pair, note: str) -> Seen:
        def choose() -> None:
            for field, photo in (("person", photos.person), ("garment", photos.garment)):
                self._page.locator(f"input[type=file][name={field}]").set_input_files(photo)
            self._page.evaluate(TICK)

        return self._try_on(choose, note)

    def with_known_photos(self, note: str) -> Seen:
        return self._try_on(lambda: self._page.evaluate(CHOOSE_AGAIN), note)

    def _try_on(self, choose: Callable[[], None], note: str) -> Seen:
        self._page.goto("/")
        self._page.evaluate(PREPARE, note)
        with self._page.expect_console_message(_is_ours, timeout=self._patience) as told:
            choose()
            self._page.evaluate(PRESS)
        marks = json.loads(told.value.text.removeprefix(WORD))
        times = {name: marks[name] / 1000 for name in ("began", "asked", "told", "loaded", "decoded")}
        return Seen(**times, size=marks["size"], questions=marks["questions"])


def _is_ours(message: ConsoleMessage) -> bool:
    return message.text.startswith(WORD)


@contextmanager
def opened(address: str, latency: float) -> Iterator[Studio]:
    """The studio in a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.found(), args=OPTIONS)
        context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
        context.add_init_script(path=MARKS)
        yield Studio(context.new_page(), latency)
        context.close()
        browser.close()
