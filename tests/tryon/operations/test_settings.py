"""Settings as the operator meets them."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import forks
from tests.live import ROOT
from tryon.operations.checks import settings_are_complete

READ = re.compile(r'env\.(\w+)\(\s*"([A-Z_]+)"')
KINDS = {name: kind for kind, name in READ.findall((ROOT / "tryon/settings.py").read_text())}
UNSEEN = "Zz9-canary"
TEXTS = ("text", "secret", "path", "is_left_empty")


def test_every_setting_is_explained_in_the_example_file() -> None:
    read = set(KINDS) - {"ENV_FILE"}
    explained = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - explained == set()
    elsewhere = {name for name in explained if name.startswith("DJANGO_SUPERUSER_")}
    assert explained - read == elsewhere


@pytest.fixture
def read(tmp_path) -> Iterator[Callable[..., dict]]:
    """What settings.py makes of an environment that is nothing but this; it puts there what a file says."""
    before = dict(os.environ)

    def run(**environment: str) -> dict:
        os.environ.clear()
        kept = {name: before[name] for name in ("PATH", "HOME") if name in before}
        os.environ.update(kept | {"ENV_FILE": "", "DATA_DIR": str(tmp_path)} | environment)
        return runpy.run_path(str(ROOT / "tryon/settings.py"))

    yield run
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind not in TEXTS])
def test_a_setting_in_no_spelling_stops_the_start_by_its_name_and_not_by_its_value(read, name):
    more = {"MEDIA_S3_BUCKET": "b"} if name.startswith("MEDIA_S3") else {}
    more |= {"DATABASE_URL": "postgres://h/db"} if name == "DATABASE_POOL" else {}
    with pytest.raises(SystemExit) as told:
        read(**more | {name: f"{UNSEEN} 3m;"})
    assert str(told.value).startswith(f"{name} ")
    assert UNSEEN not in str(told.value)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "DATA_DIR"])
def test_an_empty_setting_is_one_that_is_not_set(read, name):
    told = read()
    empty = read(**{name: ""})
    unlike = {key for key, value in told.items() if key.isupper() and empty[key] != value}
    assert unlike - {"SECRET_KEY", "EMPTY_CAPS"} == set()


@pytest.mark.parametrize("name", ["a#b", "a?b", "a%41b", "a+b", "a b", "😀", "file:a", "a%", "sqlite://"])
def test_a_data_folder_of_any_name_holds_its_own_database(read, tmp_path, name):
    told = read(DATA_DIR=str(tmp_path / name))
    assert told["DATABASES"]["default"]["NAME"] == str(tmp_path / name / "tryon.sqlite3")
    assert told["MEDIA_ROOT"] == tmp_path / name / "media"


def test_a_file_of_settings_that_is_named_must_be_there(read, tmp_path):
    with pytest.raises(SystemExit, match=r"^ENV_FILE names a file that cannot be read"):
        read(ENV_FILE=str(tmp_path / UNSEEN))


def test_prices_are_shown_to_accounts_by_default_where_pictures_cost_something(read):
    shown = [read(LLMTR_API_KEY=key)["SHOW_PRICES"] for key in ("sk-1", "llmtr-sandbox")]
    assert shown == [True, False]
    assert read(LLMTR_API_KEY="sk-1", SHOW_PRICES="0")["SHOW_PRICES"] is False


def test_caps(read):
    caps = ("PICTURES_PER_DAY_GUEST", "PICTURES_PER_DAY_ACCOUNT", "SPEND_PER_DAY", "SPEND_PER_MONTH")
    told = read(LLMTR_API_KEY="sk-1", **dict(zip(caps, ["3", "none", "", "2.5"], strict=True)))
    assert [str(told[name]) for name in caps] == ["3", "None", "5", "2.5"]  # never "3.0" pictures
    assert told["EMPTY_CAPS"] == ["SPEND_PER_DAY"]


@pytest.mark.parametrize(
    ("url", "proof"),
    [("", "none"), ("dummymail://", "none"), ("smtp+tls://a:b@mail.example.com", "optional")],
)
def test_where_mail_works_an_account_has_to_prove_its_address(read, url, proof):
    told = read(EMAIL_URL=url)
    assert (told["ACCOUNT_EMAIL_VERIFICATION"], told["ACCOUNTS_NEED_PROOF"]) == (proof, proof == "optional")


@pytest.mark.parametrize("share", ["1.01", "-0.1", "50%", "none"])
def test_a_share_that_is_no_part_of_one_stops_the_start(read, share):
    with pytest.raises(SystemExit, match=r"^GUESTS_SHARE is not a number from 0 to 1"):
        read(GUESTS_SHARE=share)


def test_caps_by_address_come_with_a_real_key(read):
    names = ("PICTURES_PER_HOUR_ADDRESS", "PICTURES_PER_DAY_ADDRESS", "GUESTS_SHARE")
    real, sandbox = read(LLMTR_API_KEY="sk-1"), read(LLMTR_API_KEY="llmtr-sandbox")
    assert [real[name] for name in names] == [20, 60, 0.5]
    assert [sandbox[name] for name in names] == [None, None, 0.5]


def test_the_example_file_starts_with_every_line_uncommented(read, tmp_path):
    whole = re.sub(r"(?m)^#(?=[A-Z_]+=)", "", (ROOT / ".env.example").read_text())
    (tmp_path / "env").write_text(whole)
    told = read(ENV_FILE=str(tmp_path / "env"), LLMTR_API_KEY="sk-1")
    unset = read(LLMTR_API_KEY="sk-1", PORT="8000")  # which is the default of those that listen themselves
    unlike = {key for key, value in unset.items() if key.isupper() and told[key] != value}
    assert unlike - {"SECRET_KEY", "DELETIONS_LOG"} == set()


@pytest.mark.processes(12)
@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "up"],
        ["-m", "gunicorn", "-c", "python:tryon.embedded.web", "--bind", "127.0.0.1:0", "tryon.wsgi"],
        ["-m", "celery", "-A", "tryon.celery", "worker"],
    ],
)
def test_whatever_is_started_says_one_line(tmp_path, command):
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    said = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=keep | {"ENV_FILE": "", "DATA_DIR": str(tmp_path), "GENERATION_SECONDS": f"3m{UNSEEN}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode != 0
    lines = [line for line in (said.stdout + said.stderr).splitlines() if not line.startswith("[")]
    assert len(lines) == 1
    assert lines[0].startswith("GENERATION_SECONDS is not a number from ")
    assert UNSEEN not in said.stdout + said.stderr


@pytest.mark.processes
def test_the_real_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("SITE_NAME=from the file\nREVIEW=after_sharing\n")
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    code = "from tryon.settings import *; print(SITE_NAME, REVIEW)"
    told = forks.run(["-c", code], keep | {"ENV_FILE": str(file), "SITE_NAME": "from the shell"})
    assert told.stdout == "from the shell after_sharing\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", ""),
        ("SIGNUP", "sometimes"),
        ("REVIEW", "never"),
        ("PICTURES_PER_CALL", 5),
        ("PROMPT_STYLE", "poetic"),
        ("INLINE_MEGABYTES", 0.1),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(settings, name, value):
    settings.EMBEDDED = False
    setattr(settings, name, value)
    assert [found.msg for found in settings_are_complete() if name in found.msg]


# The site's address ---------------------------------------------------------------------------------------
LOCAL = ["127.0.0.1", "localhost", "[::1]"]


@pytest.mark.parametrize(
    ("given", "site", "hosts", "origins", "https"),
    [
        (
            {},
            "http://127.0.0.1:8000",
            LOCAL,
            ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"],
            False,
        ),
        ({"PORT": "80", "BIND": "10.0.0.7"}, "http://10.0.0.7", ["10.0.0.7"], ["http://10.0.0.7"], False),
        ({"PORT": "8000", "BIND": "0.0.0.0"}, "", LOCAL, [], False),
        (
            {"SITE_URL": "https://Try.Example.com:443/", "PORT": "8000"},
            "https://try.example.com",
            ["try.example.com"],
            ["https://try.example.com"],
            True,
        ),
        (
            {
                "SITE_URL": "https://try.example.com:8443",
                "ALLOWED_HOSTS": ".shop.example",
                "CSRF_TRUSTED_ORIGINS": "https://a.example",
            },
            "https://try.example.com:8443",
            ["try.example.com", ".shop.example"],
            ["https://try.example.com:8443", "https://*.shop.example:8443", "https://a.example"],
            True,
        ),
        ({"SITE_URL": "https://try.example.com", "HTTPS": "0"}, "https://try.example.com", None, None, False),
        # What was set before there was a SITE_URL says as much.
        (
            {"ALLOWED_HOSTS": "localhost,.b.example,try.example.com", "HTTPS": "1", "PORT": "8001"},
            "https://try.example.com",
            ["try.example.com", "localhost", ".b.example"],
            ["https://try.example.com", "https://localhost", "https://*.b.example"],
            True,
        ),
        ({"ALLOWED_HOSTS": "*"}, "http://127.0.0.1:8000", None, None, False),
    ],
)
def test_hosts_origins_and_https_follow_from_the_sites_address(read, given, site, hosts, origins, https):
    told = read(**given)
    assert (told["SITE_URL"], told["HTTPS"]) == (site, https)
    if hosts:
        assert (told["ALLOWED_HOSTS"], told["CSRF_TRUSTED_ORIGINS"]) == (hosts, origins)


@pytest.mark.parametrize(
    "url",
    [
        "try.example.com",
        "ftp://h",
        "https://",
        "https://h/path",
        "https://h?a",
        "https://u:p@h",
        "https://h:0",
    ],
)
def test_an_address_of_a_site_that_is_none_is_refused(read, url):
    with pytest.raises(SystemExit, match=r"^SITE_URL "):
        read(SITE_URL=url)


@pytest.mark.parametrize(
    ("url", "sends"),
    [
        ("", False),
        ("dummymail://", False),
        ("smtp://mail.example", True),
        ("smtp+tls://u:p@mail.example", True),
    ],
)
def test_mail_is_sent_where_a_server_is_named(read, url, sends):
    told = read(EMAIL_URL=url)
    assert told["SENDS_MAIL"] is sends
    assert told["ACCOUNT_EMAIL_VERIFICATION"] == ("optional" if sends else "none")


def test_no_setting_writes_mails_into_the_log(read):
    with pytest.raises(SystemExit, match=r"^EMAIL_URL "):
        read(EMAIL_URL="consolemail://")
