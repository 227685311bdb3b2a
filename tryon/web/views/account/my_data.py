"""One's own data: what there is, a copy of it, and its end. For accounts, and for guests in their browser."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib.auth import logout
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.owners import owners_only
from tryon.accounts.current_user import VISITOR_COOKIE, require_user
from tryon.accounts.models import User
from tryon.accounts.rate_limits import seconds_to_next
from tryon.models import Site
from tryon.pipeline.notifications.words import attach_html
from tryon.pipeline.privacy import erasure, export
from tryon.presenters import retention
from tryon.web.too_many import too_many

COPIES_PER_HOUR = 6


@owners_only
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    return render(request, "tryon/my_data.html", {"has": erasure.count(user) if user else None})


@require_POST
def download(request: HttpRequest) -> HttpResponseBase:
    user = require_user(request)
    if wait := seconds_to_next(f"my data of {user.pk}", COPIES_PER_HOUR):
        return too_many(request, wait, back=reverse("my_data"))
    name = f"my-data-{timezone.now():%Y-%m-%d}.zip"
    return StreamingHttpResponse(
        export.archive(user, by=user),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@owners_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponseBase:
    """A guest is known by this browser alone; an account gives its password once more."""
    user = require_user(request)
    answer: HttpResponseBase = (_erase if user.is_guest else reauthentication_required(_erase))(request)
    return answer


def _erase(request: HttpRequest) -> HttpResponse:
    user = require_user(request)
    context = {"has": erasure.count(user), "error": ""}
    if request.method == "POST" and request.POST.get("agreed") == "1":
        try:
            return _erased(request, user, user.email)
        except erasure.LastAdministrator:
            context["error"] = _("You are the only administrator. Give somebody else that right first.")
    elif request.method == "POST":
        context["error"] = _("Tick the box if you mean it.")
    return render(request, "tryon/my_data_delete.html", context, status=422 if context["error"] else 200)


def _erased(request: HttpRequest, user: User, address: str) -> HttpResponse:
    """The receipt, on the page and, where there is an address and mail goes out, by mail."""
    receipt = erasure.erase(user, user)
    logout(request)
    mailed_to = address if settings.SENDS_MAIL else ""
    if mailed_to:
        send_receipt(receipt, mailed_to)
    context = _receipt_context(receipt) | {"mailed_to": mailed_to}
    response = render(request, "tryon/erased.html", context)
    response.delete_cookie(VISITOR_COOKIE)
    return response


def send_receipt(receipt: erasure.Receipt, address: str) -> None:
    site = Site.objects.current()
    words = render_to_string("tryon/mail/erased.txt", _receipt_context(receipt) | {"site": site})
    told = _("Your data was deleted")
    subject = f"[{site.title}] {told}"
    message = EmailMultiAlternatives(subject, words, site.from_email, [address])
    attach_html(message)
    message.send()


def _receipt_context(receipt: erasure.Receipt) -> dict[str, Any]:
    """With where its bytes may still lie, and for how long."""
    where = {"in_database": retention.in_database(), "in_backups": retention.in_backups()}
    return {"receipt": receipt} | where
