"""The account on one page: name, e-mail, password, mails, browsers where it is logged in, and its data."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.internal.flows.sessions import end_sessions as end
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tryon.accounts.current_user import guest_from_cookie, require_user
from tryon.accounts.models import User
from tryon.models.mails.notification import kinds_for
from tryon.pipeline.privacy import erasure
from tryon.presenters import browsers
from tryon.web.account_forms import NameForm


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """For who has no account: what one would give."""
    if not isinstance(request.user, User):
        return render(request, "account/what_it_gives.html")
    return _page(request, NameForm(instance=request.user))


@login_required
@require_POST
def rename(request: HttpRequest) -> HttpResponse:
    user = require_user(request)
    form = NameForm(request.POST, instance=User.objects.get(pk=user.pk))  # a refused name shows nowhere else
    if not form.is_valid():
        return _page(request, form, status=422)
    user.rename(form.cleaned_data["username"])
    messages.success(request, _("Saved"))
    return redirect("account_settings")


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out the browser that `session` names, or all others."""
    mine = UserSession.objects.filter(user_id=require_user(request).pk)
    named = request.POST.get("session", "")
    chosen = mine.filter(pk=named) if named.isdecimal() and len(named) < 19 else mine.none()
    if request.POST.get("others") == "1":
        chosen = mine.exclude(session_key=request.session.session_key)
    ended = list(chosen)
    end(request, ended)
    if not request.user.is_authenticated:
        return redirect("studio")
    told = ngettext("%(n)d browser is logged out", "%(n)d browsers are logged out", len(ended))
    messages.success(request, told % {"n": len(ended)})
    return redirect("account_settings")


def _page(request: HttpRequest, form: NameForm, status: int = 200) -> HttpResponse:
    user = require_user(request)
    guest = guest_from_cookie(request)
    context: dict[str, Any] = {
        "form": form,
        "address": EmailAddress.objects.filter(user=user, email=user.email.lower()).first(),
        "mail_kinds": [kind for kind in kinds_for(user) if user.wants_mail(kind)]
        if settings.SENDS_MAIL
        else [],
        "browsers": browsers.of(request, user),
        "has_second_factor": is_mfa_enabled(user),
        "has": erasure.count(user),
        "left": erasure.count(guest) if guest else None,
    }
    return render(request, "account/settings.html", context, status=status)
