"""How pictures came to be: their request, inputs and call, read for many pictures at once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Prefetch

from gallery.models import Image
from tryon.models import Attempt, GatewayFile, Generation, Reference, Result, Site, TryOn, TryOnInput
from tryon.models.money.price import usd
from tryon.presenters.labels import ModeLabels, describe_result, input_alt, input_label, mode_labels


@dataclass(frozen=True, slots=True)
class LabelledInput:
    """One input as pages show it. A deleted one has a label and no picture."""

    reference: Reference
    role: str
    label: str
    alt: str

    copy_ends_at: dt.datetime | None = None  # at the service that makes the pictures; see `with_copies`

    @property
    def is_gone(self) -> bool:
        return self.reference.deleted_at is not None

    @property
    def is_person(self) -> bool:
        return self.role == TryOnInput.PERSON


@dataclass(frozen=True, slots=True)
class TryOnProvenance:
    """A try-on and what it was asked with: `rows` are all its inputs in order, deleted photos too."""

    tryon: TryOn
    rows: tuple[TryOnInput, ...]

    @property
    def inputs(self) -> list[LabelledInput]:
        mode = self.tryon.mode
        return [
            LabelledInput(row.reference, row.role, input_label(row, mode), input_alt(row, mode))
            for row in self.rows
        ]

    @property
    def present(self) -> list[LabelledInput]:
        return [each for each in self.inputs if not each.is_gone]

    @property
    def with_copies(self) -> list[LabelledInput]:
        """All inputs, one's own photos with the end of their copy at the service; one more question."""
        mine = [each.reference for each in self.present if each.reference.owner_id]
        ends = GatewayFile.objects.last_ends(mine)
        return [replace(each, copy_ends_at=ends.get(each.reference.pk)) for each in self.inputs]

    @property
    def linked(self) -> list[LabelledInput]:
        """Those that were passed on by their address."""
        return [each for each in self.present if each.reference.url]

    @property
    def has_own_photos(self) -> bool:
        """Whether a photo went into it that is not the house's."""
        return any(each.reference.owner_id for each in self.present)

    @property
    def has_lost_inputs(self) -> bool:
        """Whether a photo that went into it was deleted since."""
        return len(self.present) < len(self.rows)

    @property
    def person(self) -> Reference | None:
        """The person's photo, or None once it was deleted."""
        return next((each.reference for each in self.present if each.is_person), None)

    @property
    def before(self) -> Reference | None:
        """The picture to compare with, where it rests here: the person's, or the one that was remixed."""
        is_remix = self.tryon.mode == TryOn.Mode.REMIX
        photos = [each for each in self.present if each.is_person or is_remix]
        return next((each.reference for each in photos if each.reference.file), None)

    @property
    def name(self) -> str:
        return self.tryon.picture_name(self.rows)

    @property
    def description(self) -> str:
        return describe_result(self.tryon, self.rows)

    @property
    def labels(self) -> ModeLabels:
        return mode_labels(self.tryon.mode)

    @property
    def options(self) -> str:
        """Size and shape as they were chosen; what was left open is left out."""
        return ", ".join(filter(None, (self.tryon.size, self.tryon.aspect_ratio)))

    @property
    def is_keepable(self) -> bool:
        """Whether its pictures may go to the wardrobe: those of nobody, made from words alone."""
        return self.tryon.mode == TryOn.Mode.IMAGINE


@dataclass(frozen=True, slots=True)
class ImageProvenance(TryOnProvenance):
    """What lies behind one picture."""

    generation: Generation
    attempt: Attempt | None
    deviation: str = ""  # "another shape than asked for", where the model made that

    @property
    def model(self) -> str:
        """The model that made it, which may be another one than was asked."""
        return self.attempt.model if self.attempt else self.tryon.model

    @property
    def cost(self) -> str:
        """US dollars of this one picture, or "" where no price is known."""
        micros = self.attempt.price_micros if self.attempt else 0
        return usd(micros) if micros else ""

    @property
    def price(self) -> str:
        """The same in the money that visitors are shown."""
        micros = self.attempt.price_micros if self.attempt else 0
        return Site.objects.current().price(micros, more=1) if micros else ""

    @property
    def seconds(self) -> int | None:
        """From the moment the request was sent to the picture."""
        if self.generation.sent_at is None or self.generation.ended_at is None:
            return None
        return round((self.generation.ended_at - self.generation.sent_at).total_seconds())


def tryon_provenance(tryon: TryOn) -> TryOnProvenance:
    return TryOnProvenance(tryon, tuple(tryon.ordered_inputs()))


def image_provenance(images: Sequence[Image]) -> dict[uuid.UUID, ImageProvenance]:
    """The provenance of each picture by its id, in four queries whatever their number."""
    inputs = TryOnInput.objects.select_related("reference").order_by("position")
    answered = Attempt.objects.filter(status=Attempt.Status.OK).order_by("-sent_at")
    rows = (
        Result.objects.filter(image__in=images)
        .select_related("generation__tryon")
        .prefetch_related(
            Prefetch("generation__tryon__inputs", queryset=inputs),
            Prefetch("generation__attempts", queryset=answered),
        )
    )
    return {row.image_id: _provenance(row) for row in rows}


def _provenance(row: Result) -> ImageProvenance:
    generation = row.generation
    inputs = tuple(generation.tryon.inputs.all())
    attempt = next(iter(generation.attempts.all()), None)
    return ImageProvenance(generation.tryon, inputs, generation, attempt, row.get_deviation_display())
