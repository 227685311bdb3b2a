"""Share links and the audit trail in the stock admin: read only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry, ShareLink
from gallery.models.audit import LABELS
from gallery.owners import require_user


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

    @admin.display(description=_("action"), ordering="action")
    def labelled_action(self, entry: AuditEntry) -> str:
        return entry.action_label


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
