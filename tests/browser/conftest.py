"""The product that a real browser is shown, and the people who look at it.

No error may reach the console (that is the test of the Content-Security-Policy too), and axe finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
)

from tests.browser.pages import STAFF, is_error
from tests.live import WITH_KEY
from tests.up import Up, placed


@pytest.fixture(scope="package")
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


@pytest.fixture
def slow_gateway(product: Up) -> Iterator[None]:
    """Four seconds in which a page waits for a call that was sent."""
    port = re.search(r"--port (\d+)", product.processes()[product.child("tryon.sandbox")])[1]
    address = f"http://127.0.0.1:{port}/_sandbox/latency"
    usual = httpx.get(address, headers=WITH_KEY).json()
    httpx.post(address, json={"generations": 4}, headers=WITH_KEY).raise_for_status()
    yield
    httpx.post(address, json=usual, headers=WITH_KEY).raise_for_status()
