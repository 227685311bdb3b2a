"""Worker side: run one generation, from the claim to its pictures.

claim ─► references ready ─► prompt ─► intent row committed ─► POST ─► spool ─► finish in one transaction
Nothing here enqueues: the functions return messages, and the task that called them sends those.
"""

from __future__ import annotations

import io
import logging
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage

from gallery import pictures, renditions
from gallery.models import Image
from tryon import gateway
from tryon.gateway import answer, spool
from tryon.models import Attempt, CircuitBreaker, Generation, Offer, PendingDeletion, Price, TryOn, TryOnInput
from tryon.models.attempt import StoredPicture
from tryon.models.pending_deletion import FINISHED_AFTER
from tryon.pipeline import orphaned_files, outcomes, payload, references
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.gateway_client import gateway_client, release_connection
from tryon.rules.model_families import Family

log = logging.getLogger(__name__)

Status, FailureReason, WaitingFor = Generation.Status, Generation.FailureReason, Generation.WaitingFor
# Seconds that a worker tries for a picture that was answered as an address: less than the minute by which
# the lease of an intent outlasts its call, so that the claim still holds when the picture is kept.
FETCH_PATIENCE = 40
FETCH_SECONDS = 15  # for one of these tries
TRY_HOURS = 1  # that a paid answer is tried again whose picture does not come, or does not get opened
EARLY = {"small": Image.SIZES["small"]}  # copies that are there when the page is told


def run_generation(generation_id: uuid.UUID) -> list[TaskMessage]:
    """Run a generation if it is due; any number of deliveries cost nothing more."""
    generation = Generation.objects.claim(generation_id)
    if generation is None:
        return []
    tryon = generation.tryon
    account = gateway_client().account
    if pending := PendingDeletion.objects.of(tryon.pk):  # it may be taken back: nothing is paid meanwhile
        return outcomes.later(generation, pending.at + 2 * FINISHED_AFTER, "")
    if tryon.deleted_at:
        generation.end(Status.FAILED, FailureReason.DELETED)
        return []
    # Before anything is uploaded: pictures need not travel for a call that may not be sent.
    if until := CircuitBreaker.objects.wait_for(account, tryon.model):
        return outcomes.later(generation, until, outcomes.waiting_for_connection(account, tryon.model))
    inputs, takes = tryon.ordered_inputs(), Offer.objects.takes_of(tryon.model)
    if not all(row.is_consented for row in inputs):  # accepted by a version that did not ask in every role
        generation.end(Status.FAILED, FailureReason.NO_CONSENT)
        return []
    try:
        copies = references.ready(
            [row.reference for row in inputs],
            as_addresses=takes.edits,
            in_order=tryon.mode == TryOn.Mode.COMPOSE,
        )
    except references.InputGone:
        generation.end(Status.FAILED, FailureReason.INPUT_GONE)
        return []
    except references.StillUploading:
        return outcomes.later(generation, outcomes.soon(2), WaitingFor.UPLOAD)
    except gateway.GatewayError as exc:
        return outcomes.without_upload(generation, exc)
    return _send(generation, takes, inputs, copies)


def _send(
    generation: Generation,
    takes: Family,
    inputs: Sequence[TryOnInput],
    copies: Sequence[payload.OutgoingReference],
) -> list[TaskMessage]:
    tryon = generation.tryon
    # Asked again: uploads may have taken a minute, and the stop switch is for every call that has not left.
    if CircuitBreaker.objects.everything_stopped():
        return outcomes.later(generation, outcomes.soon(settings.BREAKER_SECONDS), WaitingFor.CONNECTION)
    prompt = payload.build_prompt(tryon, inputs, copies, generation.mends)
    call = payload.build_request(tryon, takes, prompt.text, copies, generation.count)
    # From here on a crash means that nobody knows, never that nothing was sent.
    attempt = generation.intend(
        model=tryon.model,
        prompt=prompt.text,
        prompt_version=prompt.version,
        file_ids=list(call.file_ids),
        sent_as=payload.describe_transport(copies),
        price_micros=Price.objects.of_request(tryon.model, takes, tryon.size, tryon.mode),
    )
    if attempt is None:
        return []
    body = spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    release_connection()
    try:
        gateway_client().generate(call, body, seconds=settings.GENERATION_SECONDS)
    except gateway.GatewayError as exc:
        return outcomes.without_answer(attempt, generation, exc)
    return finish(attempt, generation, body)


# An answer with a body ------------------------------------------------------------------------------
def spooled(attempt: Attempt) -> Path:
    """Where the raw answer to an attempt rests until its pictures are kept."""
    return Path(settings.SPOOL_DIR) / f"{attempt.pk}.json"


def finish(
    attempt: Attempt, generation: Generation, body: Path, patience: float = FETCH_PATIENCE
) -> list[TaskMessage]:
    """Keep the pictures of a spooled answer, in the worker that got it or in the sweep that found it.

    Whatever goes wrong on our side leaves the answer where it is: it was paid for, and is tried again. So
    does an address in it that does not answer for `patience` seconds, until it is an hour old.
    """
    messages: list[TaskMessage] = []
    with spool.hold(body), TemporaryDirectory(dir=settings.SPOOL_DIR) as folder:
        try:
            # Read anew: the sweep, or a worker that was slow, may have kept this answer already.
            if Attempt.objects.could_be_adopted().filter(pk=attempt.pk).exists():
                release_connection()
                found = answer.read(body, Path(folder))
                is_last_try = _age(body) > TRY_HOURS * 3600
                _fetch(found, Path(folder), patience, is_last_try=is_last_try)
                messages = _finish(attempt, generation, found, body, is_last_try=is_last_try)
            else:
                orphaned_files.remove_of(attempt)
        except answer.BrokenAnswer:
            log.exception("generation %s: the answer is not whole", generation.pk)
            messages = outcomes.lose(attempt, generation, gateway.OutcomeUnknown("the answer is not whole"))
        except gateway.Unreachable as exc:
            log.warning("generation %s: its picture waits at an address: %s", generation.pk, exc)
            return []
        except pictures.Unopened:
            log.warning("generation %s: its picture is opened another time", generation.pk)
            return []
        except FileNotFoundError:
            if body.exists() and Path(folder).exists():
                raise
            log.warning("generation %s: others have tidied up meanwhile", generation.pk)
            return []  # they kept the answer, or still find it where it is
    body.unlink(missing_ok=True)  # only now: its pictures and its money are committed
    return messages


def _age(body: Path) -> float:
    return time.time() - body.stat().st_mtime


def _fetch(found: answer.Answer, folder: Path, patience: float, *, is_last_try: bool) -> None:
    """Bring the pictures that were answered as addresses; raises Unreachable where one may come later.

    One that will never come stays without a file: it was paid for, and cannot be opened.
    """
    until = time.monotonic() + patience  # for all of them: the claim's lease goes on meanwhile
    for number, picture in enumerate(found.pictures):
        if picture.file or not picture.url:
            continue
        release_connection()
        file = folder / f"fetched-{number}"
        try:
            _fetch_patiently(picture.url, file, until)
            picture.file = file
        except gateway.Rejected as exc:
            log.error("picture %d cannot be fetched: %s", number, exc)
        except gateway.Unreachable as exc:
            if not is_last_try:
                raise
            log.error("picture %d was not there for an hour: %s", number, exc)


def _fetch_patiently(url: str, file: Path, until: float) -> None:
    """A result may be fetched as often as one likes: only making it is paid."""
    pause = 0.5
    while True:
        try:
            return gateway_client().fetch(url, file, seconds=FETCH_SECONDS)
        except gateway.Unreachable:
            if time.monotonic() + pause > until:
                raise
            time.sleep(pause)
            pause *= 2


def _finish(
    attempt: Attempt, generation: Generation, found: answer.Answer, body: Path, *, is_last_try: bool
) -> list[TaskMessage]:
    if found.error:
        return outcomes.answered_with_error(attempt, generation, found)
    # Bytes before rows: a crash between them leaves files that no row names, which are found and deleted.
    stored = [_stored(attempt, n, picture, is_last_try) for n, picture in enumerate(found.pictures, 1)]
    opened = [picture for picture in stored if picture]
    made = _distinct(opened)
    raw = attempt.store_raw_answer(body) if len(opened) < len(stored) else ""
    if raw and not made and generation.leave_unreadable(attempt, raw):
        log.error("generation %s: its picture came and cannot be opened yet", generation.pk)
        return _resumed(generation)
    reason = FailureReason.UNREADABLE if stored else FailureReason(found.says)
    if not generation.finish(attempt, made, len(stored), reason, words=found.words, raw_answer=raw):
        _forget(opened)
        attempt.forget_unnamed(raw)
        return []
    _forget([picture for picture in opened if picture not in made])
    if attempt.raw_answer and not raw:  # it had been left for later, and opened now
        attempt.raw_answer.storage.delete(str(attempt.raw_answer))
    generation.refresh_from_db()
    if generation.dropped_at:  # deleted while the call ran: it was paid for, and nobody may see it
        _delete(made)
        generation.attempts.all().forget_raw_answers()
    log.info("generation %s: %s, %d pictures", generation.pk, generation.status, len(made))
    images = generation.results.values_list("image_id", flat=True)
    return [*(TaskMessage("render", pk) for pk in images), *_resumed(generation)]


def _distinct(opened: Sequence[StoredPicture]) -> list[StoredPicture]:
    """Of pictures with the same pixels the first alone is shown; all of them were paid for."""
    first: dict[str, StoredPicture] = {}
    for picture in opened:
        first.setdefault(picture.pixels, picture)
    return list(first.values())


def _forget(made: Sequence[StoredPicture]) -> None:
    """Another process settled this answer before: what nobody shows must not stay behind."""
    shown = Image.objects.filter(original__in=[picture.name for picture in made])
    kept = set(shown.values_list("original", flat=True))
    _delete([picture for picture in made if picture.name not in kept])


def _delete(made: Sequence[StoredPicture]) -> None:
    for name in [name for picture in made for name in picture.names]:
        default_storage.delete(name)


def _resumed(generation: Generation) -> list[TaskMessage]:
    """An answer came through: if the connection was paused, everything that waits for it goes on."""
    if not CircuitBreaker.objects.resume_after_success(gateway_client().account, generation.tryon.model):
        return []
    return outcomes.released()


def _stored(
    attempt: Attempt, number: int, picture: answer.AnsweredPicture, is_last_try: bool
) -> StoredPicture | None:
    """Keep one picture as it was received, and its small copy; None when it cannot be opened.

    Raises Unopened where it may open another time: the machine was short of memory, or its address gave
    something else.
    """
    if picture.file is None:
        return None
    try:
        seen = pictures.inspect(picture.file, EARLY)
    except pictures.BadPicture as exc:
        if not is_last_try and (picture.url or isinstance(exc, pictures.Unopened)):
            raise pictures.Unopened(exc.code) from exc  # at its address there may be a picture later
        log.exception("attempt %s: picture %d cannot be opened", attempt.pk, number)
        return None
    stem = f"{attempt.pk.hex}-{number}"
    name = f"originals/{stem[:2]}/{stem}{renditions.ENDINGS[seen.content_type]}"
    with picture.file.open("rb") as content:
        name = default_storage.save(name, File(content))
    small, mark = "", attempt.generation.tryon.source_type.mark
    if copy := seen.copies.get("small"):
        small = renditions.store(stem, "small", ".webp", mark, io.BytesIO(copy))
    facts = seen.content_type, seen.width, seen.height, picture.revised_prompt, seen.pixels
    return StoredPicture(name, *facts, small=small)
