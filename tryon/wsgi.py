"""The WSGI application that Gunicorn serves."""

import codecs
import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tryon.settings")
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django reads the content type before any middleware, and fails where its charset is none."""
    try:
        _, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        codecs.lookup(parameters.get("charset", "utf-8"))
    except (LookupError, ValueError):
        environ["CONTENT_TYPE"] = "unreadable/unreadable; charset=unreadable"  # refused by a middleware
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer
