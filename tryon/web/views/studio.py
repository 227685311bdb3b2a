"""The studio: choose pictures and words, and ask for what can be made of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from tryon.accounts.client_address import address_name
from tryon.accounts.current_user import get_or_create_owner, visitor_digest
from tryon.accounts.models import AnyUser
from tryon.models import CircuitBreaker, Offer, Reference, Site, TryOn, TryOnInput
from tryon.models.money.budget import CapReached
from tryon.pipeline import references, submission
from tryon.pipeline.gateway_client import gateway_client
from tryon.presenters import prices, quota, sample_looks
from tryon.presenters.labels import garment_kinds, limits_of
from tryon.presenters.model_choices import ModelChoice, model_choices
from tryon.presenters.shelf import shelf_of
from tryon.rules import outfits, request_rules
from tryon.rules.model_families import MODES, MOST_PICTURES, Family
from tryon.web.forms import PhotoForm, StudioForm, parse_uuid
from tryon.web.forms.slot import BUSY_SECONDS
from tryon.web.middleware.readable_requests import takes_files

COUNTS = {str(n) for n in range(1, MOST_PICTURES + 1)}
EARLIER = 8  # photos of one's own that are offered again


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _submit(request)
    if not (settings.GUESTS or request.user.is_authenticated):
        return _welcome(request)
    earlier = _earlier(request)
    form = _form(request.GET.get("mode", ""), request.user, earlier)
    form.prefill_from_query(request.GET.dict())
    gone = {slot.kind for slot in form.slots if slot.error}
    for slot in form.slots:
        slot.error = ""  # said calmly instead: nobody did anything wrong
    if earlier:
        form.prefill_from_tryon(earlier)
    return _page(request, form, gone=gone)


def _welcome(request: HttpRequest) -> HttpResponse:
    """Who may not make anything here reads what this is, and how to get in; the look of samples is free."""
    house = list(Reference.objects.of_the_house().exclude(file=""))
    named = request.GET.get("garment", "")
    opening = sample_looks.opening(house, None, [row for row in house if named and row.slug == named])
    context = {"opening": opening or sample_looks.opening(house, None, []), "onward": request.get_full_path()}
    return render(request, "tryon/welcome.html", context)


def _earlier(request: HttpRequest) -> TryOn | None:
    """The try-on that `?tryon=` asks to begin from, when it is the asker's own."""
    pk = parse_uuid(request.GET.get("tryon", ""))
    return TryOn.objects.owned_by(request.user).filter(pk=pk).first() if pk else None


def _form(mode: str, owner: AnyUser, earlier: TryOn | None, *posted: Any) -> StudioForm:
    """The form of this way of asking, or of the earlier try-on's, else the first."""
    offered = Offer.objects.to_choose(gateway_client().account)
    mode = earlier.mode if earlier else mode if mode in MODES else next(iter(_modes(offered)), MODES[0])
    return StudioForm(*posted, owner=owner, mode=mode, offered=offered)


def _submit(request: HttpRequest) -> HttpResponse:
    owner = get_or_create_owner(request)
    mode = request.POST.get("mode", "")
    form = _form(mode, owner, None, request.POST, request.FILES)
    if form.is_valid() and mode and mode not in MODES:
        form.refuse(request_rules.UNKNOWN_MODE)
    elif form.is_valid() and form.is_sent:
        wanted = form.tryon_request()
        references.push(wanted.references)
        try:
            return _accepted(request, submission.accept(owner, wanted, address_name(request)))
        except submission.SubmissionRefused as exc:
            form.refuse(str(exc))
        except CapReached as exc:
            form.refuse(quota.explain_cap(owner, exc))
            form.is_capped = True
    if request.POST.get("from") == "mirror" and "HX-Request" in request.headers:
        return _refused_in_place(request, form)
    if form.is_busy:
        return _to_be_sent_again(_page(request, form, status=503), BUSY_SECONDS)
    # Without JavaScript another model's options are asked for, and nothing is sent yet.
    return _page(request, form, status=422 if form.is_sent else 200)


def _refused_in_place(request: HttpRequest, form: StudioForm) -> HttpResponse:
    """Why no next look is made, among the messages of the page that asked; its address stays."""
    context = {"problems": list(form.problems()), "earlier": parse_uuid(request.POST.get("tryon", ""))}
    response = render(request, "tryon/_refused.html", context, status=422)
    for name in ("Retarget", "Reselect"):
        response[f"HX-{name}"] = "#messages"
    response["HX-Push-Url"] = "false"
    return response


def _accepted(request: HttpRequest, tryon: TryOn) -> HttpResponse:
    """On to its page; a script that sends the form is told where that is."""
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=201, headers={"Location": reverse("tryon", args=[tryon.pk])})
    return redirect("tryon", tryon.pk)


def _to_be_sent_again(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response


@takes_files
@require_POST
def upload_reference(request: HttpRequest) -> HttpResponse:
    """Keep one picture and push it to the gateway; the card's fragment, or the sentence for the card."""
    form = PhotoForm(request.POST, request.FILES, owner=get_or_create_owner(request))
    if not form.is_valid():
        status = form.not_now.status if form.not_now else 422
        response = render(request, "tryon/_card_error.html", {"sentence": form.sentence}, status=status)
        return _to_be_sent_again(response, form.not_now.seconds) if form.not_now else response
    slot = form.picture_slot
    if slot.reference:
        references.push([slot.reference])
    return render(request, "tryon/_kept.html", {"slot": slot}, status=201)


def _page(
    request: HttpRequest, form: StudioForm, status: int = 200, gone: Collection[str] = ()
) -> HttpResponse:
    owner = form.owner
    house = list(Reference.objects.of_the_house().exclude(file=""))
    own = list(_recent(owner)) if owner.pk else []
    offered = model_choices(form.mode, form.models, tells_prices=prices.shown_to(request.user))
    role = TryOnInput.PERSON if form.person else TryOnInput.PICTURE
    model_choice = next((choice for choice in offered if choice.model == form.chosen_model), None)
    context = {
        "form": form,
        "problems": list(form.problems()) if form.is_sent else [],
        "modes": [TryOn.Mode(mode) for mode in _modes(form.offered)],
        "house_people": _of_kind(house, "person"),
        "house_garments": _of_kind(house, "garment"),
        "own_people": _with_consent(_of_kind(own, "person"), role),
        "own_pictures": _with_consent(_once(own, role), role),
        "shelf": shelf_of(owner) if form.person else None,
        "categories": garment_kinds(),
        "photo_hints": outfits.PHOTO_HINTS,
        "limits": limits_of(form.mode),
        "model_choices": offered,
        "model_choice": model_choice,
        "opening": None if own or form.is_bound else _opening(form, house),
        "first_price": _price(form, model_choice),
        "may_link": submission.may_link(owner),
        "is_paused": _is_paused(form),
        "gone": gone,
        "allowance": quota.remaining(owner, address_name(request)),
        "visitor_digest": visitor_digest(request),
    }
    return render(request, f"tryon/studio_{form.mode}.html", context, status=status)


def _opening(form: StudioForm, house: list[Reference]) -> sample_looks.Opening | None:
    """The example that the first page opens with, for who has nothing of their own yet."""
    if not (form.person and form.models):
        return None
    garments = [slot.reference for slot in form.garments if slot.reference]
    return sample_looks.opening(house, form.person.reference, garments)


def _modes(offered: Mapping[str, Family]) -> list[str]:
    """The ways of asking that some offered model serves."""
    return [mode for mode in MODES if any(takes.serves(mode) for takes in offered.values())]


def _is_paused(form: StudioForm) -> bool:
    """Whether what is sent now waits for a human."""
    return (
        CircuitBreaker.objects.for_operator().blocking(gateway_client().account, form.chosen_model).exists()
    )


def _price(form: StudioForm, choice: ModelChoice | None) -> str:
    """What the form as it stands would cost at most; the page's script goes on from there."""
    wanted = str(form["n"].value())
    pictures = int(wanted) if wanted in COUNTS else 1
    micros = choice.price(str(form["size"].value())) if choice else 0
    return Site.objects.current().price(micros * pictures)


def _recent(owner: AnyUser) -> Any:
    """One's own photos, the last used first; what lies at an address elsewhere has no picture to show."""
    mine = Reference.objects.owned_by(owner).exclude(file="")
    return mine.prefetch_related("consents").order_by("-last_used_at")[: 4 * EARLIER]


def _with_consent(own: list[Reference], role: str) -> list[tuple[Reference, dt.datetime | None]]:
    """The last of one's own that are offered again, each with when it was agreed to in this role."""
    return [(reference, reference.consented_at(role)) for reference in own[:EARLIER]]


def _of_kind(references: list[Reference], kind: str) -> list[Reference]:
    return [reference for reference in references if reference.kind == kind]


def _once(references: list[Reference], role: str) -> list[Reference]:
    """A photo that was given as a person and as a picture is offered once, as the row that had its tick."""
    latest = {reference.sha256: reference for reference in reversed(references)}
    ticked = {row.sha256: row for row in reversed(references) if row.is_consented_as(role)}
    return list((latest | ticked).values())[::-1]
