"""Which models are offered: read the gateway's list, and put a replacement in a retired model's place."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from tryon.accounts.models import User
from tryon.gateway import CatalogueModel, GatewayError
from tryon.models import CircuitBreaker, Generation, Offer, Price, TryOn
from tryon.models.budget import CapReached
from tryon.models.price import usd
from tryon.models.states import PauseReason
from tryon.pipeline import outcomes
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import model_families
from tryon.rules.request_rules import model_refusal

log = logging.getLogger(__name__)

MODEL_REPLACED = register_action("model_replaced", "Model replaced")


def sync() -> list[str] | None:
    """Learn which models there are, what they cost and which were retired; gives the ids that are to be had.

    None without an answer: then all stays as it is.
    """
    try:
        models = gateway_client().models()
    except GatewayError as exc:
        log.warning("the list of models could not be read: %s", exc)
        return None
    current = [
        model.id
        for model in models
        if model.makes_pictures and not model.is_retired and not model_families.answers_vectors(model.id)
    ]
    Offer.objects.learn(current)
    for model in models:
        if model.is_retired:
            _retire(model)
        for size, micros in model.prices.items():
            Price.objects.learn(model.id, size, micros)
    return current


def _retire(model: CatalogueModel) -> None:
    """Before anybody waits for it: a retired model that is offered is closed as its first 410 would."""
    account = gateway_client().account
    offered = model.id in Offer.objects.names(account)  # without those that are closed already
    if offered:
        seconds = settings.LINE_RETRY_SECONDS
        CircuitBreaker.objects.pause(
            account, model.id, PauseReason.RETIRED, seconds, replacement=model.replacement
        )


@dataclass(frozen=True, slots=True)
class Replacement:
    """Pictures that waited for a retired model: gone on, ended, or still waiting for money."""

    moved: int
    ended: int
    left: int = 0
    was_micros: int = 0  # set aside for those that go on, at the old price
    now_micros: int = 0  # the same at the new one
    messages: tuple[TaskMessage, ...] = ()

    @property
    def cost(self) -> str:
        """US dollars of those that go on, at the old price."""
        return usd(self.was_micros)

    @property
    def costs(self) -> str:
        """The same at the new price."""
        return usd(self.now_micros)

    @property
    def waiting(self) -> int:
        return self.moved + self.ended + self.left


def forecast(breaker: CircuitBreaker) -> Replacement:
    """What `replace` would do to the pictures that wait now; no cap is looked at."""
    waiting = list(_waiting_for(breaker))
    going_on = [row for row in waiting if not _cannot_make(breaker.replacement, row)]
    moved = sum(row.count for row in going_on)
    return Replacement(
        moved,
        sum(row.count for row in waiting) - moved,
        was_micros=sum(row.reserved_micros for row in going_on),
        now_micros=sum(
            row.count * Price.objects.of_request(breaker.replacement, row.tryon.size, row.tryon.mode)
            for row in going_on
        ),
    )


def replace_model(breaker: CircuitBreaker, by: User) -> Replacement | None:
    """Offer the replacement in the retired model's place, and send what waits for it there.

    What the new model cannot make ends, and nothing is charged for it. What its price leaves no room for
    under a cap goes on waiting. None where the breaker names no replacement, or was settled before.
    """
    if (
        not CircuitBreaker.objects.to_replace(breaker.account)
        .filter(pk=breaker.pk)
        .exclude(replacement="")
        .exists()
    ):
        return None
    # Offered first: whoever asks from now on gets the new model, and what waits is moved after that.
    Offer.objects.put_in_place(breaker.model, breaker.replacement)
    AuditEntry.objects.record(
        by, MODEL_REPLACED, breaker, model=breaker.model, replacement=breaker.replacement
    )
    ended = sum(
        row.count
        for row in _waiting_for(breaker)
        if _cannot_make(breaker.replacement, row) and row.give_up_model()
    )
    tryons = TryOn.objects.filter(pk__in=_waiting_for(breaker).values("tryon_id")).select_related("owner")
    moved = sum(_move(tryon, breaker.replacement) for tryon in tryons)
    left = sum(row.count for row in _waiting_for(breaker))
    if not left:
        breaker.mark_replaced()
    return Replacement(moved, ended, left, messages=tuple(outcomes.released()))


def _waiting_for(breaker: CircuitBreaker) -> QuerySet[Generation]:
    waiting = Generation.objects.filter(status=Generation.Status.QUEUED, tryon__model=breaker.model)
    return waiting.select_related("tryon")


def _cannot_make(model: str, row: Generation) -> bool:
    tryon, takes = row.tryon, model_families.family(model)
    refused = model_refusal(
        takes,
        tryon.mode,
        references=tryon.inputs.values("reference").distinct().count(),
        size=tryon.size or None,
        aspect_ratio=tryon.aspect_ratio or None,
        n=tryon.wanted,
    )
    return bool(refused) or row.count > takes.most_pictures


def _move(tryon: TryOn, model: str) -> int:
    """Its waiting pictures go to another model, at that one's price; how many, 0 where a cap forbids it."""
    price = Price.objects.of_request(model, tryon.size, tryon.mode)
    try:
        with transaction.atomic():  # model and money together
            tryon.move_to(model)
            return sum(row.count for row in tryon.generations.all() if row.reprice(price))
    except CapReached as exc:
        log.warning("%s goes on waiting for a model: %s", tryon, exc)
        return 0
