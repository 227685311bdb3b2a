"""Visitors' own photos, to be looked at and deleted, never changed; and what they agreed to."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.admin import Written
from gallery.keyset_admin import BY_ID_OR_OWNER
from tryon.accounts.current_user import require_user
from tryon.admin.tryons import ReadOnlyInline
from tryon.models import Consent, GatewayFile, Reference
from tryon.pipeline.privacy import deletion


class CopyInline(ReadOnlyInline):
    model = GatewayFile
    fields = ("state", "uploaded_at", "expires_at")
    verbose_name_plural = _("copies at the gateway")


def thumbnail(reference: Reference) -> SafeString | str:
    """A picture that rests elsewhere is a link, which nobody's browser follows by itself."""
    if not reference.file:
        return render_to_string("admin/_linked.html", {"reference": reference}) if reference.url else ""
    address = reverse("reference_bytes", args=[reference.pk, "small"])
    return format_html('<img class="thumb" src="{}" alt="{}" loading="lazy">', address, reference)


@admin.register(Reference)
class ReferenceAdmin(Written):
    list_display = ("picture", "__str__", "owner", "kind", "category", "created_at", "last_used_at")
    list_display_links = ("__str__",)
    list_select_related = ("owner",)
    ordering = ("-created_at", "-pk")
    exact_fields = ("id",)
    owner_field = "owner"
    search_help_text = BY_ID_OR_OWNER
    fields = (
        "picture",
        "owner",
        "kind",
        "label",
        "category",
        "pixels",
        "address",
        "created_at",
        "last_used_at",
    )
    readonly_fields = ("picture", "pixels", "address")
    inlines = (CopyInline,)
    actions = ["delete_for_good"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reference]:
        return Reference.objects.of_visitors()

    @admin.display(description=_("picture"))
    def picture(self, reference: Reference) -> SafeString | str:
        return thumbnail(reference)

    @admin.display(description=_("pixels"))
    def pixels(self, reference: Reference) -> str:
        size = {"width": reference.width, "height": reference.height}
        return gettext("%(width)s by %(height)s") % size if reference.width else ""

    @admin.display(description=_("address"))
    def address(self, reference: Reference) -> SafeString | str:
        """What is passed on to the gateway of a picture that does not rest here."""
        link = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'
        return format_html(link, reference.url) if reference.url else ""

    def has_wipe_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tryon.delete_reference")

    @admin.action(description=_("Delete for good (file and gateway copy's reuse)"), permissions=["wipe"])
    def delete_for_good(self, request: HttpRequest, queryset: QuerySet[Reference]) -> None:
        for reference in queryset:
            deletion.delete_reference(reference, by=require_user(request))
        self.message_user(request, gettext("Deleted. Pictures made from them stay with their owners."))


@admin.register(Consent)
class ConsentAdmin(Written):
    list_display = ("reference", "role", "text_version", "at")
    list_select_related = ("reference",)
    exact_fields = ("reference",)
    search_help_text = _("Search by the id of a photo.")
