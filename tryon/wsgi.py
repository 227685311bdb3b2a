"""The WSGI application that Gunicorn serves."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from tryon.web.middleware.readable_requests import UNREADABLE, is_utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tryon.settings")
_django = get_wsgi_application()

from tryon.web.watcher import is_held  # noqa: E402 - it needs the models, which are loaded now


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django reads the content type before any middleware, and fails where its charset is none.

    The answer to a waiting page is held before Django is asked at all.
    """
    if is_held(environ):
        start_response("204 No Content", [("Cache-Control", "no-store")])
        return []
    if not is_utf8(environ.get("CONTENT_TYPE", "")):
        environ["CONTENT_TYPE"] = UNREADABLE  # refused by the middleware
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer
