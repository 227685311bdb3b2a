"""What follows when a call or an upload brought no picture: the one table from errors to outcomes.

Nothing here enqueues: the functions return wake-ups, and the task that called them sends those.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tryon import gateway, references
from tryon.account import gateway as site_gateway
from tryon.models import Attempt, Generation, Line
from tryon.wake import Wake

log = logging.getLogger(__name__)

Status, Reason, WaitingFor = Generation.Status, Generation.Reason, Generation.WaitingFor
LINE_REASONS = {
    401: Line.Reason.KEY,
    402: Line.Reason.BALANCE,
    403: Line.Reason.FORBIDDEN,
    404: Line.Reason.UNKNOWN_MODEL,
    410: Line.Reason.RETIRED,
}


def without_answer(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """Do what the error allows: the first row of the table that fits decides."""
    log.warning("generation %s: %s: %s", generation.pk, type(exc).__name__, exc)
    for kind, outcome in OUTCOMES:
        if isinstance(exc, kind):
            return outcome(attempt, generation, exc)
    raise exc


def later(
    generation: Generation, until: dt.datetime, waiting_for: str = WaitingFor.SERVICE, **counted: int
) -> list[Wake]:
    if not generation.requeue(until, waiting_for, **counted):
        return []
    return [Wake("generate", generation.pk, max(0.0, (until - timezone.now()).total_seconds()))]


def line_waited_for(account: str, model: str) -> Generation.WaitingFor:
    """What to tell somebody whose work meets a closed line."""
    return WaitingFor.MODEL if model in Line.objects.retired(account) else WaitingFor.LINE


def _unsent(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """The gateway cannot be reached: everyone waits, nothing is counted."""
    return _put_back(attempt, generation, exc, _unreachable())


def _slow_down(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """Asked to wait: the whole line waits, and the send counts."""
    seconds = exc.retry_after or _backoff(generation)
    account, model = site_gateway().account, generation.tryon.model
    until = Line.objects.close(account, model, Line.Reason.RATE_LIMITED, seconds)
    return _again(attempt, generation, exc, until)


def _unavailable(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    if not settings.RETRY_UNAVAILABLE:
        return lose(attempt, generation, exc)
    return _again(attempt, generation, exc, soon(exc.retry_after or _backoff(generation)))


def _reload_files(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """A file is gone: upload all references of this call again, and repeat it once."""
    references.forget(attempt.file_ids)
    if generation.file_repairs:
        return _fail(attempt, generation, exc)
    return _put_back(attempt, generation, exc, None, file_repairs=1, sends=1)


def _pause(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """Key, balance or model: stop the line, tell the operator; the work waits and nothing is counted."""
    return _put_back(attempt, generation, exc, _closed(exc, generation.tryon.model))


def _fail(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    with transaction.atomic():  # the attempt and its generation say the same
        if generation.end(Status.FAILED, Reason.REJECTED):
            _told(attempt, Attempt.Status.REJECTED, exc)
    return []


def _failed_inside(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """500 or 502 in the gateway's own words: unknown, unless the operator allows one repeat."""
    if settings.RETRY_ANSWERED_ERRORS and generation.sends == 0:
        return _again(attempt, generation, exc, soon(_backoff(generation)))
    return lose(attempt, generation, exc)


def lose(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    with transaction.atomic():
        if generation.end(Status.UNKNOWN):
            _told(attempt, Attempt.Status.UNKNOWN, exc)
    return []


def lost_contact(attempt: Attempt, generation: Generation) -> None:
    """Its worker died after the intent and left no answer: it may have been charged."""
    lose(attempt, generation, gateway.OutcomeUnknown("the worker stopped"))


Handler = Callable[[Attempt, Generation, gateway.GatewayError], list[Wake]]
OUTCOMES: tuple[tuple[type[gateway.GatewayError], Handler], ...] = (
    (gateway.Unreachable, _unsent),
    (gateway.RateLimited, _slow_down),
    (gateway.Unavailable, _unavailable),
    (gateway.FileGone, _reload_files),
    (gateway.LineClosed, _pause),
    (gateway.Rejected, _fail),
    (gateway.AnsweredError, _failed_inside),
    (gateway.OutcomeUnknown, lose),
)


def _again(
    attempt: Attempt, generation: Generation, exc: gateway.GatewayError, until: dt.datetime
) -> list[Wake]:
    """Send again at `until`, unless it was sent often enough."""
    if generation.sends + 1 < settings.MOST_SENDS:
        return _put_back(attempt, generation, exc, until, sends=1)
    with transaction.atomic():
        if generation.end(Status.FAILED, Reason.TOO_MANY_SENDS):
            _told(attempt, Attempt.Status.UNBILLED, exc)
    return []


def _put_back(
    attempt: Attempt,
    generation: Generation,
    exc: gateway.GatewayError,
    until: dt.datetime | None,
    **counted: int,
) -> list[Wake]:
    waiting_for = _waiting_for(exc)
    with transaction.atomic():
        wakes = later(generation, until or timezone.now(), waiting_for, **counted)
        if wakes:
            _told(attempt, Attempt.Status.UNBILLED, exc)
    return wakes


def _waiting_for(exc: gateway.GatewayError) -> Generation.WaitingFor:
    if not isinstance(exc, gateway.LineClosed):
        return WaitingFor.SERVICE
    return WaitingFor.MODEL if exc.http_status == 410 else WaitingFor.LINE


def _told(attempt: Attempt, status: Attempt.Status, exc: gateway.GatewayError) -> None:
    attempt.settle(
        status, http_status=exc.http_status, error_type=exc.error_type[:60], request_id=exc.request_id[:100]
    )


# An upload that failed: nothing can have been charged -----------------------------------------------
def without_upload(generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    log.warning("generation %s: upload: %s: %s", generation.pk, type(exc).__name__, exc)
    if isinstance(exc, gateway.Rejected):
        generation.end(Status.FAILED, Reason.REJECTED)
        return []
    if isinstance(exc, gateway.LineClosed):
        return later(generation, _closed(exc, generation.tryon.model), _waiting_for(exc))
    if isinstance(exc, gateway.Unreachable):
        return later(generation, _unreachable())
    return later(generation, soon(exc.retry_after or settings.BREAKER_SECONDS))


def _unreachable() -> dt.datetime:
    return Line.objects.close(site_gateway().account, "", Line.Reason.UNREACHABLE, settings.BREAKER_SECONDS)


def _closed(exc: gateway.GatewayError, model: str) -> dt.datetime:
    """Pause the line that the error is about; the time when one job goes ahead to try it."""
    of_account = exc.http_status in (401, 402)
    return Line.objects.close(
        site_gateway().account,
        "" if of_account else model,
        LINE_REASONS.get(exc.http_status or 0, Line.Reason.FORBIDDEN),
        settings.LINE_RETRY_SECONDS,
        replacement=exc.replacement if isinstance(exc, gateway.LineClosed) else None,
    )


def soon(seconds: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=seconds)


def _backoff(generation: Generation) -> float:
    return float(min(300, 5 * 2**generation.sends))
