"""Share links and the audit trail in the stock admin: read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from gallery import trail_export
from gallery.keyset_admin import BY_ID_OR_OWNER, KeysetAdmin, KeysetChangeList
from gallery.models import AuditEntry, SharedImage, ShareLink
from gallery.models.audit import LABELS
from gallery.owners import require_user
from gallery.trail_export import RangeForm


class Written(KeysetAdmin):
    """Rows that the site writes and people only read."""

    actions: list[str] | None = None

    def _never(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _never


class ActionFilter(admin.SimpleListFilter):
    title = _("action")
    parameter_name = "action__exact"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, str(label)) for name, label in LABELS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditAdmin(Written):
    fields = ("actor", "labelled_action", "kind", "subject", "detail", "at")
    list_display = ("at", "actor", "labelled_action", "kind", "subject", "detail")
    list_filter = (ActionFilter,)
    list_select_related = ("actor",)
    change_list_template = "admin/gallery/auditentry/change_list.html"
    exact_fields = ("subject",)
    owner_field = "actor"
    search_help_text = _("Search by the id of what it was done to, or by who did it.")

    @admin.display(description=_("action"))
    def labelled_action(self, entry: AuditEntry) -> str:
        return entry.action_label

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(require_POST(self.export))
        return [path("csv/", export, name="gallery_auditentry_csv"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"range": RangeForm(), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """By POST, as it leaves a line."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = RangeForm(request.POST)
        if not form.is_valid():
            self.message_user(request, _("A day is written as YEAR-MONTH-DAY"), messages.ERROR)
            return redirect("admin:gallery_auditentry_changelist")
        return trail_export.respond(form, require_user(request))


class LinkState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("stopped", gettext("Stopped by somebody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> QuerySet[ShareLink]:
        return queryset.filter(revoked_at__isnull=False) if self.value() else queryset


class LinkList(KeysetChangeList):
    """Counts the pictures of the links on a page, and of no others."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shared = SharedImage.objects.filter(link__in=[link.pk for link in self.result_list]).order_by()
        counts = dict(shared.values_list("link").annotate(Count("pk")))
        for link in self.result_list:
            link.number = counts.get(link.pk, 0)


@admin.register(ShareLink)
class ShareLinkAdmin(Written):
    list_display = ("__str__", "owner", "pictures", "created_at", "expires_at", "revoked_at", "views")
    list_filter = (LinkState,)
    list_select_related = ("owner",)
    ordering = ("-created_at", "-pk")
    exact_fields = ("id",)
    owner_field = "owner"
    search_help_text = BY_ID_OR_OWNER
    exclude = ("digest", "key", "password")
    actions = ["stop_sharing"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LinkList

    @admin.display(description=_("pictures"))
    def pictures(self, link: ShareLink) -> int:
        return int(getattr(link, "number", 0))

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("gallery.change_sharelink")

    @admin.action(description=_("Stop sharing"), permissions=["stop"])
    def stop_sharing(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        stopped = sum(link.revoke(require_user(request)) for link in queryset)
        words = gettext("%(n)s stopped. Whoever opens them now finds nothing.")
        self.message_user(request, words % {"n": stopped})
