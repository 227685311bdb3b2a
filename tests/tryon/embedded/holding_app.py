"""A WSGI application that puts its answers off, for the worker alone: `/news`, `/nothing`, `/at-once`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

PAUSE = 0.2  # seconds


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path, hold = environ["PATH_INFO"], environ.get("tryon.hold")
    if hold is None or path == "/":
        start_response("200 OK", [("Content-Length", "4")])
        return [b"news"]
    release = hold()
    if path == "/at-once":
        release(True)
    else:
        threading.Timer(PAUSE, release, [path == "/news"]).start()
    start_response("204 No Content", [("X-Kept", path)])
    return []
