"""Log lines: JSON or for the console, each with the ids of its request and task, none with a secret.

A request's id goes along with the messages that it sends, so one id finds the request and its work.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject, empty
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from tryon.operations.redaction import redact_all, redact_path

log = structlog.stdlib.get_logger(__name__)

FORMS = ("json", "console")
LONGEST_PATH = 200
# Asked for by machines all day: told only when something is wrong.
QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
GIVEN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}")
MADE = re.compile(r"/tryons/([0-9a-f-]{36})/$")
# What `pk` is in an address, by the first word of the route's name; and the ids that messages carry.
IDS = {name: f"{name}_id" for name in ("tryon", "generation", "image", "reference", "link")}
IDS["shared"] = "link_id"


# The form of a line ---------------------------------------------------------------------------------
def formatter(form: str) -> logging.Formatter:
    """What LOGGING asks for: one line for a record of structlog or of plain logging, secrets taken out."""
    stamps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *stamps,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    ending: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _without_secrets,
        _renderer(form),
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=stamps, processors=ending)


def _renderer(form: str) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    plain = structlog.dev.plain_traceback  # the pretty one shows local variables
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)


def _without_secrets(logger: WrappedLogger, name: str, event: EventDict) -> Mapping[str, Any]:
    first = {key: event.pop(key) for key in ("timestamp", "level", "event") if key in event}
    return {key: redact_all(value) for key, value in {**first, **event}.items()}


class WithTraceback(logging.Filter):
    """For django.request: that an answer was a 500 is told by the request's own line."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


# Requests -------------------------------------------------------------------------------------------
class RequestLogMiddleware:
    """One line for a request, and its id on every other line until it is answered.

    Addresses stand without their query. Of the user only the kind is told, and only where it was asked
    for already: looking would cost a query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=_request_id(request))
        try:
            response = self.get_response(request)
            _tell(request, response, time.perf_counter() - begun)
            return response
        finally:
            clear_contextvars()

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        name = getattr(request.resolver_match, "url_name", None) or ""
        id_name = IDS.get(name.partition("_")[0])
        if id_name and "pk" in kwargs:
            bind_contextvars(**{id_name: str(kwargs["pk"])})


def _request_id(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-Id", "") if settings.TRUST_REQUEST_ID else ""
    return given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    if level == logging.INFO and request.path.startswith(QUIET):
        level = logging.DEBUG
    if made := MADE.match(response.headers.get("Location", "")):
        bind_contextvars(tryon_id=made[1])
    log.log(
        level,
        "request",
        method=request.method,
        path=redact_path(request.path)[:LONGEST_PATH],
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        user=_kind(getattr(request, "user", None)),
    )


def _kind(user: Any) -> str:
    """staff, account, guest or nobody; "unasked" where nothing wanted to know."""
    if user is None or (isinstance(user, SimpleLazyObject) and vars(user)["_wrapped"] is empty):
        return "unasked"
    if not user.is_authenticated:
        return "nobody"
    return "staff" if user.is_staff else "guest" if user.is_guest else "account"


# Tasks ----------------------------------------------------------------------------------------------
def bind_task(task: Any, **_: Any) -> None:
    """The ids of a task's rows on all of its lines; without a request behind it, its own id is the first."""
    told = task.request.kwargs or {}
    ids = {name: str(told[name]) for name in set(IDS.values()) if name in told}
    if "request_id" not in get_contextvars():
        ids["request_id"] = str(task.request.id)
    bind_contextvars(task=str(task.name).rpartition(".")[2], **ids)
