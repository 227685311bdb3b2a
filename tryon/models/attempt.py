from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry, Image, SourceType
from gallery.models.audit import register_action
from gallery.models.fields import LabelledField
from gallery.models.source_type import register_source_types
from tryon.accounts.models import SHOP, User
from tryon.models.pending_deletion import PendingDeletion
from tryon.models.states import AttemptStatus, Deviation, Settled
from tryon.models.tryon import ImageInput, source_type
from tryon.rules.model_families import deviation

if TYPE_CHECKING:
    from tryon.models.generation import Generation

REFUSED_BY_RULES = register_action("refused_by_rules", _("Refused by the rules of the model"))
UNREADABLE = "unreadable"  # in the place of an error type: it was answered, and nobody can open the answer
SILENT = ("", "timeout")  # error types of calls that the gateway itself said nothing about


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def open(self) -> Self:
        return self.filter(status=Attempt.Status.SENDING)

    def of_the_shop(self) -> Self:
        """Of the sample looks that the operator ordered."""
        return self.filter(generation__tryon__owner__username=SHOP)

    def decided(self) -> Self:
        """Those of which a picture came, or may have come: all but the open ones and those for nothing."""
        decided = (AttemptStatus.OK, AttemptStatus.REFUSED, AttemptStatus.UNKNOWN, AttemptStatus.SETTLED_MADE)
        return self.filter(status__in=decided)

    def forget_words(self) -> None:
        """Their try-on is deleted: what its owner wrote goes, what they cost stays."""
        self.update(prompt="", words="")
        Result.objects.filter(generation__attempts__in=self).update(revised_prompt="")

    def last_were_silent(self, most: int, since: dt.datetime) -> bool:
        """Whether the last `most` calls since then, of several try-ons, brought no word of the gateway.

        An answered error is a word: one picture that cannot be made must not stop all others.
        """
        ended = self.filter(answered_at__gte=since).order_by("-answered_at")
        last = list(ended.values_list("status", "error_type", "generation__tryon")[:most])
        # Several try-ons, or one request that no gateway can answer would pause everybody's.
        silent = all(status == Attempt.Status.UNKNOWN and kind in SILENT for status, kind, _ in last)
        return len(last) == most and silent and len({tryon for *_, tryon in last}) > most // 2

    def with_raw_answer(self) -> Self:
        # Literally: of a parameter SQLite does not know that the partial index covers it.
        return self.exclude(raw_answer=RawSQL("''", ()))

    def to_forget(self, before: dt.datetime) -> Self:
        """Whose raw answers have been kept long enough, or whose try-on is deleted."""
        pending = Q(generation__tryon__in=PendingDeletion.objects.subjects())
        deleted = Q(generation__tryon__deleted_at__isnull=False) & ~pending
        return self.with_raw_answer().filter(Q(answered_at__lt=before) | deleted)

    def forget_raw_answers(self) -> None:
        """Bytes first, so that a crash loses no track of them."""
        for attempt in self.with_raw_answer():
            attempt.raw_answer.storage.delete(str(attempt.raw_answer))
            Attempt.objects.filter(pk=attempt.pk).update(raw_answer="")

    def could_be_adopted(self) -> Self:
        return self.filter(status__in=Attempt.ADOPTABLE)


class Attempt(models.Model):
    """One send of a generation, written before the bytes leave.

    sending ─► ok | refused | rejected | unbilled | unknown
    unknown ─► settled as made | settled as not made (by staff); all three ─► ok, when its answer is found
    """

    Status = AttemptStatus
    FILES = ("raw_answer",)
    # Of these an answer may still be found: even staff's word gives way to it.
    ADOPTABLE = (Status.SENDING, Status.UNKNOWN, Status.SETTLED_MADE, Status.SETTLED_NOT_MADE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    generation = models.ForeignKey("tryon.Generation", on_delete=models.PROTECT, related_name="attempts")
    fence = models.PositiveIntegerField()
    status = LabelledField(max_length=20, choices=Status, default=Status.SENDING)
    model = models.CharField(max_length=100)
    prompt = models.TextField()
    prompt_version = models.CharField(max_length=40)
    file_ids = models.JSONField(default=list)
    sent_as = models.CharField(max_length=60, blank=True)  # how its pictures went out, in words
    sent_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_type = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    pictures = models.PositiveSmallIntegerField(default=0)
    price_micros = models.PositiveBigIntegerField(default=0)  # for one picture

    # What the answer said in place of a picture, for staff; and the answer itself, while it cannot be opened.
    words = models.TextField(blank=True, default="", db_default="")
    raw_answer = models.FileField(max_length=200, blank=True, default="", db_default="")

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["generation"], condition=Q(status=AttemptStatus.SENDING), name="attempt_one_open"
            ),
        ]
        indexes = [
            # Read by: the metrics, for the calls of the last hour.
            models.Index(fields=["answered_at"], name="attempt_answered"),
            # Read by: the books, which count the calls of a period; the list in the admin.
            models.Index(fields=["sent_at"], name="attempt_sent"),
            # Read by: the list in the admin, by each of its filters; the search for a call of the bill.
            models.Index(fields=["status", "-sent_at", "-id"], name="attempt_by_status"),
            models.Index(fields=["model", "-sent_at", "-id"], name="attempt_by_model"),
            models.Index(fields=["request_id", "-sent_at", "-id"], name="attempt_by_request"),
            # Read by: upkeep, for raw answers that have been kept long enough; their list in the admin.
            models.Index(fields=["answered_at"], name="attempt_raw_answer", condition=~Q(raw_answer="")),
        ]

    def __str__(self) -> str:
        return gettext("attempt %(id)s") % {"id": str(self.pk)[:8]}

    def record_answer(self, opened: int, returned: int, **facts: object) -> bool:
        """A whole answer came, with so many pictures that are paid for, and so many that can be opened."""
        status = Attempt.Status.OK if opened else Attempt.Status.REFUSED
        return self.record_outcome(status, http_status=200, pictures=returned, **facts)

    def store_raw_answer(self, body: Path) -> str:
        """Keep the spooled answer as it came, where every machine finds it; its storage name."""
        with body.open("rb") as content:
            return default_storage.save(f"answers/{self.pk.hex[:2]}/{self.pk.hex}.json", File(content))

    def forget_unnamed(self, raw_answer: str) -> None:
        """Another process settled this answer before: one that no row names must not stay behind."""
        if raw_answer and not Attempt.objects.filter(pk=self.pk, raw_answer=raw_answer).exists():
            default_storage.delete(raw_answer)

    def record_unreadable(self, raw_answer: str) -> None:
        """A whole answer came, which is kept as it is; what staff know of its cost stays."""
        Attempt.objects.filter(pk=self.pk).update(
            raw_answer=raw_answer, http_status=200, error_type=UNREADABLE
        )
        lost = Attempt.objects.filter(pk=self.pk, status__in=[AttemptStatus.SENDING, AttemptStatus.UNKNOWN])
        lost.update(status=AttemptStatus.UNKNOWN, answered_at=timezone.now())

    def note_refused_by_rules(self) -> None:
        """For staff, to see who meets the house's rules again and again; nobody's words stand there."""
        AuditEntry.objects.record(None, REFUSED_BY_RULES, self.generation.tryon, model=self.model)

    def record_outcome(self, status: AttemptStatus, **facts: object) -> bool:
        """Write what came of it, once; an unknown one may still turn out ok or refused."""
        return bool(
            Attempt.objects.could_be_adopted()
            .filter(pk=self.pk)
            .update(status=status, answered_at=timezone.now(), **facts)
        )

    def reopen(self) -> bool:
        """Its outcome is unknown again; False where staff had not settled it as not made."""
        settled = Attempt.objects.filter(pk=self.pk, status=AttemptStatus.SETTLED_NOT_MADE)
        return bool(settled.update(status=AttemptStatus.UNKNOWN))

    def mark_resolved(self, as_: Settled) -> None:
        """Staff know what became of this lost call."""
        made = as_ == Settled.MADE
        status = Attempt.Status.SETTLED_MADE if made else Attempt.Status.SETTLED_NOT_MADE
        Attempt.objects.filter(pk=self.pk, status=Attempt.Status.UNKNOWN).update(status=status)


class UnopenedAnswer(Attempt):
    """A send whose answer is kept as it came, because not every picture in it can be opened."""

    class Meta:
        proxy = True
        verbose_name = _("unopened answer")


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture of a finished answer, stored: its storage name and what it is."""

    name: str
    content_type: str
    width: int
    height: int
    revised_prompt: str
    pixels: str = ""  # the same for the same pixels
    small: str = ""  # the storage name of its small copy, where one could be made

    @property
    def names(self) -> list[str]:
        return [name for name in (self.name, self.small) if name]


class ResultQuerySet(models.QuerySet["Result"]):
    def beside(self, image: Image) -> Self:
        """Of the other pictures of its try-on."""
        return self.filter(generation__tryon__generations__results__image=image).exclude(image=image)

    def keep(
        self,
        generation: Generation,
        owner: User,
        made: Sequence[StoredPicture],
        hidden: PendingDeletion | None,
    ) -> None:
        """The pictures of a finished answer, in its order, for whom its try-on belongs to now."""
        asked = generation.tryon
        inputs = asked.ordered_inputs()
        for n, picture in enumerate(made, 1):
            image = Image.objects.create(
                owner=owner,
                original=picture.name,
                content_type=picture.content_type,
                width=picture.width,
                height=picture.height,
                small=picture.small,
                sandbox=settings.SANDBOX,
                source_type=asked.source_type,
                name=asked.picture_name(inputs),
                series=asked.pk,
                unseen_since=timezone.now(),
                deleted_at=hidden.at if hidden else None,
            )
            if hidden:
                hidden.join(PendingDeletion.Kind.IMAGE, image.pk)
            ImageInput.objects.keep([(image, inputs)])
            self.create(
                generation=generation,
                image=image,
                position=n,
                revised_prompt=picture.revised_prompt,
                deviation=deviation(asked.size, asked.aspect_ratio, picture.width, picture.height),
            )


class Result(models.Model):
    """A picture that a generation made, at its place in the answer."""

    generation = models.ForeignKey("tryon.Generation", on_delete=models.PROTECT, related_name="results")
    image = models.OneToOneField(Image, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    revised_prompt = models.TextField(blank=True)
    deviation = LabelledField(max_length=10, choices=Deviation, blank=True, default="", db_default="")

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["generation__number", "position"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "position"], name="result_position_once")
        ]
        indexes = [
            # Read by: the metrics, which count them by model.
            models.Index(fields=["deviation"], name="result_deviation", condition=~Q(deviation="")),
        ]

    def __str__(self) -> str:
        return f"{self.generation_id} {self.position}"


@register_source_types
def _source_types(images: Collection[uuid.UUID]) -> dict[uuid.UUID, SourceType]:
    """What made those of these pictures that a try-on knows of."""
    rows = Result.objects.filter(image__in=list(images))
    facts = rows.values_list("image_id", "generation__tryon__mode", "image__sandbox")
    return {pk: source_type(mode, sandbox=sandbox) for pk, mode, sandbox in facts}
