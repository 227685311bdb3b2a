"""How a shopper hears that something is ready: the browser's notification, the title, a badge, a mail."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from playwright.sync_api import (
    Browser,
    Page,
    expect,
)

from gallery.models import RejectionReason
from tests.asking import signed_in
from tests.browser.pages import DESKTOP, HIDE, PHONE, asked_while_sent, look, wait_for_end
from tests.factories import make_image, make_user
from tryon.models import Mail, Notification
from tryon.pipeline.notifications import batches

pytestmark = [pytest.mark.browser, pytest.mark.processes(40)]

# What the page shows by the browser's own constructor.
RECORDED = """
    window.shown = [];
    window.Notification = class extends Notification {
        constructor(title, options) { super(title, options); window.shown.push([title, options.body]); }
    };
"""
REFUSES = """
    let permission = sessionStorage.permission ?? "default";
    Object.defineProperty(Notification, "permission", {get: () => permission});
    Notification.requestPermission = async () => (sessionStorage.permission = permission = "denied");
"""
BUTTON = "Tell me when it is ready"


SIZES = pytest.mark.parametrize(
    ("size", "options"), [("phone", PHONE), pytest.param("desktop", DESKTOP, marks=pytest.mark.proof)]
)


def badge(page: Page):
    return page.get_by_role("link", name=re.compile(r"^Gallery \d+ new$"))


def test_a_page_that_nobody_sees_is_told_of_by_a_notification_the_title_and_a_badge(
    someone, slow_gateway
) -> None:
    page = someone(answers=["sendAbort", "afterRequest"], **DESKTOP)
    page.context.grant_permissions(["notifications"])
    page.add_init_script(RECORDED)
    asked_while_sent(page)
    button = page.get_by_role("button", name=BUTTON)
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".tell-me")).to_contain_text("as long as a page of this site is open")
    look(page, "tell-me-desktop")

    page.evaluate(HIDE, True)
    page.wait_for_function("() => window.shown.length", timeout=30_000)
    assert page.evaluate("() => window.shown") == [["Your picture is ready", "Tryon"]]
    assert page.title().startswith("Your picture is ready")

    other = page.context.new_page()
    other.goto("/wardrobe/")
    expect(badge(other)).to_have_count(1)
    with page.expect_response(lambda answer: "shown=1" in answer.url):
        page.evaluate(HIDE, False)
    other.reload()
    expect(other.get_by_role("link", name="Gallery", exact=True)).to_be_visible()

    page.goto("/?mode=imagine")
    asked_while_sent(page)
    expect(page.get_by_role("button", name=BUTTON)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name=BUTTON).click()
    wait_for_end(page)
    assert page.evaluate("() => window.shown") == [], "it was pressed once more, and somebody looks"
    expect(page.get_by_role("button", name=BUTTON)).to_be_hidden()


def test_an_open_page_learns_of_a_picture_that_is_ordered_and_ends_elsewhere(someone, slow_gateway) -> None:
    gallery = someone(**PHONE)
    gallery.goto("/gallery/")
    other = gallery.context.new_page()
    asked_while_sent(other)
    expect(gallery.locator("#news[data-tickets]")).to_be_attached()
    asked: list[str] = []
    gallery.on("request", lambda request: asked.append(request.url))
    other.goto("/privacy/")
    expect(gallery.get_by_role("status")).to_contain_text("A new picture is here", timeout=15_000)
    for page in (gallery, other):
        expect(badge(page)).to_have_text("Gallery 1 new")
    expect(gallery).to_have_title(re.compile(r"^\(1\) Gallery · "))
    assert len(asked) <= 2, "it was told, and had not to ask"
    look(gallery, "gallery-came-phone")
    gallery.get_by_role("link", name="Show it").click()
    expect(gallery.get_by_role("heading", name="Here it is")).to_be_visible()
    expect(badge(gallery)).to_have_count(0)


@pytest.mark.proof
def test_who_asked_for_it_is_notified_by_any_page_and_once(someone, slow_gateway) -> None:
    wardrobe = someone(**DESKTOP)
    wardrobe.context.grant_permissions(["notifications"])
    wardrobe.context.add_init_script(RECORDED)
    maker = wardrobe.context.new_page()
    asked_while_sent(maker)
    maker.get_by_role("button", name=BUTTON).click()
    wardrobe.goto("/wardrobe/")
    maker.goto("/privacy/")
    wardrobe.evaluate(HIDE, True)
    wardrobe.wait_for_function("() => window.shown.length", timeout=30_000)
    assert wardrobe.evaluate("window.shown") == [["A new picture is here", "Tryon"]]
    assert wardrobe.title().startswith("(1) Wardrobe")
    assert maker.evaluate("window.shown") == [], "there somebody looks"


@pytest.mark.proof
def test_a_page_that_comes_back_by_the_back_button_says_what_is_new_by_then(at_home) -> None:
    ana = member()
    page = at_home(ana, **DESKTOP)
    page.goto("/wardrobe/")
    make_image(ana).approve(make_user(is_staff=True))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(badge(page)).to_have_text("Gallery 1 new")


@pytest.mark.proof
def test_a_refusal_is_said_calmly_and_is_remembered(someone, slow_gateway) -> None:
    page = someone(**DESKTOP)
    page.add_init_script(REFUSES)
    asked_while_sent(page)
    button = page.get_by_role("button", name=BUTTON)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".tell-me")).to_contain_text("title tells you too")
    expect(page.locator("#status")).to_contain_text("title tells you too")
    look(page, "tell-me-refused-desktop")
    page.reload()
    expect(page.locator(".tell-me")).to_contain_text("title tells you too")
    wait_for_end(page)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("options", "without"),
    [(PHONE, ""), pytest.param(DESKTOP, "delete window.Notification", marks=pytest.mark.proof)],
    ids=["phone", "no notifications"],
)
def test_nobody_is_offered_what_would_do_nothing(someone, slow_gateway, options, without) -> None:
    page = someone(**options)
    page.add_init_script(without)
    asked_while_sent(page)
    expect(page.get_by_text("Your picture is on its way").first).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    look(page, f"tell-me-{'phone' if options is PHONE else 'none'}")
    wait_for_end(page)


# Pages of accounts, where mail is sent ------------------------------------------------------------------
@pytest.fixture
def at_home(browser: Browser, live_server, settings):
    """A window of somebody who is signed in."""
    settings.SITE_URL = live_server.url
    contexts = []

    def window(user, **options) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        cookie = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return context.new_page()

    yield window
    for context in contexts:
        context.close()


def member():
    user = make_user("ana")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@SIZES
def test_the_badge_counts_what_is_new_until_the_gallery_is_opened(at_home, size, options) -> None:
    ana = member()
    for _ in range(2):
        make_image(ana).approve(make_user(is_staff=True))
    page = at_home(ana, **options)
    page.goto("/wardrobe/")
    expect(badge(page)).to_have_text("Gallery 2 new")
    look(page, f"badge-{size}")
    badge(page).click()
    expect(page.locator(".card .tag", has_text="New")).to_have_count(2)
    expect(badge(page)).to_have_count(0)
    look(page, f"badge-gallery-{size}")


@SIZES
def test_mails_are_chosen_on_a_page_and_ended_by_a_link(at_home, size, options) -> None:
    ana = member()
    page = at_home(ana, **options)
    page.goto("/accounts/settings/")
    expect(page.locator("main")).to_contain_text("was approved")
    look(page, f"account-settings-{size}")
    page.get_by_role("link", name="Change which mails you get").click()
    look(page, f"mails-{size}")
    page.get_by_label("was approved").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.locator("main")).not_to_contain_text("was approved")

    make_image(ana).reject(make_user(is_staff=True), RejectionReason.FACE)
    batches.write_mail(ana.pk, Notification.Kind.REJECTED)
    page.goto(Mail.objects.get().unsubscribe_url)
    look(page, f"mails-stop-{size}")
    page.get_by_role("button", name="Stop them").click()
    expect(page.get_by_role("heading", name="No more of these mails")).to_be_visible()
    look(page, f"mails-stopped-{size}")


@SIZES
def test_mails_in_the_shops_look(at_home, live_server, size, options) -> None:
    ana, staff = member(), make_user(is_staff=True)
    page = at_home(ana, **options)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for n in range(12):
        make_image(ana).reject(staff, RejectionReason.values[n % 9], "The hem is another's" * (n == 1))
    there = Client(headers={"host": live_server.url.partition("//")[2]})
    there.post(reverse("account_reset_password"), {"email": ana.email})
    batches.write_mail(ana.pk, Notification.Kind.REJECTED)
    looks = {"rejected": Mail.objects.get().html, "password": mail.outbox[0].alternatives[0].content}
    for name, content in looks.items():
        page.set_content(content)
        look(page, f"mail-{name}-{size}")
    assert not asked, "nothing is fetched"
