"""Which mails an account gets, and the way out of them by the link in each."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tryon.accounts.current_user import require_user
from tryon.pipeline.notifications.unsubscribe import read_token
from tryon.web.account_forms import MailChoicesForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    user = require_user(request)
    form = MailChoicesForm(request.POST if request.method == "POST" else None, instance=user)
    if form.is_valid():
        user.choose_mails(**form.cleaned_data)
        messages.success(request, _("Saved"))
        return redirect("account_settings")
    return render(request, "account/mails.html", {"form": form})


@csrf_exempt  # a mail program posts it for its owner, by RFC 8058: the signed address says all that there is
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button, for programs open links on their own; what is posted counts at once."""
    found = read_token(token)
    if found is None:
        raise Http404
    owner, kind = found
    if request.method == "POST":
        owner.stop_mail(kind)
        owner.refresh_from_db()
    context = {"kind": kind, "is_stopped": not owner.wants_mail(kind)}
    return render(request, "account/unsubscribe.html", context)
