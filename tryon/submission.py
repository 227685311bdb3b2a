"""Web side: accept a try-on. Row, inputs, generations and reserved money in one transaction, or nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from tryon import catalogue, prompts, tasks
from tryon.accounts.models import User
from tryon.models import Budget, Generation, Price, Reference, TryOn, TryOnInput
from tryon.models.money import Amount
from tryon.wake import Wake

CONSENT_VERSION = "2026-11"
CONSENT_NEEDED = "Tick the box to say that you may use this photo"
PHOTO_GONE = "One of these photos was deleted. Choose it again"


class Refused(Exception):
    """The wishes cannot be carried out; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the form asks for: references with their slots, and one-time key of the form."""

    person: Reference
    garments: tuple[tuple[Reference, str], ...]
    wanted: int
    size: str
    aspect_ratio: str
    note: str
    key: str

    @property
    def digest(self) -> str:
        """The same form sent twice is one try-on; Back and other choices make a new one."""
        garments = [[str(reference.pk), slot] for reference, slot in self.garments]
        body = [str(self.person.pk), garments, self.wanted, self.size, self.aspect_ratio, self.note]
        return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def estimate(size: str, wanted: int) -> int:
    """Micro-USD that `wanted` pictures cost at most."""
    return Price.objects.of_picture(settings.LLMTR_MODEL, size) * wanted


def accept(owner: User, wishes: Wishes) -> TryOn:
    """The try-on of these wishes: accepted now, or before under the same key and body.

    Raises Refused, or tryon.models.money.CapReached.
    """
    known = TryOn.objects.filter(owner=owner, key=wishes.key, body_digest=wishes.digest)
    if tryon := known.first():
        return tryon
    _refuse_nonsense(owner, wishes)
    try:
        with transaction.atomic():  # fifty at once: the unique key lets one in, the others find its row
            tryon = _create(owner, wishes)
            _queue(tryon, _counts(wishes.wanted))
    except IntegrityError:
        return known.get()
    for reference in (wishes.person, *(r for r, _ in wishes.garments)):
        reference.touch()
    return tryon


def again(generation: Generation) -> Generation:
    """Ask once more for what a generation did not give; pressed twice, it is the same new generation.

    Raises Refused, or CapReached.
    """
    if not generation.is_ended or generation.status == Generation.Status.DONE:
        raise Refused("This picture is still being made")
    tryon = generation.tryon
    if any(row.reference.deleted_at for row in tryon.ordered_inputs()):
        raise Refused(PHOTO_GONE)
    try:
        with transaction.atomic():  # two clicks at once: `repeats` is one-to-one
            return _queue(tryon, [generation.count], repeats=generation)[0]
    except IntegrityError:
        return Generation.objects.get(repeats=generation)


def _refuse_nonsense(owner: User, wishes: Wishes) -> None:
    references = [wishes.person, *(reference for reference, _ in wishes.garments)]
    if any(r.deleted_at or r.owner_id not in (None, owner.pk) for r in references):
        raise Refused(PHOTO_GONE)
    if not wishes.person.is_consented:
        raise Refused(CONSENT_NEEDED)
    ratio = None if wishes.aspect_ratio == "auto" else wishes.aspect_ratio
    reason = catalogue.outfit_refusal([slot for _, slot in wishes.garments]) or catalogue.refusal(
        settings.LLMTR_MODEL,
        references=len(references),
        size=wishes.size,
        aspect_ratio=ratio,
        n=wishes.wanted,
    )
    if reason:
        raise Refused(reason)


def _create(owner: User, wishes: Wishes) -> TryOn:
    ratio = wishes.aspect_ratio
    if ratio == "auto":
        ratio = catalogue.nearest_ratio(wishes.person.width, wishes.person.height)
    tryon = TryOn.objects.create(
        owner=owner,
        model=settings.LLMTR_MODEL,
        size=wishes.size,
        aspect_ratio=ratio,
        wanted=wishes.wanted,
        note=wishes.note,
        key=wishes.key,
        body_digest=wishes.digest,
    )
    order = prompts.inside_out([slot for _, slot in wishes.garments])
    inputs = [(wishes.person, TryOnInput.PERSON), *(wishes.garments[n] for n in order)]
    TryOnInput.objects.bulk_create(
        TryOnInput(tryon=tryon, reference=reference, position=n, slot=slot)
        for n, (reference, slot) in enumerate(inputs, 1)
    )
    return tryon


def _queue(tryon: TryOn, counts: list[int], repeats: Generation | None = None) -> list[Generation]:
    """Generations of these counts with their money set aside; woken when the transaction commits."""
    price = Price.objects.of_picture(tryon.model, tryon.size)
    first = tryon.generations.count() + 1
    generations = [
        Generation.objects.create(
            tryon=tryon, number=n, count=count, reserved_micros=price * count, repeats=repeats
        )
        for n, count in enumerate(counts, first)
    ]
    whole = Amount(sum(counts), price * sum(counts))
    Budget.objects.reserve(tryon.owner, whole, generations[0].created_at)
    wakes = [Wake("generate", row.pk) for row in generations]
    transaction.on_commit(lambda: tasks.wake_behind(wakes), robust=True)
    return generations


def _counts(wanted: int) -> list[int]:
    """4 pictures by calls of 1 are 1 1 1 1, by calls of 3 they are 3 1."""
    most = settings.PICTURES_PER_CALL
    return [min(most, wanted - begun) for begun in range(0, wanted, most)]
