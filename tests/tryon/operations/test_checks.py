"""What `manage.py check` says about settings: silent when they are right, in words when they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.checks import run_checks

from tests import forks
from tests.asking import signed_in
from tests.factories import make_user
from tests.live import ROOT
from tests.tryon.making import accepted, only_generation
from tryon.operations.checks import machines_share_what_they_must, settings_are_safe
from tryon.operations.settings_rules import RULES, is_local
from tryon.pipeline import run
from tryon.pipeline.gateway_client import _client as gateway_client

TOKEN = "0123456789abcdef01234567"
PRODUCTION = {
    "SECRET_KEY": "an ample and quite unlikely text, made of 0123456789 and all letters",
    "SITE_URL": "https://try.example.com",
    "CLIENT_IP_HEADER": "X-Real-IP",
    "DATABASE_URL": "postgres://tryon:secret-word@127.0.0.1:9/tryon",
    "REDIS_URL": "redis://redis:6379/0",
    "LLMTR_API_KEY": "sk-0123456789",
    "EMAIL_URL": "smtp+tls://mail:word@mail.example.com:587",
    "MEDIA_ACCEL": "/protected/",
    "METRICS_TOKEN": TOKEN,
    "GUESTS": "1",
    "SIGNUP": "open",
}


def checked(data: Path, *options: str, **env: str) -> tuple[int, str]:
    """`manage.py check` as the operator runs it, with these settings alone."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = ["manage.py", "check", "--fail-level", "WARNING", *options]
    told = forks.run(command, keep | {"ENV_FILE": "", "DATA_DIR": str(data)} | env)
    return told.returncode, told.stdout + told.stderr


@pytest.mark.processes
def test_right_settings_of_a_server_pass_every_check_for_deployment(tmp_path):
    # Two checks of Django's ask for what is the operator's to promise: HSTS for other names, and for ever.
    assert checked(tmp_path, "--deploy", **PRODUCTION) == (0, SILENCE.replace("0", "2"))


SILENCE = "System check identified no issues (0 silenced).\n"


@pytest.mark.processes
@pytest.mark.parametrize(
    "given",
    [
        {"LLMTR_API_KEY": "llmtr-sandbox", "LLMTR_BASE_URL": "http://127.0.0.1:9"},
        {"LLMTR_API_KEY": "sk-0123456789"},
    ],
)
def test_the_one_command_is_not_bothered(tmp_path, given):
    (tmp_path / "secret_key").write_text("made by the one command 0123456789 0123456789 abc")
    ours = {"GUESTS": "1", "SIGNUP": "open", "REDIS_URL": f"unix://{tmp_path}/run/broker.sock"}

    assert checked(tmp_path, STATIC_ROOT=str(tmp_path / "static"), **ours, **given) == (0, SILENCE)


@pytest.mark.processes
def test_an_origin_without_its_scheme_is_told(tmp_path):
    code, told = checked(tmp_path, **PRODUCTION, CSRF_TRUSTED_ORIGINS="try.example.com")

    assert code == 1
    assert "must start with a scheme" in told


@pytest.fixture
def right(settings, monkeypatch):
    """The settings of a server where nothing is to be said."""
    settings.SITE_URL = "https://try.example.com"
    settings.CSRF_TRUSTED_ORIGINS = [settings.SITE_URL]
    settings.ALLOWED_HOSTS = ["try.example.com"]
    settings.HTTPS, settings.SENDS_MAIL = True, True
    settings.CLIENT_IP_HEADER = "X-Real-IP"
    settings.SECRET_KEY_GIVEN = PRODUCTION["SECRET_KEY"]
    settings.LLMTR_API_KEY, settings.SANDBOX = "sk-0123456789", False
    settings.LLMTR_BASE_URL = "https://llmtr.com"
    settings.PICTURES_PER_DAY_GUEST, settings.SPEND_PER_DAY = 10, 5
    settings.STAFF_MFA = "required"
    settings.REDIS_URL = "redis://redis:6379/0"
    on_postgresql = settings.DATABASES["default"] | {"ENGINE": "django.db.backends.postgresql"}
    monkeypatch.setitem(settings.DATABASES, "default", on_postgresql)
    assert told() == []
    return settings


def told() -> list[str]:
    return [f"{message.id} {message.msg}" for message in settings_are_safe()]


BROKEN = {
    "E010": {"DEBUG": True},
    "E011": {"SENTRY_DSN": "https://key@sentry.example/1"},
    "E012": {"INTENT_LEASE_SECONDS": 180},
    "E013": {"CLAIM_LEASE_SECONDS": 60},
    "E014": {"LOG_FORMAT": "xml"},
    "E015": {"MEDIA_ROOT": ROOT / "static/media"},
    "E016": {"METRICS_TOKEN": "short"},
    "E017": {"SWEEP_SECONDS": 0},
    "E018": {"FILE_MARGIN_HOURS": 168},
    "E019": {"MEDIA_ACCEL": "protected"},
    "E020": {"LLMTR_API_KEY": "two words"},
    "E021": {"ALLOWED_HOSTS": ["https://try.example.com"]},
    "W010": {"ALLOWED_HOSTS": ["*"]},
    "E022": {"SITE_URL": ""},
    "E023": {"SITE_URL": "http://try.example.com"},
    "W011": {"HTTPS": False, "SITE_URL": "http://try.example.com"},
    "W012": {"ALLOWED_HOSTS": ["127.0.0.1", "localhost"]},
    "W013": {"SECRET_KEY_GIVEN": "letmein"},
    "W014": {"SANDBOX": True, "LLMTR_BASE_URL": "http://sandbox:8080"},
    "W015": {"SANDBOX": True},
    "W016": {"SPEND_PER_DAY": None, "SPEND_PER_MONTH": None},
    "W017": {"PICTURES_PER_DAY_GUEST": None},
    "W018": {"CSRF_TRUSTED_ORIGINS": ["http://try.example.com"]},
    "W019": {"SENDS_MAIL": False},
    "W020": {"ENGINE": "django.db.backends.sqlite3"},
    "W021": {"LLMTR_BASE_URL": "http://gateway.example.com"},
    "W022": {"CLIENT_IP_HEADER": ""},
    "W030": {"SIGNUP": "closed"},
    "W032": {"STAFF_MFA": "optional"},
    "W023": {"EMPTY_CAPS": ["SPEND_PER_DAY"]},
    "W028": {"DATA_DIR": ROOT},
}


@pytest.mark.parametrize(("number", "changes"), BROKEN.items())
def test_each_unsafe_setting_is_named_with_what_to_do(right, monkeypatch, number, changes):
    if number == "E011":
        monkeypatch.setattr("tryon.operations.settings_rules.find_spec", lambda name: None)
    for name, value in changes.items():
        if name == "ENGINE":
            monkeypatch.setitem(right.DATABASES["default"], name, value)
        else:
            setattr(right, name, value)
    found = {message.id.removeprefix("tryon."): message for message in settings_are_safe()}

    assert number in found
    assert set(found) <= {number} | ({"W014"} if number == "W015" else set())
    assert found[number].hint.endswith(".")


def test_a_folder_that_belongs_to_somebody_else_is_named(right):
    right.SEATS_DIR = "/"
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(65534)
        found = told()
    finally:
        if is_root:
            os.seteuid(0)
    assert "tryon.W027 This user may not write into /" in "".join(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"LLMTR_BASE_URL": url}
        for url in (
            "llmtr.com",
            "ftp://llmtr.com",
            "https://llmtr.com?key=secret-word",
            "https://u:secret-word@h",
        )
    ]
    + [{"LLMTR_API_KEY": key} for key in ("Bearer secret-word", "secret-word\u200b")],
)
def test_a_key_or_an_address_that_the_client_refuses_is_told_without_it(right, changes):
    for name, value in changes.items():
        setattr(right, name, value)
    [found] = told()
    assert found.startswith("tryon.E020 LLMTR_BASE_URL, LLMTR_API_KEY or the proxy")
    assert "secret-word" not in found


@pytest.mark.parametrize("proxy", ["socks://secret-word@h", "ftp://h", "http://a..b:1", "http://h:99999"])
def test_a_proxy_that_the_client_refuses_is_told_without_its_password(right, monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    gateway_client.cache_clear()
    [found] = told()
    assert "the proxy in the environment" in found
    assert "secret-word" not in found


def test_a_leftover_empty_cap_is_told_by_its_name(right):
    right.EMPTY_CAPS = ["SPEND_PER_DAY", "SPEND_PER_MONTH"]
    [found] = told()
    assert found.endswith(": SPEND_PER_DAY, SPEND_PER_MONTH")


def test_every_rule_is_tried_here():
    assert {f"{rule.kind.__name__[0]}0{rule.number}" for rule in RULES} == {*BROKEN, "W026", "W027"}


@pytest.mark.parametrize(
    ("given", "meant"),
    [("LLMTR_API_KY", "LLMTR_API_KEY"), ("SPEND_PER_DAYS", "SPEND_PER_DAY"), ("guests", "GUESTS")],
)
def test_a_mistyped_name_is_told_with_the_setting_that_it_is_like(right, monkeypatch, given, meant):
    monkeypatch.setenv(given, "a secret word")
    assert told() == [
        f"tryon.W026 The environment has what is no setting, and nearly one: {given} (is it {meant}?)"
    ]


@pytest.mark.parametrize(
    "given", ["SECRET_KEY_FILE", "HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY", "GIT_AUTHOR_NAME"]
)
def test_a_name_of_somebody_else_is_not_told(right, monkeypatch, given):
    monkeypatch.setenv(given, "")
    assert told() == []


def test_the_rules_are_among_djangos_own_checks(right):
    right.DEBUG = True

    assert "tryon.E010" in [message.id for message in run_checks(tags=["security"])]


def test_every_rule_is_explained_to_operators():
    explained = (ROOT / "docs/operations.md").read_text()

    assert [number for number in BROKEN if f"tryon.{number}" not in explained] == []


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("[::1]", True),
        ("localhost", True),
        ("a.localhost", True),
        ("10.0.0.7", False),
        (".x.org", False),
    ],
)
def test_only_this_machines_own_names_are_local(host, local):
    assert is_local(host) is local


# Several machines ---------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_pictures_that_rest_on_another_machine_are_told(gateway, settings, tmp_path):
    run.run_generation(only_generation(accepted(make_user("ana"))).pk)
    assert machines_share_what_they_must() == []

    settings.MEDIA_ROOT = tmp_path / "the disk of a second machine"

    [found] = machines_share_what_they_must()
    assert (found.id, found.msg[:12]) == ("tryon.W024", "1 of the new")


@pytest.mark.django_db
def test_a_machine_that_signs_with_a_key_of_its_own_is_told(settings):
    signed_in(make_user("ana"))
    assert machines_share_what_they_must() == []

    settings.SECRET_KEY = "that of a second machine, made by itself"

    [found] = machines_share_what_they_must()
    assert found.id == "tryon.W025"
