"""What the desk shows of a picture: what it was made from, how, and what others of the same try-on became."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.urls import reverse

from gallery.models import Flag, Image, RejectionReason, Report
from tryon.accounts.models import User
from tryon.models import Result, TryOn
from tryon.presenters.gallery.provenance import ImageProvenance, LabelledInput, image_provenance
from tryon.presenters.model_choices import price_of_one_more
from tryon.review.queue import Place, Queue
from tryon.rules.prompts import RETRY_HINTS

MOST_UNDONE = 50


@dataclass(frozen=True)
class DeskPicture:
    """One picture on the screen."""

    image: Image
    provenance: ImageProvenance | None
    place: Place | None
    address: str  # its page
    claimed_by: User | None = None

    @property
    def person(self) -> LabelledInput | None:
        """What the result is compared with: the person, or the picture that was remixed."""
        before = self.provenance.before if self.provenance else None
        inputs = self.provenance.present if self.provenance else []
        return next((each for each in inputs if each.reference == before), None)

    @property
    def others(self) -> list[LabelledInput]:
        """All else that went in, also what was deleted since."""
        inputs = self.provenance.inputs if self.provenance else []
        return [each for each in inputs if self.person is None or each.reference != self.person.reference]

    @cached_property
    def variations(self) -> list[Image]:
        """All pictures of the try-on, this one among them; none where it is alone."""
        if self.provenance is None:
            return []
        rows = Result.objects.filter(generation__tryon=self.provenance.tryon, image__deleted_at=None)
        found = [row.image for row in rows.select_related("image").order_by("generation__number", "position")]
        return found if len(found) > 1 else []

    @property
    def may_approve(self) -> bool:
        """One that was reported is decided on once more, also where it stays as it was."""
        return self.image.review != Image.Review.APPROVED or self.image.is_reported

    @property
    def may_reject(self) -> bool:
        return self.image.review != Image.Review.REJECTED or self.image.is_reported

    @cached_property
    def flags(self) -> list[Flag]:
        return sorted(self.image.flags.all(), key=lambda flag: flag.kind)

    @cached_property
    def reports(self) -> list[Report]:
        """What people who were shown it object to, and nobody has answered."""
        return list(Report.objects.open_of([self.image])) if self.image.is_reported else []


def desk_picture(queue: Queue, image: Image) -> DeskPicture:
    """For whoever has it on the screen now, or next: it is theirs, unless somebody else is at it."""
    queue.claim([image.pk])
    address = reverse("review_image", args=[image.pk]) + queue.filters.address
    provenance = image_provenance([image]).get(image.pk)
    return DeskPicture(image, provenance, queue.place(image), address, queue.claimed_by(image))


def reason_keys() -> list[tuple[RejectionReason, str]]:
    """Each reason with the one letter by which it is chosen, the first of its name that is free."""
    taken: list[str] = []
    for reason in RejectionReason:
        taken.append(next(letter for letter in reason.value if letter.isalpha() and letter not in taken))
    return list(zip(RejectionReason, taken, strict=True))


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of late that may be undone; of a rejection, what it costs to try again."""

    image: Image
    tryon: TryOn | None
    price: str
    made_again: uuid.UUID | None


def decided_lately(by: User) -> list[Decided]:
    """Their own last decisions, the latest first."""
    mine = Image.objects.present().filter(reviewed_by=by, reviewed_at__isnull=False)
    return as_decided(mine.order_by("-reviewed_at")[:MOST_UNDONE])


def as_decided(rows: Sequence[Image] | QuerySet[Image]) -> list[Decided]:
    images = list(rows)
    found = image_provenance([image for image in images if image.reason in RETRY_HINTS])
    prices: dict[tuple[str, str, str], str] = {}
    made = _made_again(list(found))

    def of(image: Image) -> Decided:
        tryon = found[image.pk].tryon if image.pk in found else None
        if tryon is None or tryon.deleted_at or image.pk in made:
            return Decided(image, None, "", made.get(image.pk))
        key = (tryon.model, tryon.size, tryon.mode)
        if key not in prices:
            prices[key] = price_of_one_more(tryon)
        return Decided(image, tryon, prices[key], None)

    return [of(image) for image in images]


def _made_again(images: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The try-ons in which these were made again, by picture."""
    rows = Image.objects.filter(pk__in=images, made_again__isnull=False)
    return dict(rows.values_list("pk", "made_again__tryon_id"))
