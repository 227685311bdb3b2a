"""Worker side: run one generation, from the claim to its pictures.

claim ─► references ready ─► prompt ─► intent row committed ─► POST ─► spool ─► finish in one transaction
Nothing here enqueues: the functions return wake-ups, and the task that called them sends those.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection

from gallery import pictures
from tryon import answer, gateway, outcomes, prompts, references
from tryon.account import gateway as site_gateway
from tryon.models import Attempt, Generation, Line, Price
from tryon.models.generation import Made
from tryon.wake import Wake

log = logging.getLogger(__name__)

Status, Reason, WaitingFor = Generation.Status, Generation.Reason, Generation.WaitingFor
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


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
        return outcomes.later(generation, until, WaitingFor.LINE)
    try:
        file_ids = references.ready([row.reference for row in tryon.ordered_inputs()])
    except references.InputGone:
        generation.end(Status.FAILED, Reason.INPUT_GONE)
        return []
    except references.StillUploading:
        return outcomes.later(generation, outcomes.soon(2), WaitingFor.UPLOAD)
    except gateway.GatewayError as exc:
        return outcomes.without_upload(generation, exc)
    return _send(generation, file_ids)


def _send(generation: Generation, file_ids: list[str]) -> list[Wake]:
    tryon = generation.tryon
    if Line.objects.everything_stopped():
        return outcomes.later(generation, outcomes.soon(settings.BREAKER_SECONDS), WaitingFor.LINE)
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
        return outcomes.without_answer(attempt, generation, exc)
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
            wakes = outcomes.lose(attempt, generation, gateway.OutcomeUnknown("the answer is not whole"))
    body.unlink(missing_ok=True)
    return wakes


def _finish(attempt: Attempt, generation: Generation, found: answer.Answer) -> list[Wake]:
    made = [m for n, picture in enumerate(found.pictures, 1) if (m := _stored(attempt, n, picture))]
    if not generation.finish(attempt, made, returned=len(found.pictures)):
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
