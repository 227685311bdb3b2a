"""Do again to a restored database what people did to take things back after the backup was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from django.db import transaction
from django.db.models import Model

from gallery.deletion_log import DeletionRecord
from gallery.models import AuditEntry, Image, RejectionReason, ShareLink
from gallery.models.audit import Action, kind_of
from gallery.models.image import REJECTED, UNDONE
from gallery.models.share import REVOKED
from tryon.accounts.models import User
from tryon.models import Generation, Reference, TryOn
from tryon.pipeline import deletion
from tryon.pipeline.deletion import DELETED

AT_ONCE = 500  # lines
NOBODY = cast(User, None)  # who did it stands in the trail that was lost


@dataclass(slots=True)
class Replayed:
    """How many there were in the backup of what was taken back since."""

    tryons: int = 0
    pictures: int = 0
    photos: int = 0
    links: int = 0
    reviews: int = 0

    def __str__(self) -> str:
        told = f"{self.tryons} try-ons, {self.pictures} pictures, {self.photos} photos deleted"
        return f"{told}; {self.links} links closed; {self.reviews} reviews taken back"


def replay(lines: Iterable[DeletionRecord]) -> Replayed:
    """Replay a journal from its beginning; what the backup knows already, or never knew, costs nothing."""
    done = Replayed()
    for part in _parts(iter(lines)):
        done.photos += _delete_photos(_subjects(part, DELETED, Reference))
        done.pictures += _delete_pictures(_subjects(part, DELETED, Image))
        done.tryons += _delete_tryons(_subjects(part, DELETED, TryOn))
        done.links += _close_links(_subjects(part, REVOKED, ShareLink))
        done.reviews += sum(_take_back(line) for line in part if line.action in (REJECTED, UNDONE))
    return done


def _parts(lines: Iterator[DeletionRecord]) -> Iterator[list[DeletionRecord]]:
    while part := list(islice(lines, AT_ONCE)):
        yield part


def _subjects(lines: list[DeletionRecord], action: Action, model: type[Model]) -> list[str]:
    return [line.subject for line in lines if (line.action, line.kind) == (action, kind_of(model))]


def _delete_photos(ids: list[str]) -> int:
    rows = list(Reference.objects.present().filter(pk__in=ids))
    for reference in rows:
        deletion.delete_reference(reference, None)
    return len(rows)


def _delete_pictures(ids: list[str]) -> int:
    rows = list(Image.objects.present().filter(pk__in=ids))
    for image in rows:
        deletion.delete_image(image, None)
    return len(rows)


def _delete_tryons(ids: list[str]) -> int:
    """The request and its words. Its pictures and photos have lines of their own.

    Which photos went with it was decided then; a photo that a later try-on used must not go now because
    that later one is not in the backup.
    """
    rows = list(TryOn.objects.present().filter(pk__in=ids))
    for tryon in rows:
        with transaction.atomic():  # its end and its audit row
            tryon.wipe()
            for generation in tryon.generations.filter(status=Generation.Status.QUEUED):
                generation.cancel()
            AuditEntry.objects.record(None, DELETED, tryon)
    return len(rows)


def _close_links(ids: list[str]) -> int:
    return sum(link.revoke(NOBODY) for link in ShareLink.objects.filter(pk__in=ids, revoked_at=None))


def _take_back(line: DeletionRecord) -> bool:
    image = Image.objects.present().filter(pk=line.subject).first()
    if image is None:
        return False
    if line.action == UNDONE:
        return image.undo(NOBODY)
    known = line.reason in RejectionReason.values
    return image.reject(NOBODY, RejectionReason(line.reason) if known else RejectionReason.OTHER)
