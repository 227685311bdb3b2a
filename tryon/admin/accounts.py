"""Accounts and guests, and what the law lets them ask for: a copy of their data, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from tryon.accounts.current_user import require_user
from tryon.accounts.models import User
from tryon.pipeline.privacy import erasure, export


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    """Accounts and guests. A row is never deleted, as books and trail name it: what it has is erased."""

    list_display = ("__str__", "is_guest", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_guest", "is_staff", "is_active")
    readonly_fields = ("is_guest", "date_joined", "last_login")
    ordering = ("-date_joined",)
    show_full_result_count = False
    change_form_template = "admin/accounts/user/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        export_view = self.admin_site.admin_view(require_POST(self.export))
        erase_view = self.admin_site.admin_view(self.erase)
        return [
            path("<int:pk>/export/", export_view, name="accounts_user_export"),
            path("<int:pk>/erase/", erase_view, name="accounts_user_erase"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {"may_erase": request.user.has_perm("accounts.delete_user")}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def export(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        user = _asked_for(request, pk)
        return StreamingHttpResponse(
            export.archive(user, by=require_user(request)),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="user-{user.pk}.zip"'},
        )

    def erase(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = _asked_for(request, pk)
        if request.method == "POST":
            try:
                receipt = erasure.erase(user, require_user(request))
            except erasure.LastAdministrator:
                self.message_user(request, "Nobody else is an administrator.", messages.ERROR)
            else:
                done = f"Erased. Receipt {receipt.number}, {receipt.at:%d %B %Y, %H:%M} UTC."
                self.message_user(request, done)
            return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Erase {user}",
            "opts": self.opts,
            "account": user,
            "has": erasure.count(user),
        }
        return TemplateResponse(request, "admin/accounts/user/erase.html", context)


def _asked_for(request: HttpRequest, pk: int) -> User:
    if not request.user.has_perm("accounts.delete_user"):
        raise PermissionDenied
    return get_object_or_404(User, pk=pk, erased_at=None)
