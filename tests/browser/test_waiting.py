"""A page that waits in a real browser: it is told, or asks by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import (
    Page,
    Request,
)

from tests.browser.pages import DESKTOP, HIDE, asked_while_sent, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]


def held_questions(page: Page) -> set[Request]:
    """Those that the page waits for an answer of, from now on, in a set that follows."""
    held: set[Request] = set()
    page.on("request", lambda request: held.add(request) if "ticket=" in request.url else None)
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: held.discard(request))
    return held


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
    held = held_questions(page)
    asked = asked_while_sent(page)
    while not held:
        page.wait_for_timeout(20)
    with page.expect_event("requestfailed", lambda request: "ticket=" in request.url):
        page.evaluate(HIDE, True)
    asked.clear()
    page.wait_for_timeout(5500)
    assert not asked, "it had been told by now"
    with page.expect_request(lambda request: "ticket=" in request.url):
        page.evaluate(HIDE, False)
    wait_for_end(page)


@pytest.mark.proof
def test_where_no_answer_can_be_held_the_page_asks_by_itself(someone, slow_gateway) -> None:
    page = someone(answers=[503], **DESKTOP)
    page.route("**/status?*ticket=*", lambda route: route.fulfill(status=503))
    asked = asked_while_sent(page)
    wait_for_end(page)
    assert len([url for url in asked if "ticket=" not in url]) >= 2
