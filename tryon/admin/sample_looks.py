"""Looks of the samples by the site's own model: ordered with one priced press, shown with another."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from tryon.accounts.current_user import require_user
from tryon.accounts.models import User
from tryon.models import Generation, Offer, Price, Reference, Site, TryOn, TryOnInput
from tryon.models.money.budget import CapReached
from tryon.models.money.price import usd
from tryon.models.offer import label
from tryon.pipeline import submission
from tryon.pipeline.gateway_client import gateway_client
from tryon.pipeline.submission import ChosenReference, TryOnRequest
from tryon.presenters import sample_looks
from tryon.presenters.labels import told
from tryon.presenters.sample_looks import FirstTries, Pair, ShownLook, look_of, name_of, order_key
from tryon.rules.model_families import Family

PAGE = "admin:tryon_site_looks"
ORDERED = register_action("looks_ordered", _("Sample looks ordered"))
TRY_ON = TryOn.Mode.TRY_ON
SIZE = "1K"


class NotOrdered(Exception):
    """Nothing was ordered; the text is a sentence for the operator."""


@dataclass(frozen=True)
class LooksByModel:
    """The sample pairs as one model makes them: what was ordered, and what the others would cost."""

    model: str
    takes: Family
    pairs: list[Pair]
    tries: FirstTries
    ordered: dict[str, str]  # names, each with what became of it

    @property
    def missing(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.name not in self.ordered]

    @property
    def size(self) -> str:
        return self.takes.nearest_size(SIZE)

    @property
    def price(self) -> int:
        """Micro-USD of one."""
        return Price.objects.of_request(self.model, self.takes, self.size, TRY_ON)

    @property
    def total(self) -> int:
        """Micro-USD of all that were not ordered yet."""
        return self.price * len(self.missing)

    @property
    def cost(self) -> str:
        n = len(self.missing)
        words = ngettext(
            "%(n)s picture at %(price)s, %(total)s in all",
            "%(n)s pictures at %(price)s, %(total)s in all",
            n,
        )
        return words % {"n": n, "price": usd(self.price), "total": usd(self.total)}

    @property
    def rows(self) -> list[tuple[Pair, ShownLook | None, str]]:
        """Each pair with its look as the first page would show it, and what became of it."""
        return [
            (pair, look_of(pair.person, [pair.garment], self.tries), self.ordered.get(pair.name, ""))
            for pair in self.pairs
        ]


def able_models() -> dict[str, Family]:
    """The offered models that can dress somebody, in the studio's order."""
    offered = Offer.objects.to_choose(gateway_client().account)
    return {model: takes for model, takes in offered.items() if takes.serves(TRY_ON)}


def looks_by(model: str, takes: Family) -> LooksByModel:
    pairs = sample_looks.pairs(Reference.objects.of_the_house().exclude(file=""))
    tries = sample_looks.first_tries(model)
    return LooksByModel(model, takes, pairs, tries, _ordered(model, tries))


def _ordered(model: str, tries: FirstTries) -> dict[str, str]:
    """What became of each pair that was asked of this model, or that it got in another one's place."""
    asked = {}
    rows = Generation.objects.filter(tryon__in=TryOn.objects.of_the_shop()).select_related("tryon")
    for generation in rows.order_by("number"):
        name = name_of(generation.tryon.key)
        if generation.tryon.model == model or generation.tryon.key == order_key(name, model):
            asked[name] = generation
    return {name: _state(generation, tries) for name, generation in asked.items()}


def _state(generation: Generation, tries: FirstTries) -> str:
    image = tries.images.get(name_of(generation.tryon.key))
    if image is None:
        return gettext("No picture came") if generation.is_ended else str(generation.get_status_display())
    return gettext("Deleted") if image.deleted_at else str(image.get_review_display())


# The press -------------------------------------------------------------------------------------------
def order(by: User, model: str, seen: str) -> int:
    """Order every pair that this model was not asked for, or none; how many.

    `seen` is the sum in micro-USD that the operator read. Raises NotOrdered.
    """
    takes = able_models().get(model)
    if settings.SANDBOX or takes is None:
        raise NotOrdered(gettext("This model cannot make them."))
    try:
        with transaction.atomic():  # all or nothing; of two presses the second finds nothing to order
            shop = User.objects.lock(User.objects.shop().pk)
            looks = looks_by(model, takes)
            if looks.missing and seen != str(looks.total):
                raise NotOrdered(gettext("What they cost has changed since you saw it. Look again."))
            for pair in looks.missing:
                submission.accept(shop, _request(looks, pair))
            if looks.missing:
                site = Site.objects.row()
                AuditEntry.objects.record(by, ORDERED, site, model=model, looks=len(looks.missing))
                show(by, site.sample_looks_by or model)
    except submission.SubmissionRefused as exc:
        raise NotOrdered(told(str(exc))) from exc
    except CapReached as exc:
        words = gettext("The site's cap of %(cap)s leaves %(left)s; it opens again on %(moment)s UTC.")
        opens = date_format(exc.opens_at, "d F, H:i")
        said = {"cap": usd(exc.room.cap), "left": usd(exc.room.left), "moment": opens}
        raise NotOrdered(words % said) from exc
    return len(looks.missing)


def _request(looks: LooksByModel, pair: Pair) -> TryOnRequest:
    person = ChosenReference(pair.person, TryOnInput.PERSON)
    garment = ChosenReference(pair.garment, pair.garment.category)
    return TryOnRequest(
        mode=TRY_ON,
        model=looks.model,
        inputs=(person, garment),
        wanted=1,
        size=looks.size,
        aspect_ratio="auto",
        note="",
        key=order_key(pair.name, looks.model),
    )


def show(by: User, model: str) -> None:
    """Let the first page show this model's looks, as far as they are approved; "": the rendered ones."""
    site = Site.objects.row()
    changed = [] if site.sample_looks_by == model else ["sample_looks_by"]
    site.sample_looks_by = model
    site.change(by, changed)


# The page --------------------------------------------------------------------------------------------
def page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("tryon.change_site"):
        raise PermissionDenied
    models = {} if settings.SANDBOX else able_models()
    asked = request.POST.get("model", request.GET.get("model", ""))
    model = asked if asked in models else next(iter(models), "")
    if request.method == "POST":
        _press(request, model)
        return redirect(f"{reverse(PAGE)}?model={model}")
    labels, shown_by = Offer.objects.labels(), Site.objects.row().sample_looks_by
    context = {
        **admin.site.each_context(request),
        "title": gettext("Sample looks"),
        "looks": looks_by(model, models[model]) if model else None,
        "models": [(each, labels.get(each) or label(each)) for each in models],
        "shown_by": shown_by,
        "shown_label": labels.get(shown_by) or label(shown_by),
        "sandbox": settings.SANDBOX,
    }
    return TemplateResponse(request, "admin/tryon/site/looks.html", context)


def _press(request: HttpRequest, model: str) -> None:
    by, action = require_user(request), request.POST.get("action")
    if action == "rendered":
        show(by, "")
        messages.success(request, gettext("The first page shows the rendered looks."))
    elif action == "show" and model:
        show(by, model)
        words = gettext("The first page shows the model's looks, each as soon as it is approved.")
        messages.success(request, words)
    elif action == "order" and model:
        _order(request, by, model)


def _order(request: HttpRequest, by: User, model: str) -> None:
    try:
        count = order(by, model, request.POST.get("total", ""))
    except NotOrdered as exc:
        messages.error(request, gettext("Nothing was ordered. %(why)s") % {"why": exc})
        return
    if not count:
        messages.warning(request, gettext("Nothing to order: this was done before."))
        return
    words = ngettext(
        "%(n)s picture ordered. Each is shown once you have approved it.",
        "%(n)s pictures ordered. Each is shown once you have approved it.",
        count,
    )
    messages.success(request, words % {"n": count})
