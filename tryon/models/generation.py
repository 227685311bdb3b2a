from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import Image, RejectionReason
from gallery.models.fields import LabelledField
from tryon.accounts.models import User
from tryon.models import clock, states
from tryon.models.attempt import Attempt, Result, StoredPicture
from tryon.models.generation_queryset import GenerationQuerySet
from tryon.models.mails.notification import Notification
from tryon.models.money.budget import Amount, Budget, BudgetKey, counted_before
from tryon.models.money.ledger import Entry
from tryon.models.pending_deletion import PendingDeletion
from tryon.models.states import UNFINISHED, AttemptStatus, GenerationStatus
from tryon.models.tryon import TryOn

Kind = Entry.Kind


class Generation(models.Model):
    """One paid call for `count` pictures.

    queued ─► running ─► done      (its pictures, or dropped_at after deletion)
                 ├─► refused       (the model gave no picture)
                 ├─► failed        (rejected, or out of sends, or queued too long; nothing charged)
                 ├─► unknown       (may have been charged; staff may settle it as made or not made)
                 │      └─► done   (its answer was found late)
                 └─► queued        only when nothing can have been charged
    queued ─► cancelled
    Every write after the claim names its fence, so a worker that was paused cannot write old truth.
    """

    Status = GenerationStatus
    FailureReason = states.FailureReason
    WaitingFor = states.WaitingFor
    ENDED = states.ENDED

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tryon = models.ForeignKey(TryOn, on_delete=models.PROTECT, related_name="generations")
    number = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField()
    repeats = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeated_by"
    )
    # The picture that staff rejected, of which this is another try, and for what reason.
    in_place_of = models.OneToOneField(
        Image, null=True, blank=True, on_delete=models.PROTECT, related_name="made_again"
    )
    mends = LabelledField(max_length=15, choices=RejectionReason, blank=True, default="", db_default="")
    status = LabelledField(max_length=10, choices=Status, default=Status.QUEUED)
    reason = LabelledField(max_length=15, choices=FailureReason, blank=True)
    waiting_for = LabelledField(max_length=10, choices=WaitingFor, blank=True)
    settled = LabelledField(max_length=10, choices=states.Settled, blank=True, db_default="")
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    sends = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    file_repairs = models.PositiveSmallIntegerField(default=0)
    reserved_micros = models.PositiveBigIntegerField()
    # The budget rows in which it counts, each as its scope and period. NULL: accepted by a version before.
    budget_keys = models.JSONField(null=True, editable=False)
    # The same of its client address, in a column of their own: they are forgotten before the others.
    address_keys = models.JSONField(null=True, editable=False)
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
                condition=Q(status=GenerationStatus.RUNNING, lease_until__isnull=False)
                | (~Q(status=GenerationStatus.RUNNING) & Q(lease_until=None)),
            ),
            models.CheckConstraint(
                name="generation_ended_has_time",
                condition=Q(status__in=list(UNFINISHED), ended_at=None)
                | (~Q(status__in=list(UNFINISHED)) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="generation_reason_says_why",
                condition=Q(status__in=[*states.WITH_REASON]) | Q(reason=""),
            ),
            models.CheckConstraint(
                name="generation_settled_is_unknown",
                condition=Q(status=GenerationStatus.UNKNOWN) | Q(settled=""),
            ),
        ]
        indexes = [
            # Read by: the sweep, who is ahead, the metrics. Of all rows: SQLite knows no partial index again
            # in a condition on status with parameters.
            models.Index(fields=["status", "created_at"], name="generation_state"),
            # Read by: the lists in the admin, by each of their filters.
            models.Index(fields=["-created_at", "-id"], name="generation_all"),
            models.Index(fields=["reason", "-created_at", "-id"], name="generation_by_reason"),
            models.Index(
                fields=["status", "settled", "-ended_at", "-id"],
                name="generation_settled",
                condition=Q(status=GenerationStatus.UNKNOWN),
            ),
            models.Index(
                fields=["status", "-ended_at", "-id"],
                name="generation_unknown",
                condition=Q(status=GenerationStatus.UNKNOWN),
            ),
            # Read by: the usual time of a model.
            models.Index(
                fields=["-ended_at"], name="generation_recent", condition=Q(status=GenerationStatus.DONE)
            ),
            # Read by: the metrics, for those of the last hour.
            models.Index(fields=["ended_at"], name="generation_ended", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return gettext("generation %(id)s") % {"id": str(self.pk)[:8]}

    @property
    def reservation(self) -> Amount:
        return Amount(self.count, self.reserved_micros)

    @property
    def is_ended(self) -> bool:
        return self.status in states.ENDED

    # While it runs ------------------------------------------------------------------------------------
    def _mine(self) -> models.QuerySet[Generation]:
        """This claim, while it holds: the fence tells claims apart, the lease whether it was prolonged."""
        return Generation.objects.filter(
            pk=self.pk, status=GenerationStatus.RUNNING, fence=self.fence, lease_until=self.lease_until
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
                status=GenerationStatus.QUEUED,
                lease_until=None,
                not_before=not_before,
                waiting_for=waiting_for,
                fence=F("fence") + 1,  # whoever held this claim and wakes up late finds it gone
                **changes,
            )
        )

    def end(
        self, status: GenerationStatus, reason: str = "", *, of: models.QuerySet[Generation] | None = None
    ) -> bool:
        """End it without a picture, and settle its money; False when it was not ours to end."""
        with transaction.atomic():  # state and money together
            owner = TryOn.objects.lock(self.tryon_id).owner
            moved = (self._mine() if of is None else of).update(
                status=status, reason=reason, lease_until=None, ended_at=timezone.now(), waiting_for=""
            )
            if moved:
                self.refresh_from_db(fields=["reserved_micros"])  # it may have been repriced meanwhile
                if status == GenerationStatus.UNKNOWN:
                    self._book(owner, Kind.AT_RISK, reserved=-self.reservation, at_risk=self.reservation)
                else:
                    self._book(owner, Kind.RELEASED, reserved=-self.reservation)
                Notification.objects.note_end(self, owner)
        return bool(moved)

    def _book(self, owner: User, kind: Kind, attempt: Attempt | None = None, **deltas: Amount) -> None:
        """Move its money between the columns of its budgets, and write that down."""
        Budget.objects.move(self._counted_in(owner), **deltas)
        pictures = deltas["spent"].pictures if "spent" in deltas else 0
        Entry.objects.book(kind, self, attempt=attempt, pictures=pictures, **deltas)

    def _counted_in(self, owner: User) -> list[BudgetKey]:
        """The rows in which it was set aside, whoever its owner has become since.

        Read anew, under its try-on's lock: a merge puts the account's row in the place of the guest's.
        """
        self.refresh_from_db(fields=["budget_keys", "address_keys"])
        if self.budget_keys is None:
            return counted_before(owner.pk, self.created_at)
        return [BudgetKey.of_stored(key) for key in [*self.budget_keys, *(self.address_keys or ())]]

    def resolve_by_staff(self, settled: states.Settled) -> bool:
        """Staff know what became of an unknown one; False when that was known already.

        A picture that is found all the same is still kept, and paid for once.
        """
        with transaction.atomic():  # state, money and the attempt together
            owner = TryOn.objects.lock(self.tryon_id).owner
            open_ = Generation.objects.filter(pk=self.pk, status=GenerationStatus.UNKNOWN, settled="")
            if not open_.update(settled=settled):
                return False
            lost = self.attempts.filter(status=AttemptStatus.UNKNOWN).order_by("-sent_at").first()
            if settled == states.Settled.MADE:
                self._book(owner, Kind.SETTLED_MADE, lost, at_risk=-self.reservation, spent=self.reservation)
            else:
                self._book(owner, Kind.SETTLED_NOT_MADE, lost, at_risk=-self.reservation)
            if lost is not None:
                lost.mark_resolved(settled)
        return True

    def reopen(self, attempt: Attempt) -> bool:
        """Staff had settled it as not made, and its call left after that: it may have been charged.

        Its worker had been paused, from before the call until after they looked at the bill.
        """
        with transaction.atomic():  # state, money and the attempt together
            owner = TryOn.objects.lock(self.tryon_id).owner
            settled = Generation.objects.filter(
                pk=self.pk, status=GenerationStatus.UNKNOWN, settled=states.Settled.NOT_MADE
            )
            if not settled.exists() or not attempt.reopen():
                return False
            settled.update(settled="")  # nobody else has: whoever ends or settles it takes this lock
            self._book(owner, Kind.AT_RISK, attempt, at_risk=self.reservation)
        return True

    def cancel(self) -> bool:
        """Take it out of the queue; False when it was sent already."""
        return self._end_waiting(GenerationStatus.CANCELLED)

    def expire(self) -> bool:
        """Queued for too long: give up, nothing was charged."""
        return self._end_waiting(GenerationStatus.FAILED, states.FailureReason.TOO_LONG)

    def give_up_model(self) -> bool:
        """Waiting for a model that was retired, and nothing else can make it: nothing was charged."""
        return self._end_waiting(GenerationStatus.FAILED, states.FailureReason.RETIRED)

    def _end_waiting(self, status: GenerationStatus, reason: str = "") -> bool:
        queued = Generation.objects.filter(pk=self.pk, status=GenerationStatus.QUEUED)
        return self.end(status, reason, of=queued)

    def reprice(self, micros: int) -> bool:
        """While it waits: set aside what a picture costs with another model. Call it in a transaction.

        Raises CapReached; False when it does not wait any more, or was repriced meanwhile.
        """
        whole = micros * self.count
        owner = TryOn.objects.lock(self.tryon_id).owner
        # With the sum that `more` is reckoned from: of two who reprice it at once, one moves money.
        queued = Generation.objects.filter(
            pk=self.pk, status=GenerationStatus.QUEUED, reserved_micros=self.reserved_micros
        )
        if not queued.update(reserved_micros=whole):
            return False
        more = Amount(0, whole - self.reserved_micros)
        keys = self._counted_in(owner)
        if more.micros > 0:  # no picture more: the rows that count those are left alone, also where purged
            Budget.objects.reserve((key for key in keys if not key.scope.counts_pictures), more)
        else:
            Budget.objects.move(keys, reserved=more)
        Entry.objects.book(Kind.REPRICED, self, reserved=more)
        return True

    def is_held(self) -> bool:
        """Whether a living worker may be at it."""
        return self.lease_until is not None and self.lease_until > clock.now()

    def finish(
        self,
        attempt: Attempt,
        made: Sequence[StoredPicture],
        returned: int,
        reason: states.FailureReason = states.FailureReason.NO_PICTURE,
        **facts: object,
    ) -> bool:
        """Keep the pictures of a whole answer, once; late answers of unknown generations are adopted.

        `returned` pictures are paid for, also those that cannot be opened. No picture at all is a refusal,
        for that reason; `facts` are written on the attempt. After deletion the call is settled and no
        picture kept; while it may be taken back, they are hidden with it. False when this answer was settled
        before, or the generation had ended otherwise.
        """
        spent = Amount(returned, attempt.price_micros * returned)
        with transaction.atomic():  # the answer, its pictures and its money, or nothing
            tryon = TryOn.objects.lock(self.tryon_id)
            hidden = PendingDeletion.objects.of(tryon.pk)
            dropped = tryon.deleted_at is not None and hidden is None
            held = self._answered(attempt, "" if made else reason, dropped=dropped)
            if held is None:
                return False
            kind = Kind.SPENT if "reserved" in held else Kind.ADOPTED
            paid = {**held, "spent": spent + held.get("spent", Amount(0, 0))}
            self._book(tryon.owner, kind, attempt, **paid)
            attempt.record_answer(len(made), returned, **facts)
            if not made and reason == states.FailureReason.SAFETY:
                attempt.note_refused_by_rules()
            if dropped:
                self.attempts.all().forget_words()
            else:
                Result.objects.keep(self, tryon.owner, made, hidden)
                Notification.objects.note_end(self, tryon.owner, is_late=kind == Kind.ADOPTED)
        return True

    def leave_unreadable(self, attempt: Attempt, raw_answer: str) -> bool:
        """A whole answer came that cannot be opened yet: unknown until staff settle it, or it opens.

        False when its try-on is deleted, or it had ended otherwise: then nobody may keep the answer.
        """
        reason = states.FailureReason.UNREADABLE
        with transaction.atomic():  # the generation and its attempt say the same
            tryon = TryOn.objects.lock(self.tryon_id)
            if tryon.deleted_at and not PendingDeletion.objects.of(tryon.pk):
                return False
            late = Generation.objects.filter(pk=self.pk, status=GenerationStatus.UNKNOWN)
            if not (self.end(GenerationStatus.UNKNOWN, reason) or late.update(reason=reason)):
                return False
            attempt.record_unreadable(raw_answer)
        return True

    def _answered(self, attempt: Attempt, reason: str, *, dropped: bool) -> dict[str, Amount] | None:
        """End it, refused where there is a reason, from running under this attempt's fence, or from unknown.

        Gives what its money leaves, by column of the budgets; None when there was nothing to end.
        """
        now = timezone.now()
        changes = {
            "status": GenerationStatus.REFUSED if reason else GenerationStatus.DONE,
            "reason": reason,
            "settled": "",
            "lease_until": None,
            "ended_at": now,
            "waiting_for": "",
            "dropped_at": now if dropped else None,
        }
        unknown = GenerationStatus.UNKNOWN
        held: tuple[tuple[Q, dict[str, Amount]], ...] = (
            (Q(status=GenerationStatus.RUNNING, fence=attempt.fence), {"reserved": -self.reservation}),
            (Q(status=unknown, settled=""), {"at_risk": -self.reservation}),
            (Q(status=unknown, settled=states.Settled.MADE), {"spent": -self.reservation}),
            (Q(status=unknown, settled=states.Settled.NOT_MADE), {}),
        )
        # Each is tried by an UPDATE of its own: staff may settle it between a look at it and the write.
        for state, leaves in held:
            if Generation.objects.filter(state, pk=self.pk).update(**changes):
                return leaves
        return None


class Unknown(Generation):
    """A generation whose outcome is not known, or was settled by staff."""

    class Meta:
        proxy = True
        verbose_name = _("unknown outcome")

    @property
    def lost_call(self) -> Attempt | None:
        """The call that brought no answer: its last one."""
        return max(self.attempts.all(), key=lambda attempt: attempt.sent_at, default=None)
