"""Sample looks by a site's own model, in a real browser: ordered, checked, and shown to who comes first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import DESKTOP, PHONE, STAFF, look, sign_in
from tests.live import until
from tests.up import Up, placed
from tryon.sandbox.server import Sandbox

pytestmark = [pytest.mark.browser, pytest.mark.processes(60), pytest.mark.proof]

KEY = "llmtr_pays"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, static_root: Path, migrated: Path) -> Iterator[Up]:
    """With a key, which its gateway knows as one."""
    folder = tmp_path_factory.mktemp("looks")
    with Sandbox(folder / "gateway", keys=[KEY]) as gateway:
        key = {"LLMTR_API_KEY": KEY, "LLMTR_BASE_URL": gateway.url}
        with Up(placed(folder / "data", migrated), **STAFF, **key, STATIC_ROOT=str(static_root)) as up:
            yield up.ready()


def test_the_operator_has_the_samples_made_and_who_comes_first_reads_by_whom(someone, product: Up) -> None:
    staff = someone(**DESKTOP)
    sign_in(staff)
    staff.goto("/admin/tryon/site/1/change/")
    staff.get_by_role("link", name="Sample looks").click()
    expect(staff.get_by_text("19 pictures at $0.067, $1.273 in all")).to_be_visible()
    look(staff, "sample-looks")
    staff.get_by_role("button", name="Make 19 sample looks").click()
    expect(staff.get_by_text("19 pictures ordered")).to_be_visible()
    made = "SELECT count(*) FROM tryon_generation WHERE status = 'done'"
    until(lambda: product.rows(made) == [(19,)], 60)

    staff.get_by_role("link", name="Check what came").click()
    staff.locator("#action-toggle").check()
    staff.locator("select[name=action]").select_option("approve")
    staff.get_by_role("button", name="Go", exact=False).click()
    expect(staff.get_by_text("19 approved")).to_be_visible()
    staff.goto("/admin/tryon/site/looks/")
    expect(staff.get_by_text("Approved", exact=True)).to_have_count(19)
    look(staff, "sample-looks-made")

    visitor = someone(**PHONE)
    visitor.goto("/")
    opening, label = visitor.locator(".opening"), re.compile(r"made by .+ on .+ 20\d\d, first try")
    expect(opening.locator("figcaption")).to_have_text(label)
    expect(opening.locator("img.after")).to_have_attribute("alt", label)
    assert opening.locator("img.after").evaluate("each => each.decode().then(() => each.naturalWidth)") > 500
    look(visitor, "opening-made")
    opening.get_by_role("link", name="Denim jacket").click()
    expect(opening.locator("img.after")).to_have_attribute("alt", re.compile("Denim jacket.*first try"))

    staff.get_by_role("button", name="Show the rendered ones").click()
    expect(staff.get_by_text("The first page shows the rendered looks.")).to_be_visible()
    rendered = "3D-rendered example, no AI model made this"
    until(lambda: rendered in (visitor.goto("/") and opening.locator("figcaption").inner_text()), 10)
