"""What no log line and no error report may hold, and how it is taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.signals import setting_changed

SHORTEST = 8  # a shorter secret is part of too many innocent words; the checks ask for longer ones
_SECRET_NAME = re.compile(r"(?:^|_)(?:KEY|SECRET|TOKEN|PASSWORD|DSN)(?:_|$)", re.IGNORECASE)
_URLS = ("REDIS_URL", "CELERY_BROKER_URL")

_RULES = [
    # A share link's token, and the keys in links of mails, are all that it takes to use them.
    (re.compile(r"(/s(?:/|%2f))[^\s\"'<>/]+", re.IGNORECASE), r"\1[token]"),
    (re.compile(r"(/accounts/(?:confirm-email|password/reset/key|mails/stop)/)[^/\s\"'?]+"), r"\1[key]"),
    (re.compile(r"data:[\w/.+-]{0,80};base64,[\w+/=%-]*"), "data:[hidden]"),
    (re.compile(r"(\w{1,30}://)[^\s/@:\"']{0,200}:[^\s/@\"']{1,400}@"), r"\1[hidden]@"),
    (re.compile(r"\b((?:set-)?cookie[\"']?\s*[:=]\s*)[^\r\n]+", re.IGNORECASE), r"\1[hidden]"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), r"\1 [hidden]"),
    (
        re.compile(
            r"\b(sessionid|csrftoken|csrfmiddlewaretoken|visitor|shared|authorization|x-api-key|api_?key"
            r"|(?:\w{0,20}_)?(?:password\d?|passwd|secret|token))([\\\"']*\s*[=:]\s*[\\\"']*)[^\s\\\"'&;,}\[]+",
            re.IGNORECASE,
        ),
        r"\1\2[hidden]",
    ),
    (re.compile(r"[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+"), "[e-mail]"),
]

# A token that was mistyped into another address is one still. (UUIDs are 36 letters long.)
_SHARED = re.compile(r"/+s/+(?=.)(?:.*(?P<page>/preview\.jpg)$)?", re.IGNORECASE | re.DOTALL)
_LONG_RUN = re.compile(r"[A-Za-z0-9_-]{40,}")
_BEFORE_A_PATH = re.compile(r"[\s\"'<>]")
_LONGEST_ADDRESS = 4096

# Every rule needs one of these: most texts hold none, and looking once is cheap.
_SUSPECT = re.compile(
    r"/s/|/s%2f|/accounts/|data:|://|cookie|bearer|basic|session|csrf|visitor|shared|authorization|api"
    r"|passw|secret|token|@|%40",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text without secrets of this site, tokens, cookies, pictures and e-mail addresses."""
    if known := _known_secrets():
        text = known.sub("[secret]", text)
    if _SUSPECT.search(text):
        for rule, instead in _RULES:
            text = rule.sub(instead, text)
    return _LONG_RUN.sub(_without_run, text)


def redact_path(path: str) -> str:
    """The path of a request; all behind `/s/` goes, for the page of a share link finds its token anywhere."""
    shared = _SHARED.match(path)
    return f"/s/[token]{shared['page'] or ''}" if shared else redact(path)


def _without_run(found: re.Match[str]) -> str:
    """What to write in place of a run of letters: itself, unless it is in a path or looks drawn by lot."""
    if all(re.search(kind, found[0]) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
        return "[token]"
    before = found.string[max(0, found.start() - _LONGEST_ADDRESS) : found.start()]
    path = _BEFORE_A_PATH.split(before)[-1].lower()
    return "[token]" if "/" in path or "%2f" in path else found[0]


def redact_all(value: Any) -> Any:
    """The same for every text in nested lists and dictionaries, also where one is a key."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact_all(name): redact_all(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_all(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else redact(str(value))


@lru_cache(maxsize=1)
def _known_secrets() -> re.Pattern[str] | None:
    found = {secret for secret in _secrets() if len(secret) >= SHORTEST} - {settings.SANDBOX_KEY}
    longest_first = sorted(found, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if found else None


# Django says so where settings change while a process runs, which is in tests.
setting_changed.connect(lambda **_: _known_secrets.cache_clear(), weak=False)


def _secrets() -> Iterator[str]:
    """Every value in the settings, however deep, whose name says that it is one."""
    yield from _inside({name: getattr(settings, name) for name in dir(settings) if name.isupper()})
    for name in _URLS:
        password = urlsplit(getattr(settings, name, "")).password or ""
        yield from (password, unquote(password))


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str) and _SECRET_NAME.search(str(name)):
                yield inner
            else:
                yield from _inside(inner)
