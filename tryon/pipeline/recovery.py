"""What beat does: send lost messages again, settle abandoned claims, purge, renew.

And what each machine does for itself, since nobody else can: adopt the answers in its own spool.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from gallery import deletion_log
from gallery.models import AuditEntry, Image, Report, ShareTry
from gallery.models.sharing.share import forget_ended_sharing
from tryon.accounts.models import RateLimit, User
from tryon.gateway import FileGone, GatewayError, Rejected, spool
from tryon.models import (
    Attempt,
    Budget,
    CircuitBreaker,
    GatewayFile,
    Generation,
    ImageInput,
    Mail,
    Notification,
    PendingDeletion,
    Reference,
)
from tryon.models.money.budget import first_day_of_addresses
from tryon.pipeline import orphaned_files, outcomes, references, run
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.gateway_client import gateway_client
from tryon.pipeline.notifications import batches
from tryon.pipeline.privacy import deletion, erasure, undo

log = logging.getLogger(__name__)

ERASING_SECONDS = 120  # of one purge, for what accounts that were erased still have
AT_ONCE = 500  # rows that one sweep looks at; the next one takes the rest
RAW_ANSWERS_KEPT = dt.timedelta(days=30)  # those that nobody could open
# Old rows that one sweep says the source type of: their copies are marked beside those of new pictures.
FILLED_AT_ONCE = 100
NAMED_AT_ONCE = 500  # old rows that are named in one transaction, and so many of those in one sweep:
NAMED_TIMES = 4  # a million in about four hours
MEASURED_AT_ONCE = 50  # pictures that one sweep orders to be looked at for flags: seconds of a core
LATELY = dt.timedelta(hours=1)  # more than lies between two purges
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - in place of one: allauth keeps it with each session
LEFT_OVER_SECONDS = 600  # longer than any call takes
JUST_SPOOLED_SECONDS = 10  # within which its worker takes hold of a whole answer


def sweep() -> list[TaskMessage]:
    """Set right what a crash, a lost message or a paused worker left behind."""
    # What is due comes last, as the steps before it put claims back into the queue.
    recover_abandoned()
    for press in undo.due():
        _isolated(partial(undo.finish, press))
    for row in Generation.objects.queued_too_long()[:AT_ONCE]:
        _isolated(row.expire)
    due = Generation.objects.due().values_list("pk", flat=True)[:AT_ONCE]
    Image.objects.fill_source_types(FILLED_AT_ONCE)
    for _ in range(NAMED_TIMES):
        if ImageInput.objects.fill(NAMED_AT_ONCE) < NAMED_AT_ONCE:
            break
    bare = Image.objects.without_renditions().values_list("pk", flat=True)[:AT_ONCE]
    unmeasured = Image.objects.unmeasured().values_list("pk", flat=True)[:MEASURED_AT_ONCE]
    large = Reference.objects.without_copies().values_list("pk", flat=True)[:AT_ONCE]
    messages = [TaskMessage("generate", pk) for pk in due]
    messages += [TaskMessage("render", pk) for pk in bare]
    messages += [TaskMessage("shrink", pk) for pk in large]
    messages += [TaskMessage("measure", pk) for pk in unmeasured]
    for owner, kind in Notification.objects.due()[:AT_ONCE] if settings.SENDS_MAIL else ():
        _isolated(partial(batches.write_mail, owner, kind))
    mails = Mail.objects.due().values_list("pk", flat=True)[:AT_ONCE]
    return messages + [TaskMessage("send_mail", pk) for pk in mails]


def take_over() -> None:
    """Every claim is of a run that is over, and its worker with it: adopt and settle now, not by lease."""
    Generation.objects.end_leases()
    GatewayFile.objects.end_leases()
    sweep_spool()  # first: a claim whose answer rests there would else be settled as unknown
    sweep()


def sweep_spool() -> list[TaskMessage]:
    """Adopt whole answers in the spool of this machine, and remove half ones.

    It is known here alone that their workers died, also while their claims hold. Several workers may share
    the folder: one at a time looks after it.
    """
    folder = Path(settings.SPOOL_DIR)
    if not folder.is_dir():
        return []
    lock = folder.with_name(f"{folder.name}.lock")
    lock.touch(mode=0o600)
    with spool.hold(lock) as is_ours:
        if not is_ours:
            return []
        messages = [message for body in folder.glob("*.json") for message in _adopted(body)]
        for left in folder.iterdir():
            with suppress(FileNotFoundError):  # workers come to an end with theirs all the time
                _remove_left_over(left)
        return messages


def _adopted(body: Path) -> list[TaskMessage]:
    attempt = _attempt_of(body)
    if attempt is None or (attempt.generation.is_held() and _is_in_hand(body)):
        return []  # nobody's, or of a worker that keeps it itself
    log.info("adopting the answer to %s", attempt)
    try:
        return run.finish(attempt, attempt.generation, body, patience=0)
    except Exception:  # one answer that cannot be kept must not keep the others from being kept
        log.exception("the answer to %s stays in the spool", attempt)
    return []


def _is_in_hand(body: Path) -> bool:
    """Whether its worker lives and is at it, or about to be."""
    with suppress(FileNotFoundError):
        return spool.is_held(body) or time.time() - body.stat().st_mtime < JUST_SPOOLED_SECONDS
    return True


def reopen(attempt: Attempt) -> list[TaskMessage] | None:
    """Staff try a raw answer again; None where it still cannot be opened, or is not there any more.

    It goes through the spool, so that what is merely late is tried for an hour more.
    """
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    try:
        with attempt.raw_answer.open("rb") as stored, spool.atomic_write(body) as out:
            shutil.copyfileobj(stored, out)
    except (FileNotFoundError, ValueError):  # the file, or its name, went meanwhile
        return None
    messages = run.finish(attempt, attempt.generation, body, patience=0)
    attempt.refresh_from_db()
    return messages if attempt.status == Attempt.Status.OK else None


def recover_abandoned() -> None:
    """Settle claims whose worker is gone: unknown when a call may have been sent, else once more."""
    for row in Generation.objects.abandoned().select_related("tryon__owner")[:AT_ONCE]:
        _isolated(partial(_rescued, row))


def _rescued(row: Generation) -> None:
    attempt = row.attempts.open().first()
    if attempt is not None:  # its intent was committed, so the call may have left
        outcomes.lost_contact(attempt, row)
    elif row.crashes + 1 >= settings.MOST_CRASHES:
        row.end(Generation.Status.FAILED, Generation.FailureReason.CRASHED)
    else:
        row.requeue(None, crashes=1)


def _isolated(settle: Callable[[], object]) -> None:
    """One row that cannot be settled must not keep the others from being settled."""
    try:
        settle()
    except DatabaseError:
        log.exception("%s is left to the next sweep", settle)


def _forget_addresses() -> None:
    """What guests' pictures were counted by is kept for two days, in budgets and in generations alike."""
    first_kept = first_day_of_addresses(timezone.now())
    past = Budget.objects.past_addresses(first_kept)
    if past.exists():
        with transaction.atomic():  # at no moment do the books tell of a row that is not there
            Generation.objects.forget_addresses(first_kept)
            past.delete()


def purge() -> None:
    """Make deletions whole, and delete what has been kept for the promised time: photos, guests, counters."""
    _forget_addresses()
    pending = PendingDeletion.objects.subjects()
    for image in Image.objects.wiped_with_files().exclude(pk__in=pending)[:AT_ONCE]:
        image.remove_files()
    for reference in Reference.objects.wiped_with_files().exclude(pk__in=pending)[:AT_ONCE]:
        reference.remove_files()
    # Lines that could not be written when the deletion was committed: a full disk, or a crash right then.
    deletion_log.complete(AuditEntry.objects.lately_taken_back(timezone.now() - LATELY))
    erasure.finish_all(ERASING_SECONDS)
    ImageInput.objects.forget_deleted(timezone.now() - LATELY)
    forget_ended_sharing(AT_ONCE)
    unused = timezone.now() - dt.timedelta(days=settings.PERSON_PHOTO_DAYS)
    for reference in Reference.objects.unused_since(unused).of_people()[:AT_ONCE]:
        deletion.delete_reference(reference, None)
    part, now = orphaned_files.part_due_now(), timezone.now()
    deletion.delete_what_became_no_tryon(now, AT_ONCE)
    deletion.delete_gone_guests(now, part, orphaned_files.PARTS)
    RateLimit.objects.forget_past(now)
    ShareTry.objects.forget_past(now)
    Report.objects.forget_senders(now)
    Notification.objects.past().delete()
    _forget_sessions()
    batches.remind_reviewers(now)
    Attempt.objects.to_forget(now - RAW_ANSWERS_KEPT).forget_raw_answers()
    if settings.SANDBOX:
        _take_back()
    orphaned_files.remove(part)


def _forget_sessions() -> None:
    """Which browsers are logged in is known while they are; from where, only until the next purge."""
    SessionStore.clear_expired()
    alive = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=alive).delete()
    UserSession.objects.exclude(ip=NO_ADDRESS).update(ip=NO_ADDRESS)


def _take_back() -> None:
    """Have the sandbox forget photos that were deleted here; of the real gateway nobody can ask that."""
    gateway = gateway_client()
    for row in GatewayFile.objects.to_take_back(gateway.account)[:AT_ONCE]:
        try:
            gateway.forget(row.file_id)
        except (FileGone, Rejected):  # its seven days were over
            pass
        except GatewayError as exc:
            log.warning("the sandbox keeps deleted photos until the next purge: %s", exc)
            return
        row.taken_back()


def empty_journal() -> None:
    """Let SQLite's write-ahead log begin anew: until then it holds what was deleted."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def renew() -> None:
    """Keep what people use at the gateway: upload it again before its copy there ends."""
    if not references.uploads_are_open():
        return
    for row in GatewayFile.objects.ending(gateway_client().account).select_related("reference")[:AT_ONCE]:
        try:
            references.renew(row)
        except (references.InputGone, references.StillUploading) as exc:
            log.warning("the copy of reference %s was not renewed: %r", row.reference_id, exc)
        except GatewayError as exc:  # the others would fare no better; the next hour tries again
            log.warning("no copy is renewed now: %s", exc)
            return


def resume(breaker: CircuitBreaker, by: User) -> list[TaskMessage]:
    """Let work through again; what waited for it is due now."""
    breaker.resume(by)
    return outcomes.released()


def _attempt_of(body: Path) -> Attempt | None:
    try:
        pk = uuid.UUID(body.stem)
    except ValueError:
        return None
    return Attempt.objects.select_related("generation__tryon__owner").filter(pk=pk).first()


def _remove_left_over(left: Path) -> None:
    """Half answers and folders of workers that died: nothing whole is ever named like that."""
    if left.suffix == ".json" or time.time() - left.stat().st_mtime <= LEFT_OVER_SECONDS:
        return
    if left.is_dir():
        shutil.rmtree(left)
    elif not spool.is_held(left):  # a worker may have been paused amid its call for all that time
        left.unlink()
