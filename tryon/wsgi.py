"""The WSGI application that Gunicorn serves."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from tryon.web.readable_requests import UNREADABLE, is_utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tryon.settings")
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django reads the content type before any middleware, and fails where its charset is none."""
    if not is_utf8(environ.get("CONTENT_TYPE", "")):
        environ["CONTENT_TYPE"] = UNREADABLE  # refused by the middleware
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer
