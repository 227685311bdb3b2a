"""What the page of a look offers: with each of its pictures, and onward from there."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

from gallery.sharing.forms import may_approve
from tryon.accounts.client_address import address_name
from tryon.models import CircuitBreaker, Offer, Site
from tryon.pipeline.gateway_client import gateway_client
from tryon.presenters import quota
from tryon.presenters.gallery.looks import Look, looks_of
from tryon.presenters.gallery.provenance import TryOnProvenance
from tryon.presenters.model_choices import model_choices, price_of_one_more
from tryon.presenters.shelf import shelf_of
from tryon.presenters.waiting.progress import TryOnProgress
from tryon.rules.prompts import RETRY_HINTS
from tryon.web.forms import StudioForm
from tryon.web.forms.next_look import again_fields, next_groups, worn_garments


def looks_beside(provenance: TryOnProvenance) -> list[Look]:
    """All of its person, while their photo is there."""
    return looks_of(provenance.person, provenance.tryon) if provenance.person else []


def of_pictures(request: HttpRequest, progress: TryOnProgress) -> dict[str, object]:
    """What every picture offers."""
    is_rejected = any(picture.image.reason for picture in progress.pictures)
    return {
        "mend_price": price_of_one_more(progress.tryon) if is_rejected else "",
        "may_approve": may_approve(request.user),
        "mendable": RETRY_HINTS,
    }


def onward(request: HttpRequest, provenance: TryOnProvenance) -> dict[str, object]:
    """What can be made from here by one press, with what it costs, and the person's other looks."""
    tryon, person = provenance.tryon, provenance.person
    offered = Offer.objects.to_choose(gateway_client().account)
    form = StudioForm(owner=request.user, mode=tryon.mode, offered=offered)
    form.prefill_from_tryon(tryon)
    choices = model_choices(form.mode, form.models)
    choice = next((each for each in choices if each.model == form.chosen_model), None)
    context: dict[str, object] = {"looks": looks_beside(provenance)}
    if choice is None:  # no model is offered that could make it
        return context
    each = choice.price(tryon.size)
    price = Site.objects.current().price
    shelf = shelf_of(request.user)
    paused = CircuitBreaker.objects.for_operator().blocking(gateway_client().account, choice.model)
    return context | {
        "again": again_fields(form) if not provenance.has_lost_inputs else [],
        "again_price": price(each * tryon.wanted),
        "groups": list(next_groups(form, shelf, choice.places)) if person else [],
        "shelf": shelf,
        "wearing": list(worn_garments(form, shelf)),
        "worn": {row.reference_id for row in provenance.rows},
        "next_price": price(each),
        "allowance": quota.remaining(request.user, address_name(request)),
        "is_paused": paused.exists(),
        "keys": {"next": uuid.uuid4().hex, "again": uuid.uuid4().hex},
    }
