"""What every page of the site knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from gallery.models import Image
from tryon.accounts.current_user import counts_as_guest
from tryon.billing import spend_reports
from tryon.models import CircuitBreaker, Site
from tryon.models.reviewers import may_review
from tryon.operations import untold_proxy
from tryon.pipeline import model_catalogue
from tryon.pipeline.model_catalogue import Ending
from tryon.presenters import prices
from tryon.presenters.labels import counted
from tryon.presenters.waiting.news import News


def site(request: HttpRequest) -> dict[str, Any]:
    """Names for templates; whoever is signed in is `is_member`, a guest or stranger is not."""
    user = getattr(request, "user", None)
    member = user is not None and user.is_authenticated and not user.is_guest
    return {
        "shop": SimpleLazyObject(Site.objects.current),
        "site_name": SimpleLazyObject(lambda: Site.objects.current().title),
        "sandbox": settings.SANDBOX,
        "gateway_host": urlsplit(settings.LLMTR_BASE_URL).hostname or settings.LLMTR_BASE_URL,
        "guests": settings.GUESTS,
        "signup_open": settings.SIGNUP == "open",
        "checked_before_sharing": settings.REVIEW == "before_sharing",
        "person_photo_days": settings.PERSON_PHOTO_DAYS,
        "mails": settings.SENDS_MAIL,
        "is_member": member,
        "shows_prices": prices.shown_to(user),
        "unseen": SimpleLazyObject(lambda: _unseen(user)),
        "may_review": SimpleLazyObject(lambda: _may_review(user)),
        "to_check": SimpleLazyObject(lambda: counted(Image.objects.to_check())),
        "news": SimpleLazyObject(lambda: News(user or AnonymousUser())),
        "unknown_outcomes": SimpleLazyObject(spend_reports.unknown().count),
        "money_at_risk": SimpleLazyObject(spend_reports.at_risk),
        "ending_models": SimpleLazyObject(lambda: _ending_models(user)),
        "paused_connections": SimpleLazyObject(lambda: _paused_connections(user)),
        "untold_proxy": SimpleLazyObject(lambda: _untold_proxy(user)),
        "untold_proxy_hint": untold_proxy.HINT,
        "email_unproven": SimpleLazyObject(lambda: user is not None and member and counts_as_guest(user)),
    }


def _unseen(user: Any) -> str:
    """How many of their own pictures have something new, as the navigation says it."""
    if user is None or user.pk is None:
        return ""
    return counted(Image.objects.unseen_by(user))


def _may_review(user: Any) -> bool:
    """Asked of staff alone: nobody else pays for a look at their rights."""
    return user is not None and user.is_staff and may_review(user)


def _ending_models(user: Any) -> Sequence[Ending]:
    return model_catalogue.ending_offers() if getattr(user, "acts_as_staff", False) else []


def _untold_proxy(user: Any) -> str:
    return untold_proxy.sign() if getattr(user, "acts_as_staff", False) else ""


def _paused_connections(user: Any) -> Sequence[CircuitBreaker]:
    return list(CircuitBreaker.objects.for_operator()) if getattr(user, "acts_as_staff", False) else []
