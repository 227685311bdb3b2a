"""The operator's side in the stock admin, one file for each part of the way."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from tryon.admin import (
    accounts,
    ai_models,
    connections,
    garments,
    home,
    money,
    references,
    review,
    site,
    tryons,
    unknown,
)
from tryon.models import Site


def _login(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Whoever is signed in has nothing to do here; this page never looks at a password."""
    return redirect("admin:index")


def _password_change(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    return redirect("account_change_password")


def _index(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
    return AdminSite.index(admin.site, request, {**(extra_context or {}), **home.today(request)})


admin.site.index = _index  # type: ignore[method-assign]
# Staff sign in and change their password at the site's own pages, where tries are limited.
admin.site.login = secure_admin_login(_login)  # type: ignore[method-assign]
admin.site.password_change = _password_change  # type: ignore[assignment,method-assign]
admin.site.site_header = admin.site.site_title = lazy(lambda: Site.objects.current().title, str)()
admin.site.index_title = _("Today")

__all__ = [
    "accounts",
    "ai_models",
    "connections",
    "garments",
    "home",
    "money",
    "references",
    "review",
    "site",
    "tryons",
    "unknown",
]
