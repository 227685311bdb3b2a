from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser as User
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.fields.files import FieldFile
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models.audit import Action, AuditEntry, register_action
from gallery.models.fields import LabelledField
from gallery.models.image_queryset import REPORTED, ImageQuerySet
from gallery.models.keyset import Mark
from gallery.models.review import RejectionReason, ReviewState, Standing, decision_listeners
from gallery.models.source_type import SourceType, find_source_types, guessed

APPROVED = register_action("approved", _("Approved"))
REJECTED = register_action("rejected", _("Rejected"), takes_back=True)
UNDONE = register_action("undone", _("Decision undone"), takes_back=True)


NAME_LETTERS = 200


class Image(models.Model):
    """A picture that a generation made, kept for its owner.

    review:  pending ─► approved | rejected;  approved ◄─► rejected;  undo ─► pending
    deleted: a tombstone; its files are gone, the row keeps the ledger whole.
    """

    Review = ReviewState
    FILES = ("original", "small", "large", "preview", "download")  # every column that names bytes
    SIZES = {"small": 480, "large": 1600}  # renditions: widths in pixels, WebP

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="images")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    original = models.FileField(max_length=200, blank=True)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    small = models.FileField(max_length=200, blank=True)
    large = models.FileField(max_length=200, blank=True)
    preview = models.FileField(max_length=200, blank=True)
    download = models.FileField(max_length=200, blank=True, default="", db_default="")
    rendered_at = models.DateTimeField(null=True, blank=True)
    sandbox = models.BooleanField(default=False)
    source_type = LabelledField(
        max_length=40, choices=SourceType, blank=True, default="", db_default="", editable=False
    )
    favourite = models.BooleanField(default=False)
    review = LabelledField(max_length=10, choices=ReviewState, default=ReviewState.PENDING)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reason = LabelledField(max_length=15, choices=RejectionReason, blank=True)
    words = models.CharField(max_length=500, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # Since when its owner has something new to look at: that it was made, or that it was decided on.
    unseen_since = models.DateTimeField(null=True, blank=True, editable=False)
    # What it shows in words ("Breton top"), as it was called when it was made; NULL: not looked up yet.
    name = models.CharField(max_length=NAME_LETTERS, null=True, blank=True, editable=False)
    # What variations of one another have in common; NULL: it stands alone, or was not looked up yet.
    series = models.UUIDField(null=True, editable=False)
    # The end of the last of its links that were not stopped; see share.py, which keeps it.
    shared_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Its place in the review queue, the highest first; NULL: there is nothing to check. See queue.py.
    priority = models.PositiveSmallIntegerField(null=True, default=0, db_default=0, editable=False)
    # When it was looked at for flags; NULL: not yet.
    measured_at = models.DateTimeField(null=True, editable=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        indexes = [
            # Read by: the owner's gallery, newest first.
            models.Index(
                fields=["owner", "-created_at", "-id"], name="image_gallery", condition=Q(deleted_at=None)
            ),
            # Read by: the owner's gallery, by each of its filters.
            models.Index(
                fields=["owner", "-created_at", "-id"],
                name="image_favourites",
                condition=Q(deleted_at=None, favourite=True),
            ),
            models.Index(
                fields=["owner", "review", "-created_at", "-id"],
                name="image_reviews",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["owner", "-created_at", "-id"],
                name="image_shared",
                condition=Q(deleted_at=None, shared_until__isnull=False),
            ),
            # Read by: the purge, for those whose last link has ended.
            models.Index(
                fields=["shared_until"], name="image_shared_ends", condition=Q(shared_until__isnull=False)
            ),
            # Read by: the list in the admin, of all pictures and by what was decided.
            models.Index(fields=["-created_at", "-id"], name="image_all", condition=Q(deleted_at=None)),
            models.Index(
                fields=["review", "-created_at", "-id"], name="image_by_review", condition=Q(deleted_at=None)
            ),
            # Read by: the review desk.
            models.Index(
                fields=["-priority", "created_at", "id"],
                name="image_priority",
                condition=Q(deleted_at=None, priority__isnull=False),
            ),
            # Read by: the review desk, for what one reviewer decided lately.
            models.Index(
                fields=["reviewed_by", "-reviewed_at"],
                name="image_decided_by",
                condition=Q(reviewed_at__isnull=False),
            ),
            # Read by: the review desk, for what was rejected for one reason.
            models.Index(
                fields=["reason", "-reviewed_at", "-id"],
                name="image_rejected",
                condition=Q(deleted_at=None) & ~Q(reason=""),
            ),
            # Read by: upkeep, looking for pictures to measure.
            models.Index(
                fields=["-created_at"],
                name="image_unmeasured",
                condition=Q(deleted_at=None, measured_at=None, priority__isnull=False),
            ),
            # Read by: upkeep, looking for renditions to make.
            models.Index(
                fields=["created_at"], name="image_unrendered", condition=Q(deleted_at=None, rendered_at=None)
            ),
            # Read by: every page, for the number beside the gallery's name.
            models.Index(
                fields=["owner", "unseen_since"],
                name="image_unseen",
                condition=Q(deleted_at=None, unseen_since__isnull=False),
            ),
            # Read by: the usual wait for a check.
            models.Index(
                fields=["-reviewed_at"], name="image_decided", condition=Q(reviewed_at__isnull=False)
            ),
            # Read by: upkeep, looking for rows to fill.
            models.Index(
                fields=["created_at"], name="image_unfilled", condition=Q(deleted_at=None, source_type="")
            ),
            models.Index(
                fields=["-created_at"], name="image_unnamed", condition=Q(deleted_at=None, name=None)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="image_review_companions",
                condition=Q(review=ReviewState.PENDING, reviewed_at=None, reason="")
                | Q(review=ReviewState.APPROVED, reviewed_at__isnull=False, reason="")
                | (Q(review=ReviewState.REJECTED, reviewed_at__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="image_has_bytes_until_deleted",
                condition=~Q(original="") | Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("picture %(id)s") % {"id": str(self.pk)[:8]}

    @property
    def standing(self) -> Standing:
        return Standing(self.review, self.reviewed_at)

    # Each decision may say what it was made on, and is none where something else stands by then.
    def approve(self, by: User, seen: Standing | None = None) -> bool:
        """Let others see it; False when someone decided so already."""
        return self._decide(by, APPROVED, ReviewState.APPROVED, seen)

    def reject(
        self, by: User, reason: RejectionReason, words: str = "", seen: Standing | None = None
    ) -> bool:
        """Keep it from others, with the reason for the owner; False when it is rejected already."""
        return self._decide(by, REJECTED, ReviewState.REJECTED, seen, reason=reason, words=words)

    def undo(self, by: User, seen: Standing | None = None) -> bool:
        """Put the picture back into the queue."""
        return self._decide(by, UNDONE, ReviewState.PENDING, seen)

    def _decide(
        self,
        by: User,
        action: Action,
        review: ReviewState,
        seen: Standing | None,
        *,
        reason: str = "",
        words: str = "",
    ) -> bool:
        pending = review == ReviewState.PENDING
        now = None if pending else timezone.now()
        with transaction.atomic():  # the decision and its audit row together; two reviewers: one wins
            # One that was reported is decided on once more, also where it stays as it was.
            is_open = ~Q(review=review) | Q(priority__gte=REPORTED)
            if seen:
                is_open &= Q(review=seen.review, reviewed_at=seen.since)
            moved = Image.objects.filter(is_open, pk=self.pk, deleted_at=None).update(
                review=review,
                reviewed_by=None if pending else by,
                reviewed_at=now,
                reason=reason,
                words=words[:500],
                **self._news(by, now),
            )
            if moved:
                AuditEntry.objects.record(by, action, self, reason=reason)
            self.refresh_from_db()
            for listen in decision_listeners if moved else ():
                listen(self, by)
        return bool(moved)

    def _news(self, by: User | None, now: dt.datetime | None) -> dict[str, Case]:
        """What others decide is news to its owner, until it is undone; that it was made stays news."""
        if by is None or by.pk == self.owner_id:
            return {}
        of_last_decision = Q(unseen_since=None) | Q(unseen_since=F("reviewed_at"))
        return {
            "unseen_since": Case(
                When(of_last_decision, then=Value(now, models.DateTimeField())), default=F("unseen_since")
            )
        }

    @property
    def mark(self) -> Mark:
        """Its place in the gallery."""
        return self.created_at, self.pk

    @property
    def is_reported(self) -> bool:
        """Whether somebody who saw it reported it, and no decision has answered that."""
        return (self.priority or 0) >= REPORTED

    @property
    def called(self) -> str:
        """Its name, for pages."""
        return self.name or gettext("Picture")

    @property
    def why_rejected(self) -> str:
        """The reason in words; "" where it was not rejected."""
        return str(self.get_reason_display())

    @property
    def made_by(self) -> SourceType:
        """What made it, for pages: without a question to the database for a row that is not filled yet."""
        return SourceType(self.source_type or guessed(self.sandbox))

    def find_source_type(self) -> SourceType:
        """What made it, as its copies say."""
        if self.source_type:
            return SourceType(self.source_type)
        return find_source_types({self.pk: self.sandbox})[self.pk]

    def keep_renditions(self, **names: str) -> bool:
        """Storage names, by column, of the copies of the original; False when it was deleted meanwhile."""
        return bool(Image.objects.present().filter(pk=self.pk).update(**names, rendered_at=timezone.now()))

    def mark_favourite(self, favourite: bool) -> None:
        Image.objects.filter(pk=self.pk).update(favourite=favourite)

    def wipe(self) -> None:
        """Hide it at once, from its owner and from every share link; `remove_files` follows after commit."""
        self.reports.all().delete()
        Image.objects.filter(pk=self.pk).update(deleted_at=timezone.now(), words="", name="")

    def remove_files(self) -> None:
        """Delete the bytes of a wiped one; the row forgets the names last, so that a crash loses no track."""
        # Copies may have come since it was read; now that it is wiped, none come any more.
        self.refresh_from_db(fields=self.FILES)
        files: list[FieldFile] = [getattr(self, column) for column in self.FILES]
        for file in files:
            if file:
                file.storage.delete(str(file))
        Image.objects.filter(pk=self.pk).update(**dict.fromkeys(self.FILES, ""))
