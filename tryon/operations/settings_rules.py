"""Which settings are unsafe, alone or together. The checks tell; docs/operations.md lists them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Warning

from tryon.operations import logs
from tryon.operations.environment import env
from tryon.pipeline.gateway_client import what_is_wrong

SHORTEST_KEY = 32
HOST = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+\]")
SHORTEST_TOKEN = 24
LOCAL = {"localhost", "::1", "[::1]", ""}
POSITIVE = (
    "GENERATION_SECONDS",
    "UPLOAD_SECONDS",
    "SWEEP_SECONDS",
    "BREAKER_SECONDS",
    "QUEUED_HOURS",
    "PERSON_PHOTO_DAYS",
    "READY_WAIT_SECONDS",
)


class Rule(NamedTuple):
    """A setting, or two that do not fit together: an error keeps `manage.py` from working, a warning not.

    `{}` in what it says is what `is_broken` gave.
    """

    kind: type[Error] | type[Warning]
    number: int
    is_broken: Callable[[], object]
    says: str
    hint: str


def is_local(host: str) -> bool:
    """Whether this name is this very machine's."""
    return host.lower() in LOCAL or host.startswith("127.") or host.lower().endswith(".localhost")


def is_public() -> bool:
    """Whether the settings say that others reach the site."""
    return settings.HTTPS or not all(map(is_local, settings.ALLOWED_HOSTS))


def is_costly() -> bool:
    """Whether pictures cost money."""
    return bool(settings.LLMTR_API_KEY) and not settings.SANDBOX


def _host(url: str) -> str:
    """The host of an address; "" where it has none, as a socket's."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _site_url_missing() -> bool:
    is_server = settings.HTTPS or not (settings.DEBUG or settings.EMBEDDED)
    return is_server and not settings.SITE_URL


def _is_data_served() -> bool:
    served: list[str | Path] = [settings.STATIC_ROOT, *settings.STATICFILES_DIRS]
    kept = [Path(folder).resolve() for folder in (settings.MEDIA_ROOT, settings.SPOOL_DIR)]
    return any(folder.is_relative_to(Path(outer).resolve()) for folder in kept for outer in served)


def _is_data_open() -> bool:
    folder = Path(settings.DATA_DIR)
    return folder.is_dir() and bool(folder.stat().st_mode & 0o007)


def _not_writable() -> str:
    """Folders of ours that this user cannot write into, as after a start by another user."""
    ours = (settings.DATA_DIR, settings.MEDIA_ROOT, settings.SPOOL_DIR, settings.SEATS_DIR)
    there = dict.fromkeys(str(folder) for folder in ours if os.path.isdir(folder))  # noqa: PTH112
    return ", ".join(
        folder for folder in there if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True)
    )


def _is_sqlite_file() -> bool:
    database = settings.DATABASES["default"]
    return bool(database["ENGINE"].endswith("sqlite3") and database["NAME"] != ":memory:")


# Numbers of errors and of warnings, each with what is true where it is broken, its words and its hint.
ERRORS: dict[int, tuple[Callable[[], object], str, str]] = {
    10: (
        lambda: settings.DEBUG and is_public(),
        "DEBUG is on where others reach the site",
        "Set DEBUG=0: its error pages show rows and settings to whoever finds an error.",
    ),
    11: (
        lambda: settings.SENTRY_DSN and not find_spec("sentry_sdk"),
        "SENTRY_DSN is set, but the package sentry-sdk is not installed",
        "Install the extra `sentry`, or unset SENTRY_DSN.",
    ),
    12: (
        lambda: settings.INTENT_LEASE_SECONDS <= settings.GENERATION_SECONDS,
        "INTENT_LEASE_SECONDS is not longer than GENERATION_SECONDS",
        "A call would be given up while it may still be answered; leave it unset for 60 s more.",
    ),
    13: (
        lambda: settings.CLAIM_LEASE_SECONDS <= settings.UPLOAD_SECONDS,
        "CLAIM_LEASE_SECONDS is not longer than UPLOAD_SECONDS",
        "A job would be taken from a worker that is still uploading; make it 30 s more.",
    ),
    14: (
        lambda: settings.LOG_FORMAT not in logs.FORMS,
        f"LOG_FORMAT is not one of {', '.join(logs.FORMS)}",
        "Leave it unset for JSON.",
    ),
    15: (
        _is_data_served,
        "DATA_DIR lies in a folder of static files",
        "Everybody could fetch the photos in it; set DATA_DIR or STATIC_ROOT to another folder.",
    ),
    16: (
        lambda: 0 < len(settings.METRICS_TOKEN) < SHORTEST_TOKEN,
        f"METRICS_TOKEN is shorter than {SHORTEST_TOKEN} characters",
        "It can be guessed; make one with `openssl rand -hex 24`.",
    ),
    17: (
        lambda: [name for name in POSITIVE if getattr(settings, name) <= 0],
        f"One of {', '.join(POSITIVE)} is not above 0",
        "Unset it for its default.",
    ),
    18: (
        lambda: not 0 <= settings.FILE_MARGIN_HOURS < settings.FILE_LIFETIME_HOURS,
        f"FILE_MARGIN_HOURS is not between 0 and {settings.FILE_LIFETIME_HOURS}",
        "No copy at the gateway would ever be used, or one that is gone; unset it for 12.",
    ),
    19: (
        lambda: (
            settings.MEDIA_ACCEL
            and not (settings.MEDIA_ACCEL.startswith("/") and settings.MEDIA_ACCEL.endswith("/"))
        ),
        "MEDIA_ACCEL does not begin and end with /",
        "It is the proxy's internal location, such as /protected/.",
    ),
    20: (
        what_is_wrong,
        "LLMTR_BASE_URL, LLMTR_API_KEY or the proxy in the environment cannot be used: {}",
        "Every call would be refused. Unset LLMTR_BASE_URL for the gateway's own address.",
    ),
    21: (
        lambda: not all(map(HOST.fullmatch, settings.ALLOWED_HOSTS)),
        "ALLOWED_HOSTS has something else than names of hosts",
        "Write host names alone, such as try.example.com: no https://, no port, no path.",
    ),
    22: (
        _site_url_missing,
        "SITE_URL is not set",
        "Set it to the address that people open, such as https://try.example.com: no other is answered.",
    ),
    23: (
        lambda: settings.SITE_URL and settings.SITE_URL.startswith("https://") != settings.HTTPS,
        "SITE_URL and HTTPS do not fit together",
        "Write SITE_URL as people open it, and leave HTTPS unset: it follows from https:// or http:// there.",
    ),
}

WARNINGS: dict[int, tuple[Callable[[], object], str, str]] = {
    10: (
        lambda: "*" in settings.ALLOWED_HOSTS,
        "ALLOWED_HOSTS lets every name through",
        "Name the hosts of the site, or none beside that of SITE_URL: whoever points a name here has a page.",
    ),
    11: (
        lambda: is_public() and not settings.HTTPS,
        "Others reach the site, but HTTPS is off",
        "Put a proxy with TLS in front and https:// into SITE_URL: passwords and photos travel in the clear.",
    ),
    12: (
        lambda: settings.HTTPS and all(map(is_local, settings.ALLOWED_HOSTS)),
        "HTTPS is on, but SITE_URL and ALLOWED_HOSTS know this machine only",
        "Every request to the public name is refused; set SITE_URL to the address that people open.",
    ),
    13: (
        lambda: 0 < len(settings.SECRET_KEY_GIVEN) < SHORTEST_KEY and (is_public() or is_costly()),
        f"SECRET_KEY is shorter than {SHORTEST_KEY} characters",
        "Whoever guesses it signs cookies of anybody; make one with `openssl rand -base64 50`.",
    ),
    14: (
        lambda: settings.SANDBOX and is_public(),
        "The gateway is the sandbox, and others reach the site",
        "Set LLMTR_API_KEY to a key of the gateway: the sandbox's pictures are stand-ins.",
    ),
    15: (
        lambda: settings.SANDBOX and is_public() and _host(settings.LLMTR_BASE_URL).endswith("llmtr.com"),
        "LLMTR_API_KEY is the sandbox's, LLMTR_BASE_URL the real gateway's",
        "The real one refuses that key; set both to one of them.",
    ),
    16: (
        lambda: (
            is_costly()
            and (settings.GUESTS or settings.SIGNUP == "open")
            and settings.SPEND_PER_DAY is None
            and settings.SPEND_PER_MONTH is None
        ),
        "Strangers may make pictures, and no cap limits what is spent",
        "Set SPEND_PER_DAY or SPEND_PER_MONTH: a new browser or e-mail address is a new allowance.",
    ),
    17: (
        lambda: is_costly() and settings.GUESTS and settings.PICTURES_PER_DAY_GUEST is None,
        "Guests may make pictures without a daily cap",
        "Set PICTURES_PER_DAY_GUEST, or one guest uses up the day's money.",
    ),
    18: (
        lambda: (
            settings.HTTPS and any(origin.startswith("http://") for origin in settings.CSRF_TRUSTED_ORIGINS)
        ),
        "CSRF_TRUSTED_ORIGINS trusts an address without TLS",
        "Write https:// there: anybody on the way can speak for an http:// one.",
    ),
    19: (
        lambda: is_public() and settings.SIGNUP == "open" and not settings.SENDS_MAIL,
        "Sign-up is open, but mails go nowhere",
        "Set EMAIL_URL: nobody can reset a password.",
    ),
    20: (
        lambda: _is_sqlite_file() and not is_local(_host(settings.REDIS_URL)),
        "The database is SQLite, and the broker is on another machine",
        "SQLite is for one machine; set DATABASE_URL to PostgreSQL where several work together.",
    ),
    21: (
        lambda: (
            is_costly()
            and settings.LLMTR_BASE_URL.lower().startswith("http://")
            and not is_local(_host(settings.LLMTR_BASE_URL))
        ),
        "The gateway's key and people's photos go out without TLS",
        "Write https:// in LLMTR_BASE_URL.",
    ),
    22: (
        lambda: settings.HTTPS and not settings.CLIENT_IP_HEADER,
        "Behind a proxy every visitor has the proxy's address",
        "Set CLIENT_IP_HEADER to the header in which it names theirs: limits count by address.",
    ),
    23: (
        lambda: ", ".join(settings.EMPTY_CAPS),
        "A cap is set to nothing, which is its default now and was no cap before: {}",
        "Write `none` behind it for no cap, or take the line away.",
    ),
    27: (
        _not_writable,
        "This user may not write into {}",
        "Give it to the user that Tryon runs as (`chown -R`): photos and pictures are written there.",
    ),
    28: (
        _is_data_open,
        "Every user of this machine may look into DATA_DIR",
        "Take that from them with `chmod o= DATA_DIR`: photos of people lie in it.",
    ),
    30: (
        lambda: (
            is_costly()
            and settings.GUESTS
            and settings.SIGNUP == "closed"
            and settings.GUESTS_SHARE < 1
            and (settings.SPEND_PER_DAY, settings.SPEND_PER_MONTH) != (None, None)
        ),
        "Guests may spend all that the site may: GUESTS_SHARE counts as 1 while SIGNUP is closed",
        "Set GUESTS_SHARE=1 if that is meant; with SIGNUP=open accounts always have the rest.",
    ),
    32: (
        lambda: is_costly() and is_public() and settings.STAFF_MFA != "required",
        "Staff log in with a password alone",
        "Set STAFF_MFA=required: a stolen password opens the photos of everybody, and the money.",
    ),
    26: (
        lambda: ", ".join(f"{name} (is it {meant}?)" for name, meant in env.mistyped().items()),
        "The environment has what is no setting, and nearly one: {}",
        "Mend the name: as it stands, nothing reads it.",
    ),
}

RULES = [
    *(Rule(Error, number, *told) for number, told in ERRORS.items()),
    *(Rule(Warning, number, *told) for number, told in WARNINGS.items()),
]
