"""The second step at the log-in in a real browser: a passkey of a virtual authenticator, an app, codes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.pages import DESKTOP, PHONE, STAFF, look
from tests.nginx import free_port
from tests.up import Up, placed

pytestmark = [pytest.mark.browser, pytest.mark.proof]
PASSWORD = "correct horse battery staple"


def with_authenticator(page: Page) -> None:
    """A platform authenticator such as a fingerprint reader, that always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, static_root: Path, migrated: Path) -> Iterator[Up]:
    """One that is called by a name: passkeys know no numbers."""
    port = free_port()
    data = placed(tmp_path_factory.mktemp("passkeys") / "data", migrated)
    site = {"PORT": str(port), "SITE_URL": f"http://localhost:{port}"}
    with Up(data, **STAFF, STATIC_ROOT=str(static_root), **site) as up:
        yield up.ready()


def local(product: Up) -> str:
    return product.address.replace("127.0.0.1", "localhost").rstrip("/")


def sign_up(page: Page, product: Up, name: str) -> None:
    page.goto(f"{local(product)}/accounts/signup/")
    page.locator("[name=email]").fill(f"{name}@example.com")
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def log_in(page: Page, product: Up, name: str) -> None:
    page.goto(f"{local(product)}/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def give_password_again(page: Page) -> None:
    if page.locator("main [name=password]").count():
        page.locator("main [name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        page.wait_for_load_state()


@pytest.mark.parametrize(
    ("size", "options"), [("phone", PHONE), ("desktop", DESKTOP)], ids=["phone", "desktop"]
)
def test_a_passkey_is_added_and_logs_in(someone, product, size, options):
    page = someone(**options)
    with_authenticator(page)
    sign_up(page, product, f"passkey-{size}")
    page.goto(f"{local(product)}/accounts/2fa/webauthn/add/")
    give_password_again(page)
    look(page, f"passkey-add-{size}")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    look(page, f"recovery-codes-{size}")
    page.goto(f"{local(product)}/accounts/2fa/")
    look(page, f"second-step-{size}")

    page.goto(f"{local(product)}/accounts/logout/")
    page.locator("main form button").first.click()
    log_in(page, product, f"passkey-{size}@example.com")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    look(page, f"second-step-log-in-{size}")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="Account")).to_be_visible()


def test_an_app_is_set_up_by_its_letters_and_works_without_scripts(someone, product):
    page = someone(java_script_enabled=False, **PHONE)
    sign_up(page, product, "app")
    page.goto(f"{local(product)}/accounts/2fa/totp/activate/")
    give_password_again(page)
    secret = re.sub(r"\s", "", page.locator(".secret").text_content())
    page.locator("[name=code]").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".codes li")).to_have_count(10)


def test_the_page_of_the_app_can_be_used_by_everybody(someone, product):
    page = someone(**PHONE)
    sign_up(page, product, "page-of-app")
    page.goto(f"{local(product)}/accounts/2fa/totp/activate/")
    give_password_again(page)
    look(page, "second-step-app")
    page.locator("[name=code]").fill("000000")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    look(page, "second-step-app-wrong")


def test_the_pages_of_staff_can_be_used_by_everybody(someone, product):
    page = someone(**PHONE)
    page.goto(f"{local(product)}/accounts/login/")
    page.locator("[name=login]").fill(STAFF["DJANGO_SUPERUSER_USERNAME"])
    page.locator("[name=password]").fill(STAFF["DJANGO_SUPERUSER_PASSWORD"])
    page.locator("main form button").first.click()
    for name, path in (
        ("home", ""),
        ("garments", "tryon/housegarment/"),
        ("drop", "tryon/housegarment/drop/"),
    ):
        page.goto(f"{local(product)}/admin/{path}")
        look(page, f"admin-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
