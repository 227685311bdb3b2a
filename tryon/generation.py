"""Worker side: run one generation, from the claim to its pictures.

claim ─► references ready ─► prompt ─► intent row committed ─► POST ─► spool ─► finish in one transaction
Nothing here enqueues: the functions return wake-ups, and the task that called them sends those.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from gallery import pictures
from tryon import answer, gateway, prompts, references
from tryon.account import gateway as site_gateway
from tryon.models import Attempt, Generation, Line, Price
from tryon.models.generation import Made

log = logging.getLogger(__name__)

Status, Reason, WaitingFor = Generation.Status, Generation.Reason, Generation.WaitingFor
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Wake:
    """A message to send: look at this row, in `delay` seconds."""

    task: Literal["generate", "render", "shrink"]
    id: uuid.UUID
    delay: float = 0


def run(generation_id: uuid.UUID) -> list[Wake]:
    """Run a generation if it is due; any number of deliveries cost nothing more."""
    generation = Generation.objects.claim(generation_id)
    if generation is None:
        return []
    tryon = generation.tryon
    account = site_gateway().account
    if tryon.deleted_at:
        generation.end(Status.FAILED, Reason.DELETED)
        return []
    if until := Line.objects.wait_for(account, tryon.model):
        return _later(generation, until, WaitingFor.LINE)
    try:
        file_ids = references.ready([row.reference for row in tryon.ordered_inputs()])
    except references.InputGone:
        generation.end(Status.FAILED, Reason.INPUT_GONE)
        return []
    except references.StillUploading:
        return _later(generation, _in(2), WaitingFor.UPLOAD)
    except gateway.GatewayError as exc:
        return _without_upload(generation, exc)
    return _send(generation, file_ids)


def _send(generation: Generation, file_ids: list[str]) -> list[Wake]:
    tryon = generation.tryon
    if Line.objects.everything_stopped():
        return _later(generation, _in(settings.BREAKER_SECONDS), WaitingFor.LINE)
    prompt = prompts.try_on([row.slot for row in tryon.garments()], tryon.note)
    price = Price.objects.of_picture(tryon.model, tryon.size)
    attempt = generation.intend(tryon.model, prompt.text, prompt.version, file_ids, price)
    if attempt is None:
        return []
    request = gateway.PictureRequest(
        model=tryon.model,
        prompt=prompt.text,
        size=tryon.size,
        aspect_ratio=tryon.aspect_ratio,
        n=generation.count,
        file_ids=tuple(file_ids),
    )
    body = spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    connection.close()  # 64 waiting threads must not hold 64 connections
    try:
        site_gateway().generate(request, body, seconds=settings.GENERATION_SECONDS)
    except gateway.GatewayError as exc:
        log.warning("generation %s: %s: %s", generation.pk, type(exc).__name__, exc)
        return _without_answer(attempt, generation, exc)
    return finish(attempt, generation, body)


# An answer with a body ------------------------------------------------------------------------------
def spooled(attempt: Attempt) -> Path:
    """Where the raw answer to an attempt rests until its pictures are kept."""
    return Path(settings.SPOOL_DIR) / f"{attempt.pk}.json"


def finish(attempt: Attempt, generation: Generation, body: Path) -> list[Wake]:
    """Keep the pictures of a spooled answer, in the worker that got it or in the sweep that found it.

    Whatever goes wrong on our side leaves the answer where it is: it was paid for, and is tried again.
    """
    wakes: list[Wake] = []
    with TemporaryDirectory(dir=settings.SPOOL_DIR) as folder:
        try:
            if Attempt.objects.could_be_adopted().filter(pk=attempt.pk).exists():
                wakes = _finish(attempt, generation, answer.read(body, Path(folder)))
        except answer.BrokenAnswer:
            log.exception("generation %s: the answer is not whole", generation.pk)
            wakes = _lose(attempt, generation, gateway.OutcomeUnknown("the answer is not whole"))
    body.unlink(missing_ok=True)
    return wakes


def _finish(attempt: Attempt, generation: Generation, found: answer.Answer) -> list[Wake]:
    made = [m for n, picture in enumerate(found.pictures, 1) if (m := _stored(attempt, n, picture))]
    if not generation.finish(attempt, made):
        return []
    generation.refresh_from_db()
    if generation.dropped_at:
        for picture in made:
            default_storage.delete(picture.name)
    log.info("generation %s: %s, %d pictures", generation.pk, generation.status, len(made))
    images = generation.results.values_list("image_id", flat=True)
    return [*(Wake("render", pk) for pk in images), *_resumed(generation)]


def _resumed(generation: Generation) -> list[Wake]:
    """An answer came through: if the line was paused, everything that waits for it goes on."""
    if not Line.objects.opened_by_success(site_gateway().account, generation.tryon.model):
        return []
    return [Wake("generate", pk) for pk in Generation.objects.release()]


def _stored(attempt: Attempt, number: int, picture: answer.Pictured) -> Made | None:
    """Keep one picture as it was received; None when it cannot be opened."""
    if picture.file is None:
        return None
    try:
        seen = pictures.inspect(picture.file)
    except pictures.BadPicture:
        log.exception("attempt %s: picture %d cannot be opened", attempt.pk, number)
        return None
    name = f"originals/{attempt.pk.hex[:2]}/{attempt.pk.hex}-{number}.{ENDINGS[seen.content_type]}"
    default_storage.delete(name)  # a crash may have left half of it
    with picture.file.open("rb") as content:
        name = default_storage.save(name, File(content))
    return Made(name, seen.content_type, seen.width, seen.height, picture.revised_prompt)


# An answer without one: the one table ---------------------------------------------------------------
def _without_answer(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """Do what the error allows. The first row that fits decides."""
    for kind, outcome in OUTCOMES:
        if isinstance(exc, kind):
            return outcome(attempt, generation, exc)
    raise exc


def _later(
    generation: Generation, until: dt.datetime, waiting_for: str = WaitingFor.SERVICE, **counted: int
) -> list[Wake]:
    if not generation.requeue(until, waiting_for, **counted):
        return []
    return [Wake("generate", generation.pk, max(0.0, (until - timezone.now()).total_seconds()))]


def _unsent(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """The gateway cannot be reached: everyone waits, nothing is counted."""
    until = Line.objects.close(site_gateway().account, "", Line.Reason.UNREACHABLE, settings.BREAKER_SECONDS)
    return _put_back(attempt, generation, exc, until)


def _slow_down(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    """Asked to wait: the whole line waits, and the send counts."""
    seconds = exc.retry_after or _backoff(generation)
    account, model = site_gateway().account, generation.tryon.model
    until = Line.objects.close(account, model, Line.Reason.RATE_LIMITED, seconds)
    return _again(attempt, generation, exc, until)


def _unavailable(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    if not settings.RETRY_UNAVAILABLE:
        return _lose(attempt, generation, exc)
    return _again(attempt, generation, exc, _in(exc.retry_after or _backoff(generation)))


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
        return _again(attempt, generation, exc, _in(_backoff(generation)))
    return _lose(attempt, generation, exc)


def _lose(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    with transaction.atomic():
        if generation.end(Status.UNKNOWN):
            _told(attempt, Attempt.Status.UNKNOWN, exc)
    return []


def lost_contact(attempt: Attempt, generation: Generation) -> None:
    """Its worker died after the intent and left no answer: it may have been charged."""
    _lose(attempt, generation, gateway.OutcomeUnknown("the worker stopped"))


Handler = Callable[[Attempt, Generation, gateway.GatewayError], list[Wake]]
OUTCOMES: tuple[tuple[type[gateway.GatewayError], Handler], ...] = (
    (gateway.Unreachable, _unsent),
    (gateway.RateLimited, _slow_down),
    (gateway.Unavailable, _unavailable),
    (gateway.FileGone, _reload_files),
    (gateway.LineClosed, _pause),
    (gateway.Rejected, _fail),
    (gateway.AnsweredError, _failed_inside),
    (gateway.OutcomeUnknown, _lose),
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
    waiting_for = WaitingFor.LINE if isinstance(exc, gateway.LineClosed) else WaitingFor.SERVICE
    with transaction.atomic():
        wakes = _later(generation, until or timezone.now(), waiting_for, **counted)
        if wakes:
            _told(attempt, Attempt.Status.UNBILLED, exc)
    return wakes


def _told(attempt: Attempt, status: Attempt.Status, exc: gateway.GatewayError) -> None:
    attempt.settle(
        status, http_status=exc.http_status, error_type=exc.error_type[:60], request_id=exc.request_id[:100]
    )


# An upload that failed: nothing can have been charged -----------------------------------------------
def _without_upload(generation: Generation, exc: gateway.GatewayError) -> list[Wake]:
    log.warning("generation %s: upload: %s: %s", generation.pk, type(exc).__name__, exc)
    if isinstance(exc, gateway.Rejected):
        generation.end(Status.FAILED, Reason.REJECTED)
        return []
    if isinstance(exc, gateway.LineClosed):
        return _later(generation, _closed(exc, generation.tryon.model), WaitingFor.LINE)
    if isinstance(exc, gateway.Unreachable):
        account = site_gateway().account
        until = Line.objects.close(account, "", Line.Reason.UNREACHABLE, settings.BREAKER_SECONDS)
        return _later(generation, until)
    return _later(generation, _in(exc.retry_after or settings.BREAKER_SECONDS))


def _closed(exc: gateway.LineClosed | gateway.GatewayError, model: str) -> dt.datetime:
    """Pause the line that the error is about; the time when one job goes ahead to try it."""
    of_account = exc.http_status in (401, 402)
    return Line.objects.close(
        site_gateway().account,
        "" if of_account else model,
        LINE_REASONS.get(exc.http_status or 0, Line.Reason.FORBIDDEN),
        settings.LINE_RETRY_SECONDS,
        replacement=getattr(exc, "replacement", None),
    )


LINE_REASONS = {
    401: Line.Reason.KEY,
    402: Line.Reason.BALANCE,
    403: Line.Reason.FORBIDDEN,
    404: Line.Reason.UNKNOWN_MODEL,
    410: Line.Reason.RETIRED,
}


def _in(seconds: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=seconds)


def _backoff(generation: Generation) -> float:
    return float(min(300, 5 * 2**generation.sends))
