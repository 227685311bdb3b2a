"""Share links and the audit trail in the stock admin: read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
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
from gallery.models import AuditEntry, ShareLink
from gallery.models.audit import LABELS
from gallery.owners import require_user
from gallery.trail_export import RangeForm


class Written(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the site writes and people only read."""

    list_per_page = 50
    show_full_result_count = False
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
    list_filter = (ActionFilter, "kind")
    list_select_related = ("actor",)
    search_fields = ("subject",)
    date_hierarchy = "at"
    change_list_template = "admin/gallery/auditentry/change_list.html"

    @admin.display(description=_("action"), ordering="action")
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


@admin.register(ShareLink)
class ShareLinkAdmin(Written):
    list_display = ("__str__", "owner", "pictures", "created_at", "expires_at", "revoked_at", "views")
    list_filter = ("revoked_at", "expires_at")
    list_select_related = ("owner",)
    search_fields = ("title", "owner__email", "owner__username")
    exclude = ("digest", "key", "password")
    actions = ["stop_sharing"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShareLink]:
        links: QuerySet[ShareLink] = super().get_queryset(request)
        return links.annotate(number=Count("images"))

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
