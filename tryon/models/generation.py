from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from gallery.models import Image
from tryon import clock
from tryon.accounts.models import User
from tryon.models.money import Amount, Budget
from tryon.models.tryon import TryOn

if TYPE_CHECKING:
    from tryon.models.attempt import Attempt


@dataclass(frozen=True, slots=True)
class Made:
    """A picture of a finished answer, stored: its storage name and what it is."""

    name: str
    content_type: str
    width: int
    height: int
    revised_prompt: str


class GenerationQuerySet(models.QuerySet["Generation"]):
    def claim(self, pk: uuid.UUID) -> Generation | None:
        """Take a queued generation that is due; each claim raises the fence. None: nothing to do.

        The WHERE names columns of this row only, so that one of two racing workers gets it.
        """
        now = clock.now()
        due = Q(not_before=None) | Q(not_before__lte=now)
        lease = now + dt.timedelta(seconds=settings.CLAIM_LEASE_SECONDS)
        queued = self.filter(pk=pk, status=Generation.Status.QUEUED).filter(due)
        if not queued.update(
            status=Generation.Status.RUNNING, fence=F("fence") + 1, lease_until=lease, waiting_for=""
        ):
            return None
        return self.select_related("tryon__owner").get(pk=pk)

    def due(self) -> Self:
        """Queued with nothing in the way: their wake-ups may have been lost."""
        due = Q(not_before=None) | Q(not_before__lte=clock.now())
        return self.filter(due, status=Generation.Status.QUEUED).order_by("created_at")

    def abandoned(self) -> Self:
        return self.filter(status=Generation.Status.RUNNING, lease_until__lt=clock.now())

    def end_leases(self) -> None:
        self.filter(status=Generation.Status.RUNNING).update(lease_until=clock.now())

    def queued_too_long(self) -> Self:
        limit = clock.now() - dt.timedelta(hours=settings.QUEUED_HOURS)
        return self.filter(status=Generation.Status.QUEUED, created_at__lt=limit)

    def release(self) -> list[uuid.UUID]:
        """A line opened: what waited for it is due now."""
        waiting = [Generation.WaitingFor.LINE, Generation.WaitingFor.SERVICE, Generation.WaitingFor.MODEL]
        queued = self.filter(status=Generation.Status.QUEUED, waiting_for__in=waiting)
        ids = list(queued.values_list("pk", flat=True))
        self.filter(pk__in=ids, status=Generation.Status.QUEUED).update(not_before=None, waiting_for="")
        return ids

    def unfinished(self) -> Self:
        return self.filter(status__in=[Generation.Status.QUEUED, Generation.Status.RUNNING])


class Generation(models.Model):
    """One paid call for `count` pictures.

    queued ─► running ─► done      (its pictures, or dropped_at after deletion)
                 ├─► refused       (the model gave no picture)
                 ├─► failed        (rejected, or out of sends, or queued too long; nothing charged)
                 ├─► unknown       (may have been charged) ─► done (adopted late)
                 └─► queued        only when nothing can have been charged
    queued ─► cancelled
    Every write after the claim names its fence, so a worker that was paused cannot write old truth.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Working"
        DONE = "done", "Ready"
        REFUSED = "refused", "No picture made"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Contact lost"
        CANCELLED = "cancelled", "Cancelled"

    ENDED = (Status.DONE, Status.REFUSED, Status.FAILED, Status.UNKNOWN, Status.CANCELLED)

    class Reason(models.TextChoices):
        """Why it failed, or was refused."""

        NO_PICTURE = "no_picture", "The model made no picture from these photos"
        UNREADABLE = "unreadable", "A picture came that cannot be opened"
        REJECTED = "rejected", "The service did not accept the request"
        TOO_MANY_SENDS = "too_many_sends", "The service was busy each time we asked"
        TOO_LONG = "too_long", "The service could not be reached for a day"
        CRASHED = "crashed", "Something in the request stopped our own worker"
        INPUT_GONE = "input_gone", "A photo was deleted before it was used"
        DELETED = "deleted", "The try-on was deleted"
        RETIRED = "retired", "Its model was retired, and the new one cannot make this"

    class WaitingFor(models.TextChoices):
        """Why a queued one cannot run now; empty means: for its turn."""

        LINE = "line", "Try-ons are paused"
        MODEL = "model", "Another model: this one was retired"
        SERVICE = "service", "The service"
        UPLOAD = "upload", "The upload of a photo"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tryon = models.ForeignKey(TryOn, on_delete=models.PROTECT, related_name="generations")
    number = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField()
    repeats = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeated_by"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(max_length=15, choices=Reason, blank=True)
    waiting_for = models.CharField(max_length=10, choices=WaitingFor, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    sends = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    file_repairs = models.PositiveSmallIntegerField(default=0)
    reserved_micros = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tryon", "number"], name="generation_number_once"),
            models.CheckConstraint(
                name="generation_running_has_lease",
                condition=Q(status="running", lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_until=None)),
            ),
            models.CheckConstraint(
                name="generation_ended_has_time",
                condition=Q(status__in=["queued", "running"], ended_at=None)
                | (~Q(status__in=["queued", "running"]) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="generation_reason_says_why",
                condition=Q(status__in=["refused", "failed"]) | Q(reason=""),
            ),
        ]
        indexes = [
            # Read by: the sweep, who is ahead, the metrics. Of all rows: SQLite knows no partial index again
            # in a condition on status with parameters.
            models.Index(fields=["status", "created_at"], name="generation_state"),
            # Read by: the usual time of a model.
            models.Index(fields=["-ended_at"], name="generation_recent", condition=Q(status="done")),
            # Read by: the metrics, for those of the last hour.
            models.Index(fields=["ended_at"], name="generation_ended", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"generation {str(self.pk)[:8]}"

    @property
    def reservation(self) -> Amount:
        return Amount(self.count, self.reserved_micros)

    @property
    def is_ended(self) -> bool:
        return self.status in Generation.ENDED

    # While it runs ------------------------------------------------------------------------------------
    def _mine(self) -> models.QuerySet[Generation]:
        """This claim, while it holds: the fence tells claims apart, the lease whether it was prolonged."""
        return Generation.objects.filter(
            pk=self.pk, status=Generation.Status.RUNNING, fence=self.fence, lease_until=self.lease_until
        )

    def intend(self, **facts: object) -> Attempt | None:
        """Commit that a call is about to be sent, with the facts of its attempt; None: the claim was lost."""
        now = clock.now()
        lease = now + dt.timedelta(seconds=settings.INTENT_LEASE_SECONDS)
        with transaction.atomic(durable=True):  # nothing is sent before this row is on disk
            if not self._mine().update(lease_until=lease, sent_at=now):
                return None
            self.lease_until = lease
            return self.attempts.create(fence=self.fence, **facts)

    def requeue(self, not_before: dt.datetime | None, waiting_for: str = "", **counted: int) -> bool:
        """Back into the queue, only when nothing can have been charged. `counted` adds to its counters."""
        changes = {name: F(name) + by for name, by in counted.items()}
        return bool(
            self._mine().update(
                status=Generation.Status.QUEUED,
                lease_until=None,
                not_before=not_before,
                waiting_for=waiting_for,
                fence=F("fence") + 1,
                **changes,
            )
        )

    def end(self, status: Status, reason: str = "", *, of: models.QuerySet[Generation] | None = None) -> bool:
        """End it without a picture, and settle its money; False when it was not ours to end."""
        unknown = status == Generation.Status.UNKNOWN
        with transaction.atomic():  # state and money together
            moved = (self._mine() if of is None else of).update(
                status=status, reason=reason, lease_until=None, ended_at=timezone.now(), waiting_for=""
            )
            if moved:
                self.refresh_from_db(fields=["reserved_micros"])  # it may have been repriced meanwhile
                risk = {"at_risk": self.reservation} if unknown else {}
                Budget.objects.move(self._owner_now(), self.created_at, reserved=-self.reservation, **risk)
        return bool(moved)

    def cancel(self) -> bool:
        """Take it out of the queue; False when it was sent already."""
        queued = Generation.objects.filter(pk=self.pk, status=Generation.Status.QUEUED)
        return self.end(Generation.Status.CANCELLED, of=queued)

    def expire(self) -> bool:
        """Queued for too long: give up, nothing was charged."""
        queued = Generation.objects.filter(pk=self.pk, status=Generation.Status.QUEUED)
        return self.end(Generation.Status.FAILED, Generation.Reason.TOO_LONG, of=queued)

    def give_up_model(self) -> bool:
        """Waiting for a model that was retired, and nothing else can make it: nothing was charged."""
        queued = Generation.objects.filter(pk=self.pk, status=Generation.Status.QUEUED)
        return self.end(Generation.Status.FAILED, Generation.Reason.RETIRED, of=queued)

    def reprice(self, micros: int) -> bool:
        """While it waits: set aside what a picture costs with another model. Call it in a transaction.

        Raises CapReached; False when it does not wait any more, or was repriced meanwhile.
        """
        whole = micros * self.count
        queued = Generation.objects.filter(
            pk=self.pk, status=Generation.Status.QUEUED, reserved_micros=self.reserved_micros
        )
        if not queued.update(reserved_micros=whole):
            return False
        more = Amount(0, whole - self.reserved_micros)
        if more.micros > 0:
            Budget.objects.reserve(self._owner_now(), more, self.created_at)
        else:
            Budget.objects.move(self._owner_now(), self.created_at, reserved=more)
        return True

    def is_held(self) -> bool:
        """Whether a living worker may be at it."""
        return self.lease_until is not None and self.lease_until > clock.now()

    def finish(self, attempt: Attempt, made: Sequence[Made], returned: int) -> bool:
        """Keep the pictures of a whole answer, once; late answers of unknown generations are adopted.

        `returned` pictures are paid for, also those that cannot be opened. No picture at all is a refusal.
        After deletion the call is settled and no picture kept. False when this answer was settled before,
        or the generation had ended otherwise.
        """
        spent = Amount(returned, attempt.price_micros * returned)
        with transaction.atomic():  # the answer, its pictures and its money, or nothing
            # This UPDATE also waits for a deletion in progress, and makes a later one wait for us.
            kept = TryOn.objects.filter(pk=self.tryon_id, deleted_at=None).update(deleted_at=None)
            reason = (
                "" if made else Generation.Reason.UNREADABLE if returned else Generation.Reason.NO_PICTURE
            )
            held = self._settle(attempt, reason, dropped=not kept)
            if held is None:
                return False
            Budget.objects.move(
                self._owner_now(), self.created_at, **{held: -self.reservation, "spent": spent}
            )
            attempt.answered(len(made), returned)
            if kept:
                self._keep(made)
            else:
                self.attempts.all().forget_words()
        return True

    def _owner_now(self) -> User:
        """Read anew: a guest who logged in since the claim has become, or joined, an account."""
        return User.objects.get(tryons=self.tryon_id)

    def _settle(self, attempt: Attempt, reason: str, *, dropped: bool) -> str | None:
        """End it, refused where there is a reason, from running under this attempt's fence, or from unknown.

        Gives the budget column that held its money until now; None when there was nothing to end.
        """
        now = timezone.now()
        changes = {
            "status": Generation.Status.REFUSED if reason else Generation.Status.DONE,
            "reason": reason,
            "lease_until": None,
            "ended_at": now,
            "waiting_for": "",
            "dropped_at": now if dropped else None,
        }
        rows = Generation.objects.filter(pk=self.pk)
        if rows.filter(status=Generation.Status.RUNNING, fence=attempt.fence).update(**changes):
            return "reserved"
        return "at_risk" if rows.filter(status=Generation.Status.UNKNOWN).update(**changes) else None

    def _keep(self, made: Sequence[Made]) -> None:
        owner = self._owner_now()
        for n, picture in enumerate(made, 1):
            image = Image.objects.create(
                owner=owner,
                original=picture.name,
                content_type=picture.content_type,
                width=picture.width,
                height=picture.height,
                sandbox=settings.SANDBOX,
            )
            self.results.create(image=image, position=n, revised_prompt=picture.revised_prompt)
