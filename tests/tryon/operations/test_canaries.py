"""Secrets put where careless software lets them out: no line and no report holds one."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
import sentry_sdk
import structlog
from django.core import mail
from django.test import Client
from django.urls import reverse
from sentry_sdk.transport import Transport

from gallery.models import ShareLink
from tests.asking import signed_in
from tests.factories import make_image, make_user
from tests.live import ROOT, Worker, until
from tests.tryon.gateway.wire import answer, request_of, serving
from tests.tryon.lines import Lines, everything_logged, speaking_worker, told_by
from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.celery import app as celery_app
from tryon.embedded import web
from tryon.models import Generation
from tryon.operations import logs, sentry
from tryon.operations.environment.reader import Environment
from tryon.pipeline import run
from tryon.pipeline.gateway_client import gateway_client


@pytest.fixture
def lines() -> Iterator[Lines]:
    with everything_logged() as lines:
        yield lines


@pytest.fixture
def speaking(broker, gateway, transactional_db) -> Iterator[Worker]:
    with speaking_worker(broker, gateway) as worker:
        yield worker


class Canaries:
    """Secrets that would be found in any line that told them."""

    key = f"sk-{secrets.token_hex(16)}"
    password = f"pw {secrets.token_hex(12)}"
    email = f"{secrets.token_hex(6)}@canary.example"
    token = secrets.token_urlsafe(32)
    bearer = secrets.token_hex(20)
    cookie = secrets.token_hex(16)
    picture = f"data:image/png;base64,{secrets.token_hex(40)}"

    @classmethod
    def all(cls) -> list[str]:
        mine = [getattr(cls, name) for name in ("key", "password", "email", "token", "bearer", "cookie")]
        return [*mine, cls.picture.partition(",")[2]]

    @classmethod
    def sung(cls) -> str:
        """All of them in one text, as careless software would put them into an error."""
        return (
            f"POST https://x.example/s/{cls.token} authorization: Bearer {cls.bearer} key {cls.key} "
            f"password='{cls.password.split()[1]}' for {cls.email} sent {cls.picture}\n"
            f"Cookie: sessionid={cls.cookie}; csrftoken={cls.cookie}"
        )


def found_in(text: str) -> list[str]:
    return [canary for canary in [*Canaries.all(), Canaries.password.split()[1]] if canary in text]


@pytest.fixture
def keyed(settings) -> None:
    """The site's own key is a canary."""
    settings.LLMTR_API_KEY = Canaries.key
    settings.METRICS_TOKEN = Canaries.bearer


def drive_the_site(owner: User) -> None:
    """Share links with real tokens, log-ins right and wrong, a link of a mail, cookies, odd headers."""
    client = Client()
    for password in (Canaries.password, "wrong " + Canaries.password):
        client.post(reverse("account_login"), {"login": Canaries.email, "password": password})
    client.post(reverse("account_reset_password"), {"email": Canaries.email})
    client.get(f"/accounts/password/reset/key/1-{Canaries.token}/")
    client.get(reverse("share", args=[Canaries.token]) + f"?{Canaries.bearer}")
    client.get(reverse("share_preview", args=[Canaries.token]))
    client.get("/metrics", headers={"Authorization": f"Bearer {Canaries.bearer}"})
    client.get("/readyz", headers={"Cookie": f"visitor={Canaries.cookie}; sessionid={Canaries.cookie}"})
    client.get("/privacy/", headers={"X-Request-Id": Canaries.bearer, "Referer": f"/s/{Canaries.token}"})


def test_no_line_of_the_site_holds_a_secret(lines, keyed, db, settings, monkeypatch):
    monkeypatch.setattr(secrets, "token_urlsafe", lambda *_: Canaries.token)
    owner = User.objects.create_user("ana", Canaries.email, Canaries.password)
    _, token = ShareLink.objects.create_link(owner, [make_image(owner, "approved")], title="")
    assert token == Canaries.token
    drive_the_site(owner)
    # A view that breaks with a token in its address
    monkeypatch.setattr("gallery.sharing.access.by_token", lambda token, request: 1 / 0)
    client = Client(raise_request_exception=False)
    assert client.get(reverse("share", args=[token])).status_code == 500

    assert len(lines.requests()) == 10
    assert "/s/[token]" in lines.text
    assert found_in(lines.text) == []


def accounts_by_mail() -> None:
    """All of which a mail tells: accounts made, passwords forgotten, a new address, a new password."""
    browser = Client(headers={"Authorization": f"Bearer {Canaries.bearer}"})
    browser.cookies["visitor"] = Canaries.cookie
    told = {"email": Canaries.email, "password1": Canaries.password, "password2": Canaries.password}
    for client in (browser, Client()):
        client.post(reverse("account_signup"), told)
    for email in (Canaries.email, f"not-{Canaries.email}"):
        Client().post(reverse("account_reset_password"), {"email": email})
    browser.post(reverse("account_email"), {"action_add": "", "email": f"new-{Canaries.email}"})
    browser.post(
        reverse("account_reauthenticate"),
        {"password": Canaries.password, "next": reverse("account_email")},
    )
    new = {"oldpassword": Canaries.password, "password1": "a new long one", "password2": "a new long one"}
    browser.post(reverse("account_change_password"), new)


def test_no_mail_holds_a_secret_and_no_line_holds_a_mail(lines, keyed, db, capfd):
    accounts_by_mail()

    sent = "\n".join(str(message.message()) for message in mail.outbox)
    assert len(mail.outbox) == 7
    assert found_in(sent) == [Canaries.email]
    keys = set(re.findall(r"(?:confirm-email|password/reset/key)/([^/\s\"]+)/", sent))
    written = lines.text + "".join(capfd.readouterr())
    assert found_in(written) == []
    assert len(keys) == 4
    assert not [key for key in keys if key in written]


def test_where_no_mail_is_set_none_is_written_down(lines, keyed, db, capfd, settings):
    settings.EMAIL_BACKEND = Environment({}).email("EMAIL_URL")["EMAIL_BACKEND"]
    settings.SENDS_MAIL = settings.ACCOUNT_EMAIL_NOTIFICATIONS = False
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    accounts_by_mail()
    mail.send_mail("To " + Canaries.email, Canaries.sung(), "robot@example.com", [Canaries.email])

    assert found_in(lines.text + "".join(capfd.readouterr())) == []


def test_a_gateway_that_quotes_the_key_does_not_bring_it_into_a_line(
    lines, keyed, transactional_db, settings
):
    told = json.dumps({"error": {"message": f"not accepted: {Canaries.sung()}", "type": "auth"}}).encode()

    def refuse(line, wire) -> None:
        request_of(line)
        line.sendall(answer(told, "401 Unauthorized"))

    with serving(refuse) as wire:
        settings.LLMTR_BASE_URL = f"http://127.0.0.1:{wire.port}"
        tryon = accepted(make_user())
        run.run_generation(only_generation(tryon).pk)
        gateway_client().close()

    assert only_generation(tryon).status == Generation.Status.QUEUED
    assert "not accepted" in lines.text
    assert found_in(lines.text) == []


@pytest.mark.parametrize("form", logs.FORMS)
def test_an_exception_that_quotes_everything_is_told_without_it(keyed, form):
    lines, log = Lines(form), logging.getLogger("tests.canary")
    log.addHandler(lines.handler)
    try:
        try:
            raise RuntimeError(Canaries.sung())
        except RuntimeError:
            log.exception("careless: %s", Canaries.sung(), extra={"more": Canaries.sung()})
        structlog.stdlib.get_logger("tests.canary").error(
            Canaries.sung(), deep=[{Canaries.email: Canaries.sung()}]
        )
    finally:
        log.removeHandler(lines.handler)

    assert "RuntimeError" in lines.text
    assert found_in(lines.text) == []


def test_no_line_of_a_worker_holds_a_secret(speaking):
    celery_app.send_task(
        "tryon.tasks.generate", kwargs={"generation_id": Canaries.sung()}, args=[Canaries.sung()]
    )
    celery_app.send_task("tryon.tasks.render", kwargs={"image_id": Canaries.sung()})
    celery_app.send_task("tryon.tasks.nonsense", kwargs={"words": Canaries.sung()}, queue="calls")
    until(lambda: len([line for line in told_by(speaking) if line["level"] == "error"]) >= 3)

    assert [canary for canary in found_in(speaking.log.read_text()) if canary != Canaries.key] == []


@pytest.mark.processes
def test_no_line_of_gunicorn_holds_a_token_whether_it_logs_addresses_or_not(tmp_path):
    log, port = tmp_path / "web.log", free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:tryon.embedded.web",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3",
        "LOG_LEVEL": "DEBUG",
        "SITE_URL": f"http://127.0.0.1:{port}",
    }
    with log.open("wb") as out:
        child = subprocess.Popen(
            [*command, "--access-logfile", "-", "--workers", "1", "tryon.wsgi"],
            cwd=ROOT,
            env=env,
            stdout=out,
            stderr=out,
        )
    try:
        until(lambda: answers(port))
        httpx.get(
            f"http://127.0.0.1:{port}/s/{Canaries.token}", cookies={"visitor": Canaries.cookie}
        )  # no tables: 503
        until(lambda: log.read_text().count("/s/[token]") >= 2)
    finally:
        child.terminate()
        child.wait(30)

    assert '"GET /s/[token] HTTP/1.1" 503' in log.read_text().replace("\\", "")
    assert found_in(log.read_text()) == []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def test_addresses_are_not_logged_twice():
    assert web.accesslog is None


# Sentry -------------------------------------------------------------------------------------------
class Kept(Transport):
    """Keeps what would be sent."""

    sent: list[str] = []

    def capture_envelope(self, envelope) -> None:
        self.sent.append(envelope.serialize().decode(errors="replace"))


@pytest.fixture
def reports(keyed) -> Iterator[list[str]]:
    Kept.sent = []
    sentry.begin("https://0123456789abcdef@sentry.example/1", "tryon@test", Kept)
    yield Kept.sent
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def test_sentry_learns_what_broke_but_no_secret(reports, db, monkeypatch):
    def careless(token: str, request: object) -> None:
        words = Canaries.sung()
        raise RuntimeError(words)

    monkeypatch.setattr("gallery.sharing.access.by_token", careless)
    owner = User.objects.create_user("ana", Canaries.email)
    client = signed_in(owner)
    client.raise_request_exception = False
    logging.getLogger("tests.canary").warning(Canaries.sung())
    client.cookies["visitor"] = Canaries.cookie
    client.get(
        f"/s/{Canaries.token}?q={Canaries.bearer}", headers={"Authorization": f"Bearer {Canaries.bearer}"}
    )
    sentry_sdk.flush()

    assert "RuntimeError" in "".join(reports)
    assert "/s/[token]" in "".join(reports)
    assert found_in("".join(reports)) == []


@pytest.mark.processes
def test_without_a_dsn_nothing_of_sentry_is_loaded():
    code = "import tryon.settings, sys; print(any(name.startswith('sentry') for name in sys.modules))"
    env = {name: value for name, value in os.environ.items() if name != "SENTRY_DSN"}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )

    assert told.stdout == "False\n"
