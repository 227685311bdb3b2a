"""Delete at once and for good a moment later: what one press hides can be taken back meanwhile.

Hidden is what has `deleted_at`; its words, files and calls that wait stay as they are until the sweep makes
the deletion final. A process that is killed in between leaves it hidden, and the next sweep goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction

from gallery.models import Image
from tryon.accounts.models import User
from tryon.models import Generation, PendingDeletion, Reference, Result, TryOn, clock
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.privacy import deletion

Kind = PendingDeletion.Kind
Subject = TryOn | Image | Reference
# In the order of their locks: a try-on before what belongs to it.
DELETE: dict[str, tuple[Any, Callable[[Any, User | None], None]]] = {
    Kind.TRYON: (TryOn, partial(deletion.delete_tryon, with_photos=False)),
    Kind.IMAGE: (Image, deletion.delete_image),
    Kind.REFERENCE: (Reference, deletion.delete_reference),
}


def hide_tryon(tryon: TryOn, by: User) -> uuid.UUID | None:
    """With its pictures, and those of its photos that no other try-on uses. None: it is deleted already."""
    made = Result.objects.filter(generation__tryon=tryon).values("image_id")

    def subjects() -> Iterator[Subject]:
        if TryOn.objects.lock_present(tryon.pk):
            yield tryon
            yield from Image.objects.present().filter(pk__in=made)
            yield from deletion.photos_only_here(tryon)

    return _hide(subjects(), by)


def hide_images(images: Sequence[Image], by: User) -> uuid.UUID | None:
    """By one press, with each try-on that has nothing else to show; the photos stay. None: all are gone."""
    tryons = TryOn.objects.present().filter(generations__results__image__in=images).distinct()
    return _hide([*(tryon for tryon in tryons if _shows_only(tryon, images)), *images], by)


def hide_reference(reference: Reference, by: User) -> uuid.UUID | None:
    return _hide([reference], by)


def _shows_only(tryon: TryOn, images: Sequence[Image]) -> bool:
    others = Result.objects.filter(generation__tryon=tryon, image__deleted_at=None).exclude(image__in=images)
    return not others.exists() and not tryon.generations.unfinished().exists()


def _hide(subjects: Iterable[Subject], by: User) -> uuid.UUID | None:
    press, at = uuid.uuid4(), clock.now()
    with transaction.atomic():  # all of it in one moment
        hidden = [subject for subject in subjects if _set(subject, at)]
        PendingDeletion.objects.bulk_create(
            PendingDeletion(press=press, kind=_kind(subject), subject=subject.pk, by=by, at=at)
            for subject in hidden
        )
    return press if hidden else None


def _set(subject: Subject, at: Any) -> int:
    present = type(subject)._default_manager.filter(pk=subject.pk, deleted_at=None)
    return present.update(deleted_at=at)


def _kind(subject: Subject) -> str:
    return subject._meta.model_name or ""


def take_back(press: uuid.UUID, by: User) -> tuple[Subject | None, list[TaskMessage]]:
    """What this press deleted is there again, unless it is too late: the first of it, and what waits."""
    with transaction.atomic():
        rows = PendingDeletion.objects.filter(press=press, by=by).may_be_taken_back()
        found = _in_order(_consumed(rows))
        for subject, _ in found:
            _show(subject, by)
    first = found[0][0] if found else None
    return first, [message for subject, _ in found for message in _waiting_for(subject)]


def _consumed(rows: models.QuerySet[PendingDeletion]) -> list[PendingDeletion]:
    """These rows, for whoever removes them first."""
    for tryon in rows.filter(kind=Kind.TRYON):
        TryOn.objects.lock(tryon.subject)  # whoever adds a picture to them holds it
    known = list(rows)
    return known if rows.delete()[0] == len(known) else []


def _show(subject: Subject, by: User) -> None:
    hidden = type(subject)._default_manager.filter(pk=subject.pk)
    try:
        with transaction.atomic():
            hidden.update(deleted_at=None)
    except IntegrityError:  # the same photo was uploaded again meanwhile: that one stays
        deletion.delete_reference(subject, by)  # type: ignore[arg-type]


def _waiting_for(subject: Subject) -> list[TaskMessage]:
    if isinstance(subject, Image):
        return [] if subject.rendered_at else [TaskMessage("render", subject.pk)]
    if not isinstance(subject, TryOn):
        return []
    held = subject.generations.filter(status=Generation.Status.QUEUED, waiting_for="")
    held.update(not_before=None)
    return [TaskMessage("generate", pk) for pk in held.values_list("pk", flat=True)]


def due() -> set[uuid.UUID]:
    """Presses that nobody took back."""
    return set(PendingDeletion.objects.due().values_list("press", flat=True))


def finish_of(user: User) -> None:
    """Whoever is erased takes nothing back."""
    for press in set(PendingDeletion.objects.filter(by=user).values_list("press", flat=True)):
        finish(press)


def finish(press: uuid.UUID) -> None:
    """Make final what a press hid, unless it was taken back."""
    with transaction.atomic():
        rows = PendingDeletion.objects.filter(press=press)
        for subject, by in _in_order(_consumed(rows)):
            if isinstance(subject, TryOn):  # its deletion asks whether it is there
                TryOn.objects.filter(pk=subject.pk).update(deleted_at=None)
            DELETE[_kind(subject)][1](subject, by)


def _in_order(rows: list[PendingDeletion]) -> list[tuple[Any, User | None]]:
    found = []
    for kind, (model, _) in DELETE.items():
        by = {row.subject: row.by for row in rows if row.kind == kind}
        found += [(subject, by[subject.pk]) for subject in model._default_manager.filter(pk__in=by)]
    return found
