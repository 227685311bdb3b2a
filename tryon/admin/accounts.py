"""Accounts and guests, and what the law lets them ask for: a copy of their data, and its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account import admin as allauth_admin
from allauth.mfa import admin as _factors_admin  # noqa: F401 - registers what is taken away below
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions import admin as _sessions_admin  # noqa: F401 - registers what is taken away below
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
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
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from gallery.keyset_admin import KeysetAdmin
from tryon.accounts.current_user import require_user
from tryon.accounts.models import User
from tryon.accounts.prefix_search import begins_with
from tryon.operations import second_factor
from tryon.pipeline.privacy import erasure, export

# Who is logged in where is theirs alone. Addresses and groups lead to other accounts' rights: the first are
# changed by their owners, by mail.
admin.site.unregister(allauth_admin.EmailAddress)
admin.site.unregister(UserSession)
admin.site.unregister(Authenticator)  # whoever may not log in as somebody gives them no second factor either
admin.site.unregister(Group)


@admin.register(Group)
class RightsAdmin(GroupAdmin):
    """What members of staff may do: for administrators, or whoever edits groups could take any right."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


# The roles that come with the site, as the page of an account offers them.
ROLES = {
    "Reviewer": _("Reviewer: decides on pictures, and sees what they were made from"),
    "Operator": _(
        "Operator: money, connections, models, garments and the look of the site; no pictures of people"
    ),
    "Administrator": _("Administrator: accounts, copies and erasure of data, share links, the trail"),
}


class RoleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, group: Any) -> str:
        return str(ROLES.get(group.name, group.name))


class AccountForm(UserChangeForm):  # type: ignore[type-arg]
    groups = RoleField(
        Group.objects.all(), required=False, widget=forms.CheckboxSelectMultiple, label=_("Roles")
    )

    def clean(self) -> dict[str, Any] | None:
        """Somebody can open the whole admin, always."""
        kept = self.cleaned_data
        if kept.get("groups") and not kept.get("is_staff"):
            self.add_error("is_staff", gettext("A role is for members of staff: tick this too."))
        stays = kept.get("is_superuser", True) and kept.get("is_active", True)
        if not stays and User.objects.is_last_administrator(self.instance):
            raise ValidationError(
                gettext("Nobody else is an administrator. Give somebody else that right first.")
            )
        return super().clean()


class Who(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("accounts", gettext("Accounts")),
            ("guests", gettext("Guests")),
            ("staff", gettext("Staff")),
            ("closed", gettext("Closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        kinds = {
            "accounts": Q(is_guest=False),
            "guests": Q(is_guest=True),
            "staff": Q(is_staff=True),
            "closed": Q(is_active=False),
        }
        return queryset.filter(kinds.get(self.value() or "", Q()))


@admin.register(User)
class AccountAdmin(KeysetAdmin, UserAdmin):  # type: ignore[type-arg]
    """Accounts and guests. A row is never deleted, as books and trail name it: what it has is erased.

    Rights are given, and accounts of staff are changed, by administrators alone: whoever may help a customer
    with an account must not be able to become one of them.
    """

    form = AccountForm
    rights = ("is_staff", "is_superuser", "groups", "user_permissions")

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Personal info"), {"fields": ("first_name", "last_name", "email")}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        (_("Single rights"), {"fields": ("user_permissions",), "classes": ("collapse",)}),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("__str__", "is_guest", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = (Who,)
    readonly_fields = ("is_guest", "date_joined", "last_login")
    ordering = ("-pk",)
    exact_fields = ("id",)
    search_fields = ()
    search_help_text = _("Search by number, or by the beginning of the e-mail or user name.")
    change_form_template = "admin/accounts/user/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        export_view = self.admin_site.admin_view(require_POST(self.export))
        erase_view = self.admin_site.admin_view(self.erase)
        factor_view = self.admin_site.admin_view(require_POST(self.remove_second_factor))
        return [
            path("<int:pk>/second-factor/", factor_view, name="accounts_user_second_factor"),
            path("<int:pk>/export/", export_view, name="accounts_user_export"),
            path("<int:pk>/erase/", erase_view, name="accounts_user_erase"),
            *super().get_urls(),
        ]

    def beginnings(self, rows: QuerySet[User], words: str) -> Iterable[QuerySet[User]]:
        return [rows.filter(begins_with(column, words)) for column in ("email", "username")]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (*self.readonly_fields, *(() if request.user.is_superuser else self.rights))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        asked = self.get_object(request, object_id)
        may_erase = request.user.has_perm("accounts.delete_user") and _may_touch(request, asked)
        context = {
            "may_erase": may_erase,
            "may_remove_factor": bool(asked)
            and self.has_change_permission(request, asked)
            and is_mfa_enabled(asked),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def remove_second_factor(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For whoever has lost phone, passkey and recovery codes, and proved to staff who they are."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if second_factor.remove(user, require_user(request)):
            self.message_user(
                request,
                gettext("Removed. They are logged out everywhere, and log in with the password alone."),
            )
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[pk]))

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
                self.message_user(request, gettext("Nobody else is an administrator."), messages.ERROR)
            else:
                said = {"number": receipt.number, "moment": date_format(receipt.at, "d F Y, H:i")}
                done = gettext("Erased. Receipt %(number)s, %(moment)s UTC.") % said
                self.message_user(request, done)
            return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Erase %(account)s") % {"account": user},
            "opts": self.opts,
            "account": user,
            "has": erasure.count(user),
        }
        return TemplateResponse(request, "admin/accounts/user/erase.html", context)


def _asked_for(request: HttpRequest, pk: int) -> User:
    user = get_object_or_404(User, pk=pk, erased_at=None)
    if not (request.user.has_perm("accounts.delete_user") and _may_touch(request, user)):
        raise PermissionDenied
    return user


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    if user and user.is_shop:
        return False  # what it ordered once is known by it
    return bool(user is None or request.user.is_superuser or not (user.is_staff or user.is_superuser))
