"""Web side: accept a try-on. Row, inputs, generations and reserved money in one transaction, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry, Image
from gallery.models.audit import register_action
from tryon.accounts.models import AnyUser, User
from tryon.models import Budget, Entry, Generation, Offer, Price, Reference, TryOn, TryOnInput
from tryon.models.money.budget import Amount, counted_in
from tryon.pipeline import enqueue
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import model_families, outfits, prompts, request_rules
from tryon.rules.model_families import Family
from tryon.rules.request_rules import PictureFacts, RequestFacts

UPRIGHT = "3:4"  # the shape in which somebody stands
MADE_AGAIN = register_action("made_again", _("Asked for again, with that fixed"))


class SubmissionRefused(Exception):
    """The request cannot be carried out; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class ChosenReference:
    """One picture of the form: a person, a garment worn as `role`, or a picture to work from."""

    reference: Reference
    role: str
    fit: str = ""

    @property
    def kind(self) -> str:
        return self.role if self.role in (TryOnInput.PERSON, TryOnInput.PICTURE) else "garment"

    def facts(self, owner: User, number: int) -> PictureFacts:
        """What its row says of it now, as the `number`th of its kind."""
        reference = self.reference
        return PictureFacts(
            self.kind,
            number,
            reference=str(reference.pk),
            photo=reference.sha256,
            category=self.role,
            fit=self.fit,
            is_usable=reference.deleted_at is None and reference.owner_id in (None, owner.pk),
            is_linked=bool(reference.url),
            is_consented=reference.is_consented_as(self.kind),
        )


@dataclass(frozen=True, slots=True)
class TryOnRequest:
    """What the form asks for: its pictures in the form's order, its words, and its one-time key.

    `size` "" is left open, and `aspect_ratio` "auto" is that of the first picture.
    """

    mode: str
    model: str
    inputs: tuple[ChosenReference, ...]
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

    def facts(self, owner: User, pictures: Sequence[PictureFacts]) -> RequestFacts:
        """The same as it is judged, with what is known of its pictures."""
        return RequestFacts(
            mode=self.mode,
            pictures=tuple(pictures),
            note=self.note,
            size=self.size or None,
            aspect_ratio=None if self.aspect_ratio in ("auto", "") else self.aspect_ratio,
            count=self.wanted,
            may_link=may_link(owner),
        )


def accept(owner: User, request: TryOnRequest, address: str = "") -> TryOn:
    """The try-on of this request: accepted now, or before under the same key and body.

    `address` is what guests are counted by too (accounts/client_address.py, address_name).
    Raises SubmissionRefused, or tryon.models.money.budget.CapReached.
    """
    known = TryOn.objects.filter(owner=owner, key=request.key, body_digest=request.digest)
    if tryon := known.first():
        return tryon
    takes = _judge(owner, request)
    try:
        with transaction.atomic():  # fifty at once: the unique key lets one in, the others find its row
            tryon = _create(User.objects.lock(owner.pk), request, _ratio(request, takes))
            _queue(tryon, takes, _counts(request.wanted, takes), address)
    except IntegrityError:
        return known.get()
    for reference in request.references:
        reference.touch()
    return tryon


def again(generation: Generation, address: str = "") -> Generation:
    """Ask once more for what a generation did not give; pressed twice, it is the same new generation.

    It counts in the rows of now, and by this address. Raises SubmissionRefused, or CapReached.
    """
    if not generation.is_ended or generation.status == Generation.Status.DONE:
        raise SubmissionRefused(request_rules.STILL_BEING_MADE)
    return _once_more(generation.tryon, generation.count, address, repeats=generation)


def mend(image: Image, address: str = "") -> Generation:
    """Ask anew for a picture that staff rejected, and tell the model what was wrong with it.

    Asked twice, it is the same new generation. It counts in the rows of now, and by this address. Raises
    SubmissionRefused, or CapReached.
    """
    return _once_more(_to_be_mended(image), 1, address, in_place_of=image, mends=image.reason)


def mend_by_staff(image: Image, by: User) -> Generation:
    """The same, asked by who rejected it: its owner gets the picture, and their day's allowance stays whole.

    The shop pays: it counts in the site's rows alone. Raises SubmissionRefused, or CapReached.
    """

    def note() -> None:
        AuditEntry.objects.record(by, MADE_AGAIN, image, reason=image.reason)

    tryon, shop = _to_be_mended(image), User.objects.shop()
    return _once_more(tryon, 1, "", payer=shop, note=note, in_place_of=image, mends=image.reason)


def _to_be_mended(image: Image) -> TryOn:
    """The try-on of a picture that was rejected for what another try can mend."""
    made = Generation.objects.filter(results__image=image).select_related("tryon__owner").first()
    if made is None or made.tryon.deleted_at or image.reason not in prompts.RETRY_HINTS:
        raise SubmissionRefused(request_rules.NOT_TO_BE_MENDED)
    return made.tryon


def _once_more(
    tryon: TryOn,
    count: int,
    address: str,
    mends: str = "",
    *,
    payer: User | None = None,
    note: Callable[[], None] | None = None,
    **instead: Any,
) -> Generation:
    """One more generation of a try-on, `instead` of what has one such at most; `note` is written with it."""
    for row in tryon.ordered_inputs():
        facts = ChosenReference(row.reference, row.role).facts(tryon.owner, row.position)
        if reason := request_rules.picture_refusal(facts, may_link(tryon.owner)):
            raise SubmissionRefused(reason)
    takes = Offer.objects.to_choose(gateway_client().account).get(tryon.model)
    if takes is None or not takes.serves(tryon.mode):
        raise SubmissionRefused(request_rules.MODEL_GONE_AGAIN)
    try:
        with transaction.atomic():  # two clicks at once: what it stands in for is one-to-one
            tryon = TryOn.objects.lock(tryon.pk)  # its owner may have logged in, and become another
            if note:
                note()
            return _queue(tryon, takes, [count], address, payer, mends=mends, **instead)[0]
    except IntegrityError:
        return Generation.objects.get(**instead)


def _judge(owner: User, request: TryOnRequest) -> Family:
    """What its model takes. Raises SubmissionRefused with the first rule that is broken."""
    takes = Offer.objects.to_choose(gateway_client().account).get(request.model)
    reason = request_rules.refusal(_facts(owner, request), takes)
    if reason or takes is None:
        raise SubmissionRefused(reason or request_rules.MODEL_GONE)
    return takes


def _facts(owner: User, request: TryOnRequest) -> RequestFacts:
    """The request with what the rows say now, whatever the form said before."""
    places: Counter[str] = Counter()
    pictures = []
    for chosen in request.inputs:
        places[chosen.kind] += 1
        pictures.append(chosen.facts(owner, places[chosen.kind]))
    return request.facts(owner, pictures)


def may_link(user: AnyUser) -> bool:
    """Whether pictures may be given by address: members may, where the operator lets them."""
    return settings.LINKED_PICTURES and isinstance(user, User) and not user.is_guest


def _create(owner: User, request: TryOnRequest, aspect_ratio: str) -> TryOn:
    tryon = TryOn.objects.create(
        owner=owner,
        mode=request.mode,
        model=request.model,
        size=request.size,
        aspect_ratio=aspect_ratio,
        wanted=request.wanted,
        note=request.note,
        key=request.key,
        body_digest=request.digest,
    )
    TryOnInput.objects.bulk_create(
        TryOnInput(tryon=tryon, reference=chosen.reference, position=n, role=chosen.role, fit=chosen.fit)
        for n, chosen in enumerate(_in_order(request.inputs), 1)
    )
    return tryon


def _in_order(inputs: Sequence[ChosenReference]) -> list[ChosenReference]:
    """The person first, then the garments from the inside out; other pictures as they were given."""
    first = [chosen for chosen in inputs if chosen.role in (TryOnInput.PERSON, TryOnInput.PICTURE)]
    garments = [chosen for chosen in inputs if chosen not in first]
    return first + [garments[n] for n in outfits.inside_out([chosen.role for chosen in garments])]


def _ratio(request: TryOnRequest, takes: Family) -> str:
    """The chosen shape; `auto` is the nearest to the first picture, upright without one, "" if unknown."""
    if request.aspect_ratio != "auto":
        return request.aspect_ratio
    if not takes.ratios or (takes.edits and request.inputs):
        return ""
    if not request.inputs:
        return UPRIGHT
    first = request.inputs[0].reference
    return model_families.nearest_ratio(first.width, first.height, takes.ratios) if first.width else ""


def _queue(
    tryon: TryOn,
    takes: Family,
    counts: list[int],
    address: str,
    payer: User | None = None,
    **columns: Any,
) -> list[Generation]:
    """Generations of these counts with their money set aside; woken when the transaction commits.

    It is set aside in the rows of its owner, or of another `payer`.
    """
    price = Price.objects.of_request(tryon.model, takes, tryon.size, tryon.mode)
    first = tryon.generations.count() + 1
    now = timezone.now()
    keys = counted_in(payer or tryon.owner, now, address)
    generations = [
        Generation.objects.accept(
            keys,
            tryon=tryon,
            number=n,
            count=count,
            reserved_micros=price * count,
            created_at=now,
            **columns,
        )
        for n, count in enumerate(counts, first)
    ]
    Budget.objects.reserve(keys, Amount(sum(counts), price * sum(counts)))
    for row in generations:
        Entry.objects.book(Entry.Kind.RESERVED, row, reserved=row.reservation)
    messages = [TaskMessage("generate", row.pk) for row in generations]
    transaction.on_commit(lambda: enqueue.enqueue_after_response(messages), robust=True)
    return generations


def _counts(wanted: int, takes: Family) -> list[int]:
    """4 pictures by calls of 1 are 1 1 1 1, by calls of 3 they are 3 1."""
    most = min(settings.PICTURES_PER_CALL, takes.most_pictures)
    return [min(most, wanted - begun) for begun in range(0, wanted, most)]
