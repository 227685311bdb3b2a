"""Which models are offered: read the gateway's list, and put another model in the place of one that ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from tryon.accounts.models import User
from tryon.gateway import CatalogueModel, GatewayError
from tryon.models import CircuitBreaker, Generation, Offer, Price, TryOn
from tryon.models.circuit_breaker import GONE
from tryon.models.money.budget import CapReached
from tryon.models.money.price import usd
from tryon.models.states import PauseReason
from tryon.pipeline import outcomes
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import model_families
from tryon.rules.model_families import Family
from tryon.rules.request_rules import model_refusal

log = logging.getLogger(__name__)

MODEL_REPLACED = register_action("model_replaced", _("Model replaced"))


def sync(seconds: float = 10) -> list[str] | None:
    """Learn which models there are, what they take and cost and which were retired; the ids to be had.

    None without an answer, or where it names no model: then all stays as it is.
    """
    try:
        models = gateway_client().models(seconds=seconds)
    except GatewayError as exc:
        log.warning("the list of models could not be read: %s", exc)
        return None
    current = [
        model.id
        for model in models
        if model.makes_pictures and not model.is_retired and not model_families.answers_vectors(model.id)
    ]
    if not current:
        log.warning("the gateway's list names no model that makes pictures")
        return None
    back = list(Offer.objects.come_back(current).values_list("model", flat=True))
    CircuitBreaker.objects.take_again(gateway_client().account, back)
    if first := Offer.objects.learn(current):
        log.warning("offered from now on, as the first model of this site: %s", first)
    for model in models:
        Offer.objects.filter(model=model.id).exclude(listed=model.facts).update(listed=model.facts)
        if model.is_retired:
            _retire(model)
        for size, micros in model.prices.items():
            Price.objects.learn(model.id, size, micros)
    return current


def _retire(model: CatalogueModel) -> None:
    """Before anybody waits for it: a retired model that is offered is closed as its first 410 would."""
    account = gateway_client().account
    if model.id in Offer.objects.to_choose(account):  # without those that are closed already
        seconds = settings.LINE_RETRY_SECONDS
        CircuitBreaker.objects.pause(
            account, model.id, PauseReason.RETIRED, seconds, replacement=model.replacement
        )


# Models that end -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Ending:
    """A model that is gone or going: `why` in a sentence, and which other one could take its place.

    `is_gone`: nothing is made with it any more. `is_named`: the gateway or staff named the successor.
    """

    model: str
    why: str
    successor: str
    is_gone: bool = False
    is_named: bool = False

    @property
    def advice(self) -> str:
        if not self.successor:
            return gettext("No model is named in its place: offer another one.")
        named, able = gettext("%(model)s is named in its place."), gettext("%(model)s could take its place.")
        return (named if self.is_named else able) % {"model": self.successor}

    @property
    def rehearsal(self) -> str:
        """The command that shows both side by side, where both can dress a person; else ""."""
        names = [] if self.is_gone or not self.successor else [self.model, self.successor]
        if not names or not all(Offer.objects.takes_of(name).serves(TryOn.Mode.TRY_ON) for name in names):
            return ""
        return f'make evaluate ARGS="--model {self.model} --against {self.successor} --spend 2"'

    @property
    def prices(self) -> list[tuple[str, dict[str, str]]]:
        """What one picture costs with it and with its successor, in US dollars by size."""
        return [(model, _prices(model)) for model in (self.model, self.successor)]

    @property
    def lost(self) -> str:
        """The ways of asking that end with it, named; "" where its successor serves them all."""
        old, new = (Offer.objects.takes_of(name) for name in (self.model, self.successor))
        lost = [mode for mode in TryOn.Mode if old.serves(mode) and not new.serves(mode)]
        return ", ".join(str(mode.label) for mode in lost)

    def forecast(self) -> Replacement:
        """What `replace` would do to the pictures that wait now; no cap is looked at."""
        takes = Offer.objects.takes_of(self.successor)
        waiting = list(_waiting_for(self.model))
        going_on = [row for row in waiting if self.successor and not _cannot_make(takes, row)]
        moved = sum(row.count for row in going_on)
        return Replacement(
            moved,
            sum(row.count for row in waiting) - moved,
            was_micros=sum(row.reserved_micros for row in going_on),
            now_micros=sum(row.count * _price(self.successor, takes, row.tryon) for row in going_on),
            sizes=_sizes(takes, going_on),
        )


def endings() -> list[Ending]:
    """The models that need a human: those that pause the making first."""
    paused = CircuitBreaker.objects.for_operator().filter(account=gateway_client().account, reason__in=GONE)
    found = [_paused(breaker) for breaker in paused]
    told = {each.model for each in found}
    return [*found, *(each for each in ending_offers() if each.model not in told)]


def ending_offers() -> list[Ending]:
    """Models that are offered, and that the gateway's list does not hold, or that end soon."""
    found = []
    retired = CircuitBreaker.objects.retired(gateway_client().account)
    for offer in Offer.objects.filter(offered=True).exclude(model__in=retired):
        named = offer.facts["successor"]
        if offer.missing_since:
            day = date_format(timezone.localtime(offer.missing_since))
            why = gettext("%(model)s is not in the gateway's list (since %(day)s).")
            found.append(_ending(offer.model, why % {"model": offer.model, "day": day}, named))
        elif offer.ends_on:
            day = date_format(offer.ends_on)
            is_to, was_to = (
                gettext("%(model)s is to be retired on %(day)s."),
                gettext("%(model)s was to be retired on %(day)s."),
            )
            why = is_to if offer.ends_on >= timezone.localdate() else was_to
            found.append(_ending(offer.model, why % {"model": offer.model, "day": day}, named, is_gone=False))
    return found


def _paused(breaker: CircuitBreaker) -> Ending:
    is_retired = breaker.reason == PauseReason.RETIRED
    retired, unknown = gettext("%(model)s was retired."), gettext("%(model)s is not known to the gateway.")
    why = (retired if is_retired else unknown) % {"model": breaker.model}
    row = Offer.objects.filter(model=breaker.model).first() or Offer(model=breaker.model)
    return _ending(breaker.model, why, row.successor_named(breaker.replacement))


def _ending(model: str, why: str, named: str, *, is_gone: bool = True) -> Ending:
    successor = named or Offer.objects.successor(model, gateway_client().account)
    return Ending(model, why, successor, is_gone, is_named=bool(named))


def ways_back() -> list[Ending]:
    """The models that stand in another's place, each with that other one where it is still to be had."""
    retired = CircuitBreaker.objects.retired(gateway_client().account)
    known = {offer.model: offer for offer in Offer.objects.all()}
    told = gettext("%(model)s stands in the place of %(former)s.")
    return [
        Ending(offer.model, told % {"model": offer.model, "former": former.model}, former.model)
        for offer in known.values()
        if offer.offered
        and (former := known.get(offer.in_place_of))
        and former.model not in retired
        and not former.missing_since
    ]


@dataclass(frozen=True, slots=True)
class Replacement:
    """Pictures that waited for a model: gone on with another, ended, or still waiting for money.

    `sizes` says in which size those go on whose own the other model does not make: "512 as 1K".
    """

    moved: int
    ended: int
    left: int = 0
    was_micros: int = 0  # set aside for those that go on, at the old price
    now_micros: int = 0  # the same at the new one
    sizes: str = ""
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


def replace_model(model: str, successor: str, by: User) -> Replacement | None:
    """Offer another model in this one's place, and send what waits for it there.

    What the new model cannot make ends, and nothing is charged for it. What its price leaves no room for
    under a cap goes on waiting. None where no `endings` or `ways_back` ask for it, or it was done before.
    """
    asked_for = {(each.model, each.successor) for each in (*endings(), *ways_back())}
    if not successor or (model, successor) not in asked_for:
        return None
    # Offered first: whoever asks from now on gets the new model, and what waits is moved after that.
    Offer.objects.put_in_place(model, successor)
    row = Offer.objects.get(model=successor)
    AuditEntry.objects.record(by, MODEL_REPLACED, row, model=model, replacement=successor)
    takes = row.takes
    ended = sum(
        each.count for each in _waiting_for(model) if _cannot_make(takes, each) and each.give_up_model()
    )
    tryons = TryOn.objects.filter(pk__in=_waiting_for(model).values("tryon_id")).select_related("owner")
    moved = sum(_move(tryon, successor, takes) for tryon in tryons)
    left = sum(each.count for each in _waiting_for(model))
    if not left:
        CircuitBreaker.objects.settle(gateway_client().account, model)
    return Replacement(moved, ended, left, messages=tuple(outcomes.released()))


def _waiting_for(model: str) -> QuerySet[Generation]:
    waiting = Generation.objects.filter(status=Generation.Status.QUEUED, tryon__model=model)
    return waiting.select_related("tryon")


def _cannot_make(takes: Family, row: Generation) -> bool:
    tryon = row.tryon
    refused = model_refusal(
        takes,
        tryon.mode,
        references=tryon.inputs.values("reference").distinct().count(),
        size=takes.nearest_size(tryon.size) or None,
        aspect_ratio=tryon.aspect_ratio or None,
        n=tryon.wanted,
    )
    return bool(refused) or row.count > takes.most_pictures


def _prices(model: str) -> dict[str, str]:
    sizes = Offer.objects.takes_of(model).sizes or ("",)
    known = Price.objects.of_pictures([model], sizes)
    return {size or gettext("any size"): usd(known[model, size]) for size in sizes}


def _price(model: str, takes: Family, tryon: TryOn) -> int:
    return Price.objects.of_request(model, takes, tryon.size, tryon.mode)


def _sizes(takes: Family, rows: Sequence[Generation]) -> str:
    others = {
        row.tryon.size: takes.nearest_size(row.tryon.size) or gettext("the model's own")
        for row in rows
        if takes.nearest_size(row.tryon.size) != row.tryon.size
    }
    told = gettext("%(size)s as %(other)s")
    return ", ".join(told % {"size": size, "other": other} for size, other in sorted(others.items()))


def _move(tryon: TryOn, model: str, takes: Family) -> int:
    """Its waiting pictures go to another model, at that one's price; how many, 0 where a cap forbids it."""
    price = _price(model, takes, tryon)
    try:
        with transaction.atomic():  # model and money together
            tryon.move_to(model, takes.nearest_size(tryon.size))
            return sum(row.count for row in tryon.generations.all() if row.reprice(price))
    except CapReached as exc:
        log.warning("%s goes on waiting for a model: %s", tryon, exc)
        return 0
