"""The studio: choose a person and garments, and ask for pictures."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tryon import references as keeping
from tryon import submission
from tryon.account import gateway
from tryon.accounts.middleware import owner_for
from tryon.accounts.models import User
from tryon.catalogue import CATEGORIES, SIZES
from tryon.forms import PhotoForm, StudioForm, as_uuid
from tryon.models import Budget, Line, Reference, TryOn
from tryon.models.money import MICROS, CapReached

EARLIER = 8  # photos of one's own that are offered again


@never_cache  # Back asks again, so that the allowance and a pause are told as they are now
@require_http_methods(["GET", "HEAD", "POST"])
def studio(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _submit(request)
    if not (settings.GUESTS or request.user.is_authenticated):
        return redirect_to_login(request.get_full_path())
    form = StudioForm(owner=request.user)
    form.choose(request.GET.dict())
    is_garment_gone = bool(form.garments[0].error)
    form.garments[0].error = ""  # said calmly instead: nobody did anything wrong
    if earlier := _earlier(request):
        form.repeat(earlier)
    return _page(request, form, is_garment_gone=is_garment_gone)


def _earlier(request: HttpRequest) -> TryOn | None:
    """The try-on that `?tryon=` asks to begin from, when it is the asker's own."""
    pk = as_uuid(request.GET.get("tryon", ""))
    return TryOn.objects.owned_by(request.user).filter(pk=pk).first() if pk else None


def _submit(request: HttpRequest) -> HttpResponse:
    owner = owner_for(request)
    form = StudioForm(request.POST, request.FILES, owner=owner)
    if form.is_valid():
        wishes = form.wishes()
        keeping.push([wishes.person, *(reference for reference, _ in wishes.garments)])
        try:
            return redirect("tryon", submission.accept(owner, wishes).pk)
        except submission.Refused as exc:
            form.refuse(str(exc))
        except CapReached as exc:
            form.refuse(_allowance_used(owner, exc))
    return _page(request, form, status=422)


@require_POST
def references(request: HttpRequest) -> HttpResponse:
    """Keep one picture and push it to the gateway; the card's fragment, or the sentence for the card."""
    form = PhotoForm(request.POST, request.FILES, owner=owner_for(request))
    if not form.is_valid():
        return render(request, "tryon/_card_error.html", {"sentence": form.sentence}, status=422)
    slot = form.place
    if slot.reference:
        keeping.push([slot.reference])
    return render(request, "tryon/_kept.html", {"slot": slot}, status=201)


def _page(
    request: HttpRequest, form: StudioForm, status: int = 200, is_garment_gone: bool = False
) -> HttpResponse:
    owner = form.owner
    house = list(Reference.objects.of_the_house().exclude(file=""))
    own = list(_recent(owner)) if owner.pk else []
    prices = {size: submission.estimate(size, 1) for size in SIZES}
    context = {
        "form": form,
        "problems": list(form.problems()) if form.is_bound else [],
        "house_people": _of_kind(house, "person"),
        "house_garments": _of_kind(house, "garment"),
        "own_people": _of_kind(own, "person")[:EARLIER],
        "own_garments": _of_kind(own, "garment")[:EARLIER],
        "categories": CATEGORIES,
        "prices": prices,
        "first_price": _price(form, prices),
        "is_paused": _is_paused(),
        "is_garment_gone": is_garment_gone,
        **_allowance(owner),
    }
    return render(request, "tryon/studio.html", context, status=status)


def _is_paused() -> bool:
    """Whether what is sent now waits for a human."""
    return Line.objects.for_operator().blocking(gateway().account, settings.LLMTR_MODEL).exists()


def _price(form: StudioForm, prices: dict[str, int]) -> str:
    """What the form as it stands would cost at most; the page's script goes on from there."""
    wanted = str(form["n"].value())
    pictures = int(wanted) if wanted in {"1", "2", "3", "4"} else 1
    return f"${prices.get(str(form['size'].value()), prices['1K']) * pictures / MICROS:.2f}"


def _recent(owner: User | AnonymousUser) -> Any:
    mine = Reference.objects.owned_by(owner).exclude(file="")
    return mine.order_by("-last_used_at")[: 4 * EARLIER]


def _of_kind(references: list[Reference], kind: str) -> list[Reference]:
    return [reference for reference in references if reference.kind == kind]


def _allowance(owner: User | AnonymousUser) -> dict[str, float | None]:
    """How many of today's pictures are left, of how many; None where there is no cap."""
    is_account = isinstance(owner, User) and not owner.is_guest
    cap = settings.PICTURES_PER_DAY_ACCOUNT if is_account else settings.PICTURES_PER_DAY_GUEST
    left = Budget.objects.left(owner, timezone.now()) if isinstance(owner, User) else cap
    return {"pictures_cap": None if cap is None else int(cap), "pictures_left": left}


def _allowance_used(owner: User, reached: CapReached) -> SafeString:
    """Why nothing more can be accepted now, and from when it can, in the reader's own time."""
    left = Budget.objects.left(owner, timezone.now()) or 0
    if not reached.of_owner:
        words = "This site has used what it may spend for now, so nothing was accepted or charged."
    elif left:
        words = f"You have {left} of today's {_pictures(reached.cap)} left: choose fewer."
    else:
        words = f"You have used today's {_pictures(reached.cap)}."
    return format_html(
        '{} New ones from <time data-local="{}" datetime="{}">{} UTC</time>'
        '<span class="needs-js"> (your time)</span>',
        words,
        "moment" if not reached.of_owner else "time",
        reached.opens_at.isoformat(),
        f"{reached.opens_at:%H:%M}",
    )


def _pictures(count: int) -> str:
    return f"{count} picture{'' if count == 1 else 's'}"
