"""What waits for a check, in which order, and who is at it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.contrib.auth.models import AbstractUser as User
from django.db import models, transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.fields import LabelledField
from gallery.models.image import Image
from gallery.models.image_queryset import FLAGGED, REPORTED, WANTED
from gallery.models.review import ReviewState, on_decision


class FlagKind(models.TextChoices):
    """What was seen in a picture by measuring it, or by whom it was shown to. None of it decides anything."""

    REPORTED = "reported", _("Reported by a viewer")
    UNCHANGED = "unchanged", _("Nothing changed")
    ONE_COLOUR = "one_colour", _("One colour")
    REFRAMED = "reframed", _("Framed differently")
    SMALL = "small", _("Smaller than asked")
    TWIN = "twin", _("Almost the same as another of this try-on")


class FlagQuerySet(models.QuerySet["Flag"]):
    def keep(self, image: Image, measures: Mapping[FlagKind, float]) -> None:
        """What was measured in a picture, in place of what was before; nothing where it was deleted."""
        with transaction.atomic():  # the row's lock: a deletion forgets what comes before it
            row = Image.objects.filter(pk=image.pk)
            if not row.present().update(measured_at=timezone.now()):
                return
            self.filter(image=image).exclude(kind=FlagKind.REPORTED).delete()
            self.bulk_create(Flag(image=image, kind=kind, measure=each) for kind, each in measures.items())
            refresh_priority(row)

    def forget(self, image: Image, siblings: Iterable[uuid.UUID]) -> None:
        """All that tells of a deleted picture; those of its siblings that were like it are measured anew."""
        self.filter(image=image).delete()
        twins = self.filter(kind=FlagKind.TWIN, image__in=list(siblings))
        alike = Image.objects.filter(pk__in=list(twins.values_list("image", flat=True)))
        if alike:
            twins.delete()
            alike.update(measured_at=None)
            refresh_priority(alike)


class Flag(models.Model):
    """That a picture deserves a second look, and the measure that says so; unit and bound: with its kind."""

    Kind = FlagKind

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="flags")
    kind = LabelledField(max_length=12, choices=FlagKind)
    measure = models.FloatField()
    at = models.DateTimeField(default=timezone.now)

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "kind"], name="flag_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.image_id}"


class ClaimQuerySet(models.QuerySet["ReviewClaim"]):
    def live(self) -> ClaimQuerySet:
        return self.filter(until__gt=timezone.now())

    def claim(self, images: Iterable[uuid.UUID], reviewer: User, seconds: float) -> None:
        """Say of these that `reviewer` is at them now; those that somebody else is at stay theirs."""
        now = timezone.now()
        until = now + dt.timedelta(seconds=seconds)
        wanted = set(images)
        known = set(self.filter(image__in=wanted).values_list("image_id", flat=True))
        rows = [ReviewClaim(image_id=pk, reviewer_id=reviewer.pk, until=until) for pk in wanted - known]
        self.bulk_create(rows, ignore_conflicts=True)  # somebody else may have come first
        free = Q(reviewer_id=reviewer.pk) | Q(until__lte=now)
        self.filter(free, image__in=known).update(reviewer_id=reviewer.pk, until=until)

    def release(self, reviewer: User) -> None:
        """Of these, all that are theirs."""
        self.filter(reviewer_id=reviewer.pk).delete()


class ReviewClaim(models.Model):
    """Who has a picture on the screen, until when. A courtesy to others: it keeps nobody from deciding."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="claim")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    objects = ClaimQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.image_id} by {self.reviewer_id}"


def refresh_priority(images: models.QuerySet[Image]) -> None:
    """Write down anew where these stand in the queue: a link, a flag, a report or a decision changed it."""
    flags = Flag.objects.filter(image=OuterRef("pk"))
    reported = Exists(flags.filter(kind=FlagKind.REPORTED))
    flagged = Exists(flags.exclude(kind=FlagKind.REPORTED))
    rank = (
        _worth(Q(reported), REPORTED)
        + _worth(Q(shared_until__gt=timezone.now()), WANTED)
        + _worth(Q(flagged), FLAGGED)
    )
    waits = Q(review=ReviewState.PENDING) | Q(reported)
    ids = list(images.values_list("pk", flat=True))
    Image.objects.filter(pk__in=ids).update(
        priority=Case(When(waits, then=rank), default=None, output_field=IntegerField())
    )


def _worth(condition: Q, worth: int) -> Case:
    return Case(When(condition, then=Value(worth)), default=Value(0), output_field=IntegerField())


@on_decision
def _answer_reports(image: Image, by: User) -> None:
    """A decision answers whoever reported the picture, and takes it out of the queue, or puts it back."""
    image.flags.filter(kind=FlagKind.REPORTED).delete()
    ReviewClaim.objects.filter(image=image).delete()
    refresh_priority(Image.objects.filter(pk=image.pk))
