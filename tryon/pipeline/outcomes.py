"""What follows when a call or an upload brought no picture: the one table from errors to outcomes.

Nothing here enqueues: the functions return messages, and the task that called them sends those.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from tryon import gateway
from tryon.gateway import answer
from tryon.gateway.answer import Answer
from tryon.models import Attempt, CircuitBreaker, Generation, TryOn, clock, states
from tryon.models.states import PauseReason
from tryon.pipeline import references
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.gateway_client import gateway_client

log = logging.getLogger(__name__)

Status, FailureReason, WaitingFor = Generation.Status, Generation.FailureReason, Generation.WaitingFor
LATELY = dt.timedelta(minutes=10)  # in which silent calls count as being in a row
PAUSE_REASONS = {
    401: PauseReason.KEY,
    402: PauseReason.BALANCE,
    403: PauseReason.FORBIDDEN,
    404: PauseReason.UNKNOWN_MODEL,
    410: PauseReason.RETIRED,
}


def without_answer(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """Do what the error allows: the first row of the table that fits decides."""
    log.warning("generation %s: %s: %s", generation.pk, type(exc).__name__, exc)
    for kind, outcome in OUTCOMES:
        if isinstance(exc, kind):
            return [*outcome(attempt, generation, exc), *_reached(exc)]
    raise exc


def _reached(exc: gateway.GatewayError) -> list[TaskMessage]:
    """A refusal of one request also says that the gateway is there: what waited for that goes on."""
    is_answer = isinstance(exc, gateway.Rejected | gateway.FileGone)
    if not is_answer or not CircuitBreaker.objects.resume_after_contact(gateway_client().account):
        return []
    return released()


def released() -> list[TaskMessage]:
    """Whatever waited for a connection is due now."""
    return [TaskMessage("generate", pk) for pk in Generation.objects.release()]


def later(
    generation: Generation, until: dt.datetime, waiting_for: str = WaitingFor.SERVICE, **counted: int
) -> list[TaskMessage]:
    if not generation.requeue(until, waiting_for, **counted):
        return []
    return [TaskMessage("generate", generation.pk, max(0.0, (until - clock.now()).total_seconds()))]


def waiting_for_connection(account: str, model: str) -> states.WaitingFor:
    """What to tell somebody whose work meets a pause."""
    return WaitingFor.MODEL if model in CircuitBreaker.objects.retired(account) else WaitingFor.CONNECTION


def _unsent(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """Everything waits, one job goes ahead every BREAKER_SECONDS to try, and no send is counted."""
    return _put_back(attempt, generation, exc, _unreachable())


def _slow_down(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """All work for the model waits as long as was asked, then sends again; 5 sends at most."""
    seconds = exc.retry_after or _backoff(generation)
    account, model = gateway_client().account, generation.tryon.model
    until = CircuitBreaker.objects.pause(account, model, PauseReason.RATE_LIMITED, seconds)
    return _again(attempt, generation, exc, until)


def _unavailable(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """Sent again, more slowly each time, 5 sends at most; RETRY_UNAVAILABLE=0: unknown."""
    if not settings.RETRY_UNAVAILABLE:
        return _lost(attempt, generation, exc)
    return _again(attempt, generation, exc, soon(exc.retry_after or _backoff(generation)))


def _reload_files(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """All files of this call are uploaded again, and it is repeated once; then failed, nothing charged."""
    references.forget(attempt.file_ids)
    if generation.file_repairs:  # a gateway that loses files again and again would be fed for ever
        return _fail(attempt, generation, exc)
    return _put_back(attempt, generation, exc, None, file_repairs=1, sends=1)


def _pause(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """The account or the model is paused and the operator told; the work waits, and no send is counted."""
    return _put_back(attempt, generation, exc, _closed(exc, generation.tryon.model))


def _fail(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """Failed, nothing charged."""
    with transaction.atomic():  # the attempt and its generation say the same
        if generation.end(Status.FAILED, FailureReason.REJECTED):
            _record(attempt, Attempt.Status.REJECTED, exc)
            if answer.is_about_safety(f"{exc.error_type} {exc}"):
                attempt.note_refused_by_rules()
    return []


def _failed_inside(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """Unknown; RETRY_ANSWERED_ERRORS=1: sent again once."""
    if settings.RETRY_ANSWERED_ERRORS and generation.sends == 0:
        return _again(attempt, generation, exc, soon(_backoff(generation)))
    return _lost(attempt, generation, exc)


def _lost(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """Unknown. After 5 calls in a row without a word, of several try-ons, all sending is paused."""
    messages = lose(attempt, generation, exc)
    if Attempt.objects.last_were_silent(settings.MOST_SILENT, clock.now() - LATELY):
        account = gateway_client().account
        CircuitBreaker.objects.pause(account, "", PauseReason.SILENT, settings.LINE_RETRY_SECONDS)
    return messages


def lose(
    attempt: Attempt, generation: Generation, exc: gateway.GatewayError, reason: str = "", **facts: object
) -> list[TaskMessage]:
    with transaction.atomic():  # the attempt and its generation say the same
        if generation.end(Status.UNKNOWN, reason) or generation.reopen(attempt):
            _record(attempt, Attempt.Status.UNKNOWN, exc, **facts)
            if reason == FailureReason.SAFETY:
                attempt.note_refused_by_rules()
    return []


def answered_with_error(attempt: Attempt, generation: Generation, found: Answer) -> list[TaskMessage]:
    """An error where a picture should be, under status 200, which proves nothing about the bill.

    Its type chooses the words and pauses what it is about; the call is never sent again by itself.
    """
    exc = gateway.error_in_answer(found.error or {}, attempt.file_ids)
    log.warning("generation %s: answered with an error: %s: %s", generation.pk, type(exc).__name__, exc)
    if isinstance(exc, gateway.AccessRefused):
        _closed(exc, generation.tryon.model)
    elif isinstance(exc, gateway.RateLimited):
        seconds = _backoff(generation)
        CircuitBreaker.objects.pause(
            gateway_client().account, generation.tryon.model, PauseReason.RATE_LIMITED, seconds
        )
    elif isinstance(exc, gateway.FileGone):
        references.forget(attempt.file_ids)
    if found.says == FailureReason.SAFETY:
        reason = FailureReason.SAFETY
    elif isinstance(exc, gateway.Rejected):
        reason = FailureReason.REJECTED
    else:
        reason = FailureReason.ANSWERED_ERROR
    messages = lose(attempt, generation, exc, reason, http_status=200, words=found.words)
    if not TryOn.objects.present().filter(pk=generation.tryon_id).exists():  # deleted while the call ran
        generation.attempts.all().forget_words()
    return messages


def lost_contact(attempt: Attempt, generation: Generation) -> None:
    """Its worker died after the intent and left no answer: it may have been charged."""
    lose(attempt, generation, gateway.OutcomeUnknown("the worker stopped"))


Handler = Callable[[Attempt, Generation, gateway.GatewayError], list[TaskMessage]]
# The first row that fits decides, so a kind stands before the kind that it is a case of: an AnsweredError is
# an OutcomeUnknown too. `manage.py outcomes` prints this table.
OUTCOMES: tuple[tuple[type[gateway.GatewayError], Handler], ...] = (
    (gateway.Unreachable, _unsent),
    (gateway.RateLimited, _slow_down),
    (gateway.Unavailable, _unavailable),
    (gateway.FileGone, _reload_files),
    (gateway.AccessRefused, _pause),
    (gateway.Rejected, _fail),
    (gateway.AnsweredError, _failed_inside),
    (gateway.OutcomeUnknown, _lost),
)


def _again(
    attempt: Attempt, generation: Generation, exc: gateway.GatewayError, until: dt.datetime
) -> list[TaskMessage]:
    """Send again at `until`, unless it was sent often enough."""
    if generation.sends + 1 < settings.MOST_SENDS:  # this one is counted when it is put back
        return _put_back(attempt, generation, exc, until, sends=1)
    with transaction.atomic():
        if generation.end(Status.FAILED, FailureReason.TOO_MANY_SENDS):
            _record(attempt, Attempt.Status.UNBILLED, exc)
    return []


def _put_back(
    attempt: Attempt,
    generation: Generation,
    exc: gateway.GatewayError,
    until: dt.datetime | None,
    **counted: int,
) -> list[TaskMessage]:
    waiting_for = _waiting_for(exc)
    with transaction.atomic():
        messages = later(generation, until or clock.now(), waiting_for, **counted)
        if messages:
            _record(attempt, Attempt.Status.UNBILLED, exc)
    return messages


def _waiting_for(exc: gateway.GatewayError) -> states.WaitingFor:
    if not isinstance(exc, gateway.AccessRefused):
        return WaitingFor.SERVICE
    return WaitingFor.MODEL if exc.http_status == 410 else WaitingFor.CONNECTION


def _record(
    attempt: Attempt, status: states.AttemptStatus, exc: gateway.GatewayError, **facts: object
) -> None:
    told = {
        "http_status": exc.http_status,
        "error_type": exc.error_type[:60],
        "request_id": exc.request_id[:100],
    }
    attempt.record_outcome(status, **(told | facts))


# An upload that failed: nothing can have been charged -----------------------------------------------
def without_upload(generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    log.warning("generation %s: upload: %s: %s", generation.pk, type(exc).__name__, exc)
    if isinstance(exc, gateway.Rejected):
        generation.end(Status.FAILED, FailureReason.REJECTED)
        return []
    if isinstance(exc, gateway.AccessRefused):
        return later(generation, _closed(exc, generation.tryon.model), _waiting_for(exc))
    if isinstance(exc, gateway.Unreachable):
        return later(generation, _unreachable())
    return later(generation, soon(exc.retry_after or settings.BREAKER_SECONDS))


def _unreachable() -> dt.datetime:
    return CircuitBreaker.objects.pause(
        gateway_client().account, "", PauseReason.UNREACHABLE, settings.BREAKER_SECONDS
    )


def _closed(exc: gateway.GatewayError, model: str) -> dt.datetime:
    """Pause what the error is about; the time when one job goes ahead to try it."""
    of_account = isinstance(exc, gateway.AccessRefused) and exc.scope == "account"
    return CircuitBreaker.objects.pause(
        gateway_client().account,
        "" if of_account else model,
        _pause_reason(exc),
        settings.LINE_RETRY_SECONDS,
        replacement=exc.replacement if isinstance(exc, gateway.AccessRefused) else None,
    )


def _pause_reason(exc: gateway.GatewayError) -> PauseReason:
    if isinstance(exc, gateway.Misconfigured):
        return PauseReason.SETTINGS
    return PAUSE_REASONS.get(exc.http_status or 0, PauseReason.FORBIDDEN)


def soon(seconds: float) -> dt.datetime:
    return clock.now() + dt.timedelta(seconds=seconds)


def _backoff(generation: Generation) -> float:
    return float(min(300, 5 * 2**generation.sends))  # 5 s, 10 s, 20 s …
