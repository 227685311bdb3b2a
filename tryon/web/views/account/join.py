"""What was made in this browser before the log-in: added to the account if its owner says so, else left."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tryon.accounts.current_user import guest_from_cookie, require_user
from tryon.accounts.models import User
from tryon.pipeline.guest_merge import merge_guest_into_account
from tryon.pipeline.privacy import erasure
from tryon.web.views.undo import came_from


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """POST `add` 1 or 0; the guest stays what it is until somebody says 1."""
    account, guest = require_user(request), guest_from_cookie(request)
    onward = came_from(request) or reverse("studio")
    if guest is None or not has_something(guest):
        return redirect(onward)
    if request.method != "POST":
        context = {"has": erasure.count(guest), "onward": onward}
        return render(request, "account/join.html", context)
    if request.POST.get("add") == "1":
        merge_guest_into_account(guest, account)
        messages.success(request, _("Added to your account"))
    else:
        messages.info(request, _("Left as it is. You find it in this browser when you log out."))
    return redirect(onward)


def has_something(guest: User) -> bool:
    return any(erasure.count(guest).values())


def question(onward: str) -> str:
    """The address that asks, and goes on from there."""
    return f"{reverse('account_join')}?{urlencode({'next': onward})}"
