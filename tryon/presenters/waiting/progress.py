"""What the try-on page says about each generation, and how it knows that something changed."""

from __future__ import annotations

import datetime as dt
import math
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import Image, ShareLink
from gallery.sharing.forms import ShareForm
from tryon.models import Generation, Offer, Result, TryOn
from tryon.models.offer import label
from tryon.presenters.gallery.provenance import ImageProvenance, image_provenance
from tryon.presenters.labels import ModeLabels, in_sentence, mode_labels
from tryon.presenters.waiting.eta import ahead, crowd
from tryon.presenters.waiting.polling import next_poll, place_seconds
from tryon.presenters.waiting.tickets import MARKED_FIELDS, Ticket, state_of
from tryon.rules.model_families import nearest_ratio

LATE = 60.0  # seconds after sending, where no usual time is known
NEWS = {
    Generation.Status.DONE: _("ready"),
    Generation.Status.REFUSED: _("no picture made"),
    Generation.Status.FAILED: _("failed"),
    Generation.Status.UNKNOWN: _("contact lost"),
    Generation.Status.CANCELLED: _("cancelled"),
}


def _late_at(generation: Generation, usual: float | None) -> dt.datetime | None:
    """From when on a call that was sent takes so long that the page should say what happens then."""
    if generation.status != Generation.Status.RUNNING or generation.sent_at is None:
        return None
    return generation.sent_at + dt.timedelta(seconds=LATE if usual is None else 3 * usual + 10)


def _panel(pk: uuid.UUID) -> str:
    return f"p-{pk}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the page, with how it was made and the ids of the links that show it alone."""

    image: Image
    facts: ImageProvenance | None
    links: Sequence[uuid.UUID]
    key: uuid.UUID = field(default_factory=uuid.uuid4)  # of the form for the next link

    @classmethod
    def of(cls, image: Image) -> Picture:
        """One that stands on a page of its own."""
        return cls(image, None, ShareLink.objects.of_each_alone([image])[image.pk])

    @property
    def share_form(self) -> ShareForm:
        """The settings that unfold beside its button, with ids of their own on the page."""
        return ShareForm(auto_id=f"%s-{self.image.pk}")

    @property
    def panel(self) -> str:
        return _panel(self.image.pk)

    @property
    def kind(self) -> str:
        return "rejected" if self.image.review == Image.Review.REJECTED else "picture"

    @property
    def shape(self) -> str:
        """Of its frame, for a try-on that left it open."""
        return nearest_ratio(self.image.width, self.image.height)


class GenerationProgress:
    """One generation as the page shows it; `mark` changes whenever its words or pictures do."""

    def __init__(self, generation: Generation, now: dt.datetime, usual: float | None) -> None:
        self.generation = generation
        self.late_at = _late_at(generation, usual)
        self.is_late = self.late_at is not None and now > self.late_at
        self.ahead = 0
        self.pictures: list[Picture] = []
        end = generation.ended_at or now
        self.seconds = max(0.0, (end - generation.created_at).total_seconds())

    @property
    def mark(self) -> str:
        """Short enough to travel in each question."""
        facts = (*(getattr(self.generation, name) for name in MARKED_FIELDS), self.ahead, self.is_late)
        return f"{zlib.crc32(repr(facts).encode()):x}"

    @property
    def step(self) -> int:
        """How far it honestly is: 1 received, 2 waiting, 3 sent, 4 ready."""
        if self.generation.status == Generation.Status.QUEUED:
            return 2
        if self.generation.status == Generation.Status.RUNNING:
            return 3 if self.generation.sent_at else 2
        return 4

    @property
    def news(self) -> str:
        """What came of it, as it is told behind its number."""
        if self.generation.status == Generation.Status.UNKNOWN and self.generation.reason:
            return in_sentence(self.generation.get_reason_display())
        return str(NEWS[Generation.Status(self.generation.status)])

    @property
    def missing(self) -> int:
        """Pictures that were asked for and did not come."""
        return max(0, self.generation.count - len(self.pictures))

    @property
    def panel(self) -> str:
        """The id of what is shown of one that brought no picture."""
        return _panel(self.generation.pk)


class TryOnProgress:
    """All generations of a try-on; `usual` is the usual time of its model in seconds, where it is known."""

    def __init__(self, generations: Iterable[Generation], usual: float | None) -> None:
        self._now = now = timezone.now()
        self.usual_seconds = usual
        self.generations = [GenerationProgress(generation, now, usual) for generation in generations]
        self.next_poll = next_poll((item.generation for item in self.generations), usual, now, crowd.size())
        self._count_ahead()

    @property
    def tryon_id(self) -> uuid.UUID:
        return self.generations[0].generation.tryon_id

    @property
    def tryon(self) -> TryOn:
        return self.generations[0].generation.tryon

    def _count_ahead(self) -> None:
        """Our own stand one behind the other, so one question is enough."""
        waiting = [s for s in self.generations if s.generation.status == Generation.Status.QUEUED]
        first = ahead(waiting[0].generation) if waiting else 0
        for place, item in enumerate(waiting, first):
            item.ahead = place

    @property
    def state(self) -> str:
        return "finished" if self.next_poll is None else "working"

    @property
    def title(self) -> str:
        """What the tab says, so that it can be left open behind others."""
        if self.state == "finished":
            return gettext("Your picture is ready") if self.ready else gettext("No picture this time")
        if self.ready:
            told = gettext("%(ready)s of %(wanted)s ready")
            return told % {"ready": self.ready, "wanted": len(self.generations)}
        return gettext("Your picture is on its way")

    @property
    def labels(self) -> ModeLabels:
        """How its way of asking is spoken of."""
        return mode_labels(self.tryon.mode)

    @cached_property
    def model(self) -> str:
        """The name of their model, asked for only where it is told."""
        name = self.tryon.model
        return Offer.objects.labels().get(name) or label(name)

    @property
    def ticket(self) -> str:
        """What this page shows, told to the server so that it can hold its answer until that changes."""
        times = [math.ceil(at.timestamp()) for item in self.generations if (at := self._ask_at(item))]
        state = state_of(item.generation for item in self.generations)
        return Ticket(self.tryon_id, state, min(times, default=None)).signed()

    def _ask_at(self, item: GenerationProgress) -> dt.datetime | None:
        """When its words change though its row does not: others of the queue go ahead, or it gets late."""
        if item.generation.status == Generation.Status.QUEUED and not item.generation.waiting_for:
            return self._now + dt.timedelta(seconds=place_seconds(crowd.size()))
        return None if item.is_late else item.late_at

    @property
    def waiting(self) -> GenerationProgress | None:
        """The unfinished one that is furthest: the page's one list of steps tells of it."""
        unfinished = [item for item in self.generations if not item.generation.is_ended]
        return max(unfinished, key=lambda item: item.step, default=None)

    @property
    def late(self) -> GenerationProgress | None:
        """One that takes longer than it should."""
        return next((item for item in self.generations if item.is_late), None)

    @property
    def expected(self) -> int:
        """Pictures that are not there yet."""
        return sum(item.generation.count for item in self.generations if not item.generation.is_ended)

    @property
    def can_be_cancelled(self) -> bool:
        return any(item.generation.status == Generation.Status.QUEUED for item in self.generations)

    @property
    def is_several(self) -> bool:
        """Whether there is more than one picture, or ending, to choose from, now or soon."""
        return sum(item.generation.count for item in self.generations) > 1

    @property
    def endings(self) -> list[GenerationProgress]:
        """Those that brought no picture."""
        ended = (item for item in self.generations if item.generation.is_ended)
        return [item for item in ended if item.generation.status != Generation.Status.DONE]

    @property
    def pictures(self) -> list[Picture]:
        return [picture for item in self.generations for picture in item.pictures]

    @property
    def first_panel(self) -> str:
        """The id of what is looked at first: a picture, else the wait, else what was rejected or ended."""
        shown = [picture.panel for picture in self.pictures if picture.kind == "picture"]
        waiting = ["waiting"] if self.waiting else []
        rejected = [picture.panel for picture in self.pictures]
        return [*shown, *waiting, *rejected, self.generations[0].panel][0]

    @property
    def marks(self) -> str:
        return ".".join(item.mark for item in self.generations)

    @property
    def ready(self) -> int:
        return sum(item.generation.status == Generation.Status.DONE for item in self.generations)

    def changed_since(self, seen: str) -> list[GenerationProgress] | None:
        """Those whose mark is another now; None when there are more or fewer of them than were seen."""
        marks = seen.split(".")
        if len(marks) != len(self.generations):
            return None
        return [item for item, mark in zip(self.generations, marks, strict=True) if item.mark != mark]

    @staticmethod
    def with_images(items: Sequence[GenerationProgress]) -> Sequence[GenerationProgress]:
        """Give these their pictures with how they were made; asks nothing where nothing is ready."""
        done = {s.generation.pk: s for s in items if s.generation.status == Generation.Status.DONE}
        if done:
            rows = Result.objects.filter(generation__in=list(done), image__deleted_at=None)
            rows = rows.select_related("image", "image__made_again").order_by("position")
            images = [row.image for row in rows]
            facts, links = image_provenance(images), ShareLink.objects.of_each_alone(images)
            for row in rows:
                picture = Picture(row.image, facts.get(row.image_id), links[row.image_id])
                done[row.generation_id].pictures.append(picture)
        return items
