"""Web side: accept a try-on. Row, inputs, generations and reserved money in one transaction, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from tryon.accounts.models import User
from tryon.models import Budget, Entry, Generation, Offer, Price, Reference, TryOn, TryOnInput
from tryon.models.budget import Amount
from tryon.pipeline import enqueue
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import model_families, outfits, prompts

CONSENT_VERSION = "2026-11"
CONSENT_NEEDED = "Tick the box to say that you may use this photo"
PHOTO_GONE = "One of these photos was deleted. Choose it again"
MODEL_GONE = "This model is not offered any more. Choose another one"
MODEL_GONE_AGAIN = "Its model is not offered any more. Press “Change and try again”, and choose another"
NO_LINKS = "Pictures by address are for members, where this site allows them. Upload the picture instead"
WORDS_NEEDED = "Say in words what you want to see"
UPRIGHT = "3:4"  # the shape in which somebody stands


class SubmissionRefused(Exception):
    """The wishes cannot be carried out; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One picture of the form: a person, a garment worn as `role`, or a picture to work from."""

    reference: Reference
    role: str
    fit: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the form asks for: its pictures in the form's order, its words, and its one-time key.

    `size` "" is left open, and `aspect_ratio` "auto" is that of the first picture.
    """

    mode: str
    model: str
    inputs: tuple[Chosen, ...]
    wanted: int
    size: str
    aspect_ratio: str
    note: str
    key: str

    @property
    def references(self) -> list[Reference]:
        return [chosen.reference for chosen in self.inputs]

    @property
    def digest(self) -> str:
        """The same form sent twice is one try-on; Back and other choices make a new one."""
        inputs = [[str(chosen.reference.pk), chosen.role, chosen.fit] for chosen in self.inputs]
        body = [self.mode, self.model, inputs, self.wanted, self.size, self.aspect_ratio, self.note]
        return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def accept(owner: User, wishes: Wishes) -> TryOn:
    """The try-on of these wishes: accepted now, or before under the same key and body.

    Raises Refused, or tryon.models.budget.CapReached.
    """
    known = TryOn.objects.filter(owner=owner, key=wishes.key, body_digest=wishes.digest)
    if tryon := known.first():
        return tryon
    _refuse_nonsense(owner, wishes)
    try:
        with transaction.atomic():  # fifty at once: the unique key lets one in, the others find its row
            tryon = _create(owner, wishes)
            _queue(tryon, _counts(wishes))
    except IntegrityError:
        return known.get()
    for reference in wishes.references:
        reference.touch()
    return tryon


def again(generation: Generation) -> Generation:
    """Ask once more for what a generation did not give; pressed twice, it is the same new generation.

    Raises Refused, or CapReached.
    """
    if not generation.is_ended or generation.status == Generation.Status.DONE:
        raise SubmissionRefused("This picture is still being made")
    tryon = generation.tryon
    if any(row.reference.deleted_at for row in tryon.ordered_inputs()):
        raise SubmissionRefused(PHOTO_GONE)
    if tryon.model not in Offer.objects.names(gateway_client().account, tryon.mode):
        raise SubmissionRefused(MODEL_GONE_AGAIN)
    try:
        with transaction.atomic():  # two clicks at once: `repeats` is one-to-one
            return _queue(tryon, [generation.count], repeats=generation)[0]
    except IntegrityError:
        return Generation.objects.get(repeats=generation)


def _refuse_nonsense(owner: User, wishes: Wishes) -> None:
    """Raises Refused with the first rule that is broken, before a picture is sent or money set aside."""
    references = wishes.references
    if any(r.deleted_at or r.owner_id not in (None, owner.pk) for r in references):
        raise SubmissionRefused(PHOTO_GONE)
    if not all(r.is_consented for r in references):
        raise SubmissionRefused(CONSENT_NEEDED)
    if any(r.url for r in references) and not may_link(owner):
        raise SubmissionRefused(NO_LINKS)
    if wishes.model not in Offer.objects.names(gateway_client().account):
        raise SubmissionRefused(MODEL_GONE)
    if reason := _combination_refusal(wishes) or model_families.refusal(
        wishes.model,
        wishes.mode,
        references=len(set(references)),
        size=wishes.size or None,
        aspect_ratio=None if wishes.aspect_ratio in ("auto", "") else wishes.aspect_ratio,
        n=wishes.wanted,
    ):
        raise SubmissionRefused(reason)


def _combination_refusal(wishes: Wishes) -> str | None:
    """Why these pictures and words do not go together, in words for the user; None when they do."""
    if wishes.mode != TryOn.Mode.TRY_ON:
        if not _are_words(wishes.note):
            return WORDS_NEEDED
        double = len({reference.sha256 for reference in wishes.references}) < len(wishes.inputs)
        return "You chose the same picture twice. Keep one of them." if double else None
    if _is_worn_by_itself(wishes.inputs):
        return "The person and a garment are the same photo. Choose another one for the garment."
    garments = [chosen for chosen in wishes.inputs if chosen.role != TryOnInput.PERSON]
    if len({(chosen.reference.sha256, chosen.role) for chosen in garments}) < len(garments):
        return "You chose the same garment twice. Keep one of them."
    fits = (outfits.fit_refusal(chosen.role, chosen.fit) for chosen in garments)
    return outfits.outfit_refusal([chosen.role for chosen in garments]) or next(filter(None, fits), None)


def _is_worn_by_itself(inputs: Sequence[Chosen]) -> bool:
    people = {chosen.reference.sha256 for chosen in inputs if chosen.role == TryOnInput.PERSON}
    return any(chosen.reference.sha256 in people for chosen in inputs if chosen.role != TryOnInput.PERSON)


def _are_words(note: str) -> bool:
    """Signs alone would be paid for and say nothing."""
    return any(sign.isalnum() for sign in note)


def may_link(owner: User) -> bool:
    """Whether pictures may be given by address: members may, where the operator lets them."""
    return settings.LINKED_PICTURES and not owner.is_guest


def _create(owner: User, wishes: Wishes) -> TryOn:
    tryon = TryOn.objects.create(
        owner=owner,
        mode=wishes.mode,
        model=wishes.model,
        size=wishes.size,
        aspect_ratio=_ratio(wishes),
        wanted=wishes.wanted,
        note=wishes.note,
        key=wishes.key,
        body_digest=wishes.digest,
    )
    TryOnInput.objects.bulk_create(
        TryOnInput(tryon=tryon, reference=chosen.reference, position=n, role=chosen.role, fit=chosen.fit)
        for n, chosen in enumerate(_in_order(wishes.inputs), 1)
    )
    return tryon


def _in_order(inputs: Sequence[Chosen]) -> list[Chosen]:
    """The person first, then the garments from the inside out; other pictures as they were given."""
    first = [chosen for chosen in inputs if chosen.role in (TryOnInput.PERSON, TryOnInput.PICTURE)]
    garments = [chosen for chosen in inputs if chosen not in first]
    return first + [garments[n] for n in prompts.inside_out([chosen.role for chosen in garments])]


def _ratio(wishes: Wishes) -> str:
    """The chosen shape; `auto` is the nearest to the first picture, upright without one, "" if unknown."""
    takes = model_families.family(wishes.model)
    if wishes.aspect_ratio != "auto":
        return wishes.aspect_ratio
    if not takes.ratios or (takes.edits and wishes.inputs):
        return ""
    if not wishes.inputs:
        return UPRIGHT
    first = wishes.inputs[0].reference
    return model_families.nearest_ratio(first.width, first.height, takes.ratios) if first.width else ""


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
    for row in generations:
        Entry.objects.book(Entry.Kind.RESERVED, row, reserved=row.reservation)
    messages = [TaskMessage("generate", row.pk) for row in generations]
    transaction.on_commit(lambda: enqueue.enqueue_after_response(messages), robust=True)
    return generations


def _counts(wishes: Wishes) -> list[int]:
    """4 pictures by calls of 1 are 1 1 1 1, by calls of 3 they are 3 1."""
    wanted = wishes.wanted
    most = min(settings.PICTURES_PER_CALL, model_families.family(wishes.model).most_pictures)
    return [min(most, wanted - begun) for begun in range(0, wanted, most)]
