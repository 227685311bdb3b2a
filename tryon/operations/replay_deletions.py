"""Do again to a restored database what people did to take things back after the backup was made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar, cast

from django.db import transaction
from django.db.models import Model, QuerySet

from gallery.deletion_log import DeletionRecord
from gallery.models import AuditEntry, Image, RejectionReason, ShareLink
from gallery.models.audit import Action, kind_of
from gallery.models.image import REJECTED, UNDONE
from gallery.models.sharing.share import LOCKED, RENEWED, REVOKED
from tryon.accounts.models import User
from tryon.models import Generation, Reference, TryOn
from tryon.pipeline.privacy import deletion, erasure
from tryon.pipeline.privacy.deletion import DELETED
from tryon.pipeline.privacy.erasure import ERASED

M = TypeVar("M", bound=Model)
AT_ONCE = 500  # lines
NOBODY = cast(User, None)  # who did it stands in the trail that was lost


@dataclass(slots=True)
class Replayed:
    """How many there were in the backup of what was taken back since."""

    tryons: int = 0
    pictures: int = 0
    photos: int = 0
    links: int = 0
    addresses: int = 0
    reviews: int = 0
    accounts: int = 0

    def __str__(self) -> str:
        told = f"{self.tryons} try-ons, {self.pictures} pictures, {self.photos} photos deleted"
        told += f"; {self.links} links closed, {self.addresses} need a new address"
        told += f"; {self.reviews} reviews taken back"
        return f"{told}; {self.accounts} accounts erased"


def replay(lines: Iterable[DeletionRecord]) -> Replayed:
    """Replay a journal from its beginning; what the backup knows already, or never knew, costs nothing."""
    done = Replayed()
    lines = iter(lines)
    while part := list(islice(lines, AT_ONCE)):
        done.photos += _delete(part, Reference.objects.present(), deletion.delete_reference)
        done.pictures += _delete(part, Image.objects.present(), deletion.delete_image)
        done.tryons += _delete(part, TryOn.objects.present(), _delete_tryon)
        done.links += _close_links(_subjects(part, REVOKED, ShareLink))
        done.addresses += sum(_end_address(line) for line in part if line.action in (RENEWED, LOCKED))
        done.accounts += _erase(_subjects(part, ERASED, User))
        done.reviews += sum(_take_back(line) for line in part if line.action in (REJECTED, UNDONE))
    return done


def _subjects(lines: list[DeletionRecord], action: Action, model: type[Model]) -> list[str]:
    return [line.subject for line in lines if (line.action, line.kind) == (action, kind_of(model))]


def _delete(lines: list[DeletionRecord], present: QuerySet[M], delete: Callable[[M, None], object]) -> int:
    """How many of the rows `present` were deleted since, and are now."""
    rows = list(present.filter(pk__in=_subjects(lines, DELETED, present.model)))
    for row in rows:
        delete(row, None)
    return len(rows)


def _delete_tryon(tryon: TryOn, by: None) -> None:
    """The request and its words. Its pictures and photos have lines of their own.

    Which photos went with it was decided then; a photo that a later try-on used must not go now because
    that later one is not in the backup.
    """
    with transaction.atomic():  # its end and its audit row
        tryon.wipe()
        for generation in tryon.generations.filter(status=Generation.Status.QUEUED):
            generation.cancel()
        AuditEntry.objects.record(by, DELETED, tryon)


def _close_links(ids: list[str]) -> int:
    return sum(link.revoke(NOBODY) for link in ShareLink.objects.filter(pk__in=ids, revoked_at=None))


def _end_address(line: DeletionRecord) -> bool:
    """A link got a new address or another password since: what was good before must not be so again.

    The new ones went with the database, so its owner makes another address.
    """
    link = ShareLink.objects.live().filter(pk=line.subject).first()
    if link is None:
        return False
    known = AuditEntry.objects.of(link).filter(action__in=(RENEWED, LOCKED))
    if known.filter(at__gte=dt.datetime.fromisoformat(line.at)).exists():
        return False
    link.renew(NOBODY)
    return True


def _erase(ids: list[str]) -> int:
    users = list(User.objects.filter(pk__in=ids, erased_at=None))
    for user in users:
        erasure.erase(user, None)
    return len(users)


def _take_back(line: DeletionRecord) -> bool:
    image = Image.objects.present().filter(pk=line.subject).first()
    if image is None:
        return False
    if line.action == UNDONE:
        return image.undo(NOBODY)
    known = line.reason in RejectionReason.values
    return image.reject(NOBODY, RejectionReason(line.reason) if known else RejectionReason.OTHER)
