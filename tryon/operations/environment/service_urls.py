"""Addresses of a database and of a mail server, as Django's settings; no part of them stands in an error.

A password with a bare `#`, `?` or `/` ends the address too early, and what is left may still look like one:
so every part is looked at, and such an address is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_SQLITE, _POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
_POSTGRES_SCHEMES = ("postgres", "postgresql", "pgsql", "psql")
_MAIL = "django.core.mail.backends."
_MAIL_SCHEMES = {
    "smtp": ("smtp", {}),
    "smtps": ("smtp", {"EMAIL_USE_TLS": True}),  # as it was read before
    "smtp+tls": ("smtp", {"EMAIL_USE_TLS": True}),
    "smtp+ssl": ("smtp", {"EMAIL_USE_SSL": True}),
    "filemail": ("filebased", {}),
    "memorymail": ("locmem", {}),
    "dummymail": ("dummy", {}),
}
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(?P<port>\d{1,5}))?")
ESCAPES = "in names and passwords write # as %23, ? as %3F, / as %2F, @ as %40, % as %25"


class UrlError(ValueError):
    """What is wrong with an address, in words that go behind the name of its setting."""


class Authority(NamedTuple):
    """Who, by which password, at which hosts and ports; "" for what is not there."""

    user: str
    password: str
    hosts: list[str]
    ports: list[str]


def checked(url: str, schemes: Sequence[str]) -> str:
    """The address itself, once every part of it is one."""
    parts = _split(url, schemes)
    authority = _authority(parts)
    if not parts.scheme.endswith(("unix", "socket")) and not any(authority.hosts):
        raise UrlError("names no host")
    return url


def origin(url: str) -> str:
    """`https://try.example.com`, as browsers name an origin: small letters, no port that is usual."""
    parts = urlsplit(checked(url.lower(), ["https", "http"]))
    if parts.username is not None or parts.path.strip("/") or parts.query or "," in parts.netloc:
        raise UrlError("is more than https:// with a host, and a port if need be")
    usual = {"https": ":443", "http": ":80"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"


def database(url: str) -> dict[str, Any]:
    """`sqlite:///path`, or `postgres://user:password@host:port/name?option=value`."""
    if url == "sqlite://:memory:":
        return sqlite(":memory:")
    parts = _split(url, ("sqlite", *_POSTGRES_SCHEMES))
    if parts.scheme == "sqlite":
        if parts.netloc or parts.query:
            raise UrlError("is not sqlite:/// with a path behind it; in the path write ? as %3F, # as %23")
        return sqlite(unquote(parts.path[1:]) or ":memory:")
    return _postgresql(parts)


def sqlite(name: str) -> dict[str, Any]:
    """The database in this file."""
    return {"ENGINE": _SQLITE, "NAME": name}


def _postgresql(parts: SplitResult) -> dict[str, Any]:
    authority, path = _authority(parts), unquote(parts.path[1:])
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    hosts = ",".join(authority.hosts)
    if path.startswith("/"):  # postgres:////folder/of/the/socket/name
        hosts, _, path = path.rpartition("/")
    if not path and "service" not in options:
        raise UrlError("names no database behind the host")
    found: dict[str, Any] = {
        "ENGINE": _POSTGRESQL,
        "NAME": path,
        "USER": authority.user,
        "PASSWORD": authority.password,
        "HOST": hosts,
        "PORT": ",".join(authority.ports) if any(authority.ports) else "",
    }
    if (cursors := options.pop("disable_server_side_cursors", None)) is not None:
        found["DISABLE_SERVER_SIDE_CURSORS"] = cursors.lower() in ("1", "true", "yes", "on")
    return found | ({"OPTIONS": options} if options else {})


def email(url: str) -> dict[str, Any]:
    """`smtp+tls://user:password@host:port`, `dummymail://`, `filemail:////folder` and their like."""
    parts = _split(url, tuple(_MAIL_SCHEMES))
    backend, more = _MAIL_SCHEMES[parts.scheme]
    authority = _authority(parts)
    if parts.query or (backend == "smtp" and parts.path.strip("/")):
        raise UrlError(f"goes on behind the host; {ESCAPES}")
    if backend == "smtp" and not authority.hosts[0]:
        raise UrlError("names no host")
    port = authority.ports[0]
    return {
        "EMAIL_BACKEND": f"{_MAIL}{backend}.EmailBackend",
        "EMAIL_FILE_PATH": unquote(parts.path[1:]) if backend == "filebased" else "",
        "EMAIL_HOST": authority.hosts[0],
        "EMAIL_HOST_USER": authority.user,
        "EMAIL_HOST_PASSWORD": authority.password,
        "EMAIL_PORT": int(port) if port else None,
        **more,
    }


def _split(url: str, schemes: Sequence[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UrlError(f"is no address that can be read; {ESCAPES}") from None
    if parts.scheme not in schemes or "://" not in url:
        raise UrlError(f"does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if parts.fragment or "#" in url or re.search(r"\s|%(?![0-9A-Fa-f]{2})", url):
        raise UrlError(f"has a #, a space or a bare % in it; {ESCAPES}")
    if "@" in parts.path + parts.query:
        raise UrlError(f"has an @ behind its host; {ESCAPES}")
    return parts


def _authority(parts: SplitResult) -> Authority:
    who, _, where = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    found = [_HOST.fullmatch(unquote(host)) for host in where.split(",")]
    if not all(found):
        raise UrlError(f"has no host and port that can be read; {ESCAPES}")
    hosts = [host["name"].strip("[]") for host in found if host]
    ports = [host["port"] or "" for host in found if host]
    if any(int(port or 1) not in range(1, 65536) for port in ports):
        raise UrlError("has a port that is none")
    return Authority(unquote(user), unquote(password), hosts, ports)
