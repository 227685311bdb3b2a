"""What beat does: send lost wake-ups again, settle abandoned claims, adopt spooled answers, purge, renew."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from gallery import journal
from gallery.models import AuditEntry, Image
from tryon import catalogue, deletion, generation, outcomes, strays
from tryon.account import gateway
from tryon.accounts.models import User
from tryon.gateway import CatalogueModel, GatewayError
from tryon.models import Attempt, GatewayFile, Generation, Line, Offer, Price, Reference, TryOn
from tryon.models.money import CapReached
from tryon.wake import Wake

log = logging.getLogger(__name__)

AT_ONCE = 500  # rows that one sweep looks at; the next one takes the rest
LEFT_OVER_SECONDS = 600  # longer than any call takes


def sweep() -> list[Wake]:
    """Set right what a crash, a lost message or a paused worker left behind."""
    wakes = [*adopt(), *rescue()]
    for row in Generation.objects.queued_too_long()[:AT_ONCE]:
        row.expire()
    due = Generation.objects.due().values_list("pk", flat=True)[:AT_ONCE]
    bare = Image.objects.without_renditions().values_list("pk", flat=True)[:AT_ONCE]
    large = Reference.objects.without_small().values_list("pk", flat=True)[:AT_ONCE]
    wakes += [Wake("generate", pk) for pk in due]
    wakes += [Wake("render", pk) for pk in bare]
    return wakes + [Wake("shrink", pk) for pk in large]


def take_over() -> None:
    """Every claim is of a run that is over, and its worker with it: adopt and settle now, not by lease."""
    Generation.objects.end_leases()
    GatewayFile.objects.end_leases()
    sweep()


def adopt() -> list[Wake]:
    """Keep the pictures of whole answers whose worker did not live to do it."""
    wakes: list[Wake] = []
    for body in _spooled():
        attempt = _attempt_of(body)
        if attempt is None or attempt.generation.is_held():
            continue
        log.info("adopting the answer to %s", attempt)
        try:
            wakes += generation.finish(attempt, attempt.generation, body, patience=0)
        except Exception:  # one answer that cannot be kept must not keep the others from being kept
            log.exception("the answer to %s stays in the spool", attempt)
    return wakes


def rescue() -> list[Wake]:
    """Settle claims whose worker is gone: unknown when a call may have been sent, else once more."""
    for row in Generation.objects.abandoned().select_related("tryon__owner")[:AT_ONCE]:
        attempt = row.attempts.open().first()
        if attempt is not None:
            outcomes.lost_contact(attempt, row)
        elif row.crashes + 1 >= settings.MOST_CRASHES:
            row.end(Generation.Status.FAILED, Generation.Reason.CRASHED)
        else:
            row.requeue(None, crashes=1)
    return []


def purge() -> None:
    """Make deletions whole, and delete photos of people that nobody used for the promised time."""
    for image in Image.objects.wiped_with_files()[:AT_ONCE]:
        image.remove_files()
    for reference in Reference.objects.wiped_with_files()[:AT_ONCE]:
        reference.remove_files()
    journal.complete(AuditEntry.objects.lately_taken_back(timezone.now() - dt.timedelta(hours=1)))
    unused = timezone.now() - dt.timedelta(days=settings.PERSON_PHOTO_DAYS)
    for reference in Reference.objects.unused_since(unused).of_people()[:AT_ONCE]:
        deletion.delete_reference(reference, None)
    _sweep_spool()
    strays.remove(strays.part_now())


def refresh_catalogue() -> list[str] | None:
    """Learn which models there are, what they cost and which were retired; gives the ids that are to be had.

    None without an answer: then all stays as it is.
    """
    try:
        models = gateway().models()
    except GatewayError as exc:
        log.warning("the list of models could not be read: %s", exc)
        return None
    current = [model.id for model in models if model.makes_pictures and not model.is_retired]
    Offer.objects.learn(current)
    for model in models:
        if model.is_retired:
            _retire(model)
        for size, micros in model.prices.items():
            Price.objects.learn(model.id, size, micros)
    return current


def _retire(model: CatalogueModel) -> None:
    """Before anybody waits for it: a retired model that is offered is closed as its first 410 would."""
    account = gateway().account
    offered = model.id in Offer.objects.names(account)  # without those that are closed already
    if offered:
        seconds = settings.LINE_RETRY_SECONDS
        Line.objects.close(account, model.id, Line.Reason.RETIRED, seconds, replacement=model.replacement)


@dataclass(frozen=True, slots=True)
class Replaced:
    """Pictures that waited for a retired model: gone on, ended, or still waiting for money."""

    moved: int
    ended: int
    left: int = 0

    @property
    def waiting(self) -> int:
        return self.moved + self.ended + self.left


def forecast(line: Line) -> Replaced:
    """What `replace_model` would do to the pictures that wait now; no cap is looked at."""
    waiting = list(_waiting_for(line))
    ended = sum(row.count for row in waiting if _cannot_make(line.replacement, row))
    return Replaced(sum(row.count for row in waiting) - ended, ended)


def replace_model(line: Line, by: User) -> Replaced | None:
    """Offer the replacement in the retired model's place, and send what waits for it there.

    What the new model cannot make ends, and nothing is charged for it. What its price leaves no room for
    under a cap goes on waiting. None where the line names no replacement, or was settled before.
    """
    if not Line.objects.to_replace(line.account).filter(pk=line.pk).exclude(replacement="").exists():
        return None
    Offer.objects.put_in_place(line.model, line.replacement)
    AuditEntry.objects.record(
        by, AuditEntry.Action.MODEL_REPLACED, line, model=line.model, replacement=line.replacement
    )
    ended = sum(
        row.count for row in _waiting_for(line) if _cannot_make(line.replacement, row) and row.give_up_model()
    )
    tryons = TryOn.objects.filter(pk__in=_waiting_for(line).values("tryon_id")).select_related("owner")
    moved = sum(_move(tryon, line.replacement) for tryon in tryons)
    left = sum(row.count for row in _waiting_for(line))
    if not left:
        line.settle()
    Generation.objects.release()
    return Replaced(moved, ended, left)


def _waiting_for(line: Line) -> QuerySet[Generation]:
    waiting = Generation.objects.filter(status=Generation.Status.QUEUED, tryon__model=line.model)
    return waiting.select_related("tryon")


def _cannot_make(model: str, row: Generation) -> bool:
    tryon = row.tryon
    refused = catalogue.refusal(
        model,
        tryon.mode,
        references=tryon.inputs.values("reference").distinct().count(),
        size=tryon.size or None,
        aspect_ratio=tryon.aspect_ratio or None,
        n=tryon.wanted,
    )
    return bool(refused) or row.count > catalogue.family(model).most_pictures


def _move(tryon: TryOn, model: str) -> int:
    """Its waiting pictures go to another model, at that one's price; how many, 0 where a cap forbids it."""
    price = Price.objects.of_picture(model, tryon.size)
    try:
        with transaction.atomic():  # model and money together
            tryon.move_to(model)
            return sum(row.count for row in tryon.generations.all() if row.reprice(price))
    except CapReached as exc:
        log.warning("%s goes on waiting for a model: %s", tryon, exc)
        return 0


def open_line(line: Line, by: User) -> None:
    """Let work through again; what waited for the line is due at the next sweep."""
    line.open(by)
    Generation.objects.release()


def _spooled() -> Iterator[Path]:
    folder = Path(settings.SPOOL_DIR)
    return folder.glob("*.json") if folder.is_dir() else iter(())


def _attempt_of(body: Path) -> Attempt | None:
    try:
        pk = uuid.UUID(body.stem)
    except ValueError:
        return None
    return Attempt.objects.select_related("generation__tryon__owner").filter(pk=pk).first()


def _sweep_spool() -> None:
    """Half answers and folders of workers that died: nothing whole is ever named like that."""
    folder = Path(settings.SPOOL_DIR)
    if not folder.is_dir():
        return
    for left in folder.iterdir():
        if left.suffix != ".json" and time.time() - left.stat().st_mtime > LEFT_OVER_SECONDS:
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
