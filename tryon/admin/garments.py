"""Garments: what the site offers to everybody, several dropped at once, each with its link and QR code."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from gallery.keyset_admin import KeysetAdmin
from gallery.pictures import BadPicture
from gallery.sharing.qr import qr_code
from tryon.accounts.current_user import require_user
from tryon.accounts.prefix_search import begins_with
from tryon.admin.garment_drop import Dropped, end_of_shelf, shelve, studio_address
from tryon.admin.references import CopyInline, thumbnail
from tryon.models import HouseGarment, Reference
from tryon.pipeline import references
from tryon.pipeline.privacy import deletion
from tryon.presenters.labels import told
from tryon.rules.request_rules import photo_refusal

# Under which words a person of the house agreed to be shown.
HOUSE_WORDS = "2026-11-house"


class HouseGarmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the house may change of a garment of its own."""

    class Meta:
        labels = {"is_on_shelf": _("On the shelf")}
        help_texts = {
            "slug": _("?garment=<slug> opens with it chosen"),
            "position": _("order on the shelf"),
            "is_on_shelf": _("when it is not, try-ons that have it keep it, and nobody else is offered it"),
        }


class HousePhotoForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new picture for the shelf: cleans to a reference of the house, kept like any upload."""

    photo = forms.FileField(
        label=_("Photo"),
        help_text=_("JPEG, PNG, WebP, AVIF or HEIC. A garment on a plain ground; a person, head to knees."),
    )
    agreed = forms.BooleanField(
        required=False,
        label=_("This person is 18 or older, and agreed to be shown to everybody here"),
    )

    class Meta(HouseGarmentForm.Meta):
        model = HouseGarment
        fields = ("photo", "kind", "agreed", "label", "category", "slug", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = Reference.Kind.GARMENT
        self.fields["position"].initial = end_of_shelf()
        self.fields["slug"].required = self.fields["label"].required = True

    def _post_clean(self) -> None:
        """The picture comes last: nothing is kept while another field is wrong."""
        super()._post_clean()  # type: ignore[misc]
        if self.cleaned_data.get("kind") == Reference.Kind.PERSON and not self.cleaned_data.get("agreed"):
            self.add_error("agreed", gettext("Tick this box, or leave the photo out: everybody can see it"))
        if not self.errors:
            self._keep()

    def _keep(self) -> None:
        data = self.cleaned_data
        photo = Path(data["photo"].temporary_file_path())
        try:
            kept = references.keep(None, data["kind"], photo, category=data["category"], label=data["label"])
        except BadPicture as exc:
            self.add_error("photo", told(photo_refusal(exc.code)))
            return
        if kept.slug:
            self.add_error(
                "photo", gettext("This picture is on the shelf already, as “%(name)s”") % {"name": kept}
            )
        if data["agreed"]:
            kept.consent(Reference.Kind.PERSON, HOUSE_WORDS)
        # The row was written by `keep`, as of any upload; the form only names it.
        self.instance = HouseGarment.objects.get(pk=kept.pk)

    def save(self, commit: bool = True) -> Reference:
        data = self.cleaned_data
        reference: Reference = super().save(commit=False)  # the row is there since it was cleaned
        reference.put_on_shelf(data["slug"], data["position"])
        reference.refresh_from_db()
        return reference


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """What was guessed of a garment from the name of its file."""

    class Meta:
        model = HouseGarment
        fields = ("label", "category", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = self.fields["label"].required = True


@admin.register(HouseGarment)
class HouseGarmentAdmin(KeysetAdmin):
    form = HouseGarmentForm
    list_display = (
        *("picture", "__str__", "category", "slug", "link", "position", "is_on_shelf", "created_at"),
    )
    list_display_links = ("__str__",)
    list_filter = ("kind", "category")
    ordering = ("position", "created_at", "pk")
    exact_fields = ("id",)
    search_help_text = _("Search by id, or the beginning of a name or slug.")
    fields = (
        *("picture", "kind", "label", "category", "slug", "position", "is_on_shelf"),
        *("link", "pixels", "last_used_at"),
    )
    readonly_fields = ("picture", "kind", "link", "pixels", "last_used_at")
    inlines = (CopyInline,)
    actions = ("delete_for_good",)
    change_list_template = "admin/tryon/housegarment/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[HouseGarment]:
        return HouseGarment.objects.present().filter(owner=None)  # type: ignore[return-value]

    def same_of_all(self, request: HttpRequest) -> tuple[str, ...]:
        return ("owner_id",)

    def beginnings(self, rows: QuerySet[Any], words: str) -> Iterable[QuerySet[Any]]:
        return [rows.filter(begins_with(column, words)) for column in ("label", "slug")]

    @admin.display(description=_("picture"))
    def picture(self, garment: HouseGarment) -> SafeString | str:
        return thumbnail(garment)

    @admin.display(description=_("link"))
    def link(self, garment: HouseGarment) -> str:
        """The address that opens the studio with it, to be copied, and as a QR code, to be printed."""
        if not (garment.slug and garment.is_on_shelf):
            return ""
        context = {"garment": garment, "address": studio_address(garment)}
        return render_to_string("admin/tryon/housegarment/_link.html", context)

    @admin.display(description=_("pixels"))
    def pixels(self, garment: HouseGarment) -> str:
        size = {"width": garment.width, "height": garment.height}
        return gettext("%(width)s by %(height)s") % size if garment.width else ""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return HousePhotoForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: HouseGarment | None = None) -> tuple[Any, ...]:
        return HousePhotoForm.Meta.fields if obj is None else tuple(self.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: HouseGarment | None = None) -> tuple[str, ...]:
        return () if obj is None else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: HouseGarment | None) -> Any:
        return () if obj is None else self.inlines

    def save_model(self, request: HttpRequest, obj: HouseGarment, form: Any, change: bool) -> None:
        if change:  # a new one was kept by its form
            super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: HouseGarment | None = None) -> bool:
        """Rows stay as tombstones: deleting is the action below, which also removes the bytes."""
        return False

    def has_wipe_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tryon.delete_housegarment")

    @admin.action(description=_("Delete for good (file and gateway copy's reuse)"), permissions=["wipe"])
    def delete_for_good(self, request: HttpRequest, queryset: QuerySet[HouseGarment]) -> None:
        for garment in queryset:
            deletion.delete_reference(garment, by=require_user(request))
        self.message_user(request, gettext("Deleted. Pictures made from them stay with their owners."))

    # Several at once ---------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = [
            path("drop/", view(self.drop), name="tryon_housegarment_drop"),
            path(
                "<uuid:pk>/in-place/", view(require_POST(self.in_place)), name="tryon_housegarment_in_place"
            ),
            path("<uuid:pk>/qr/", view(self.qr), name="tryon_housegarment_qr"),
        ]
        return [*pages, *super().get_urls()]

    def drop(self, request: HttpRequest) -> HttpResponse:
        """POST `photos`: each goes onto the shelf, or is told why not; `part` asks for the rows alone."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        dropped = [shelve(photo) for photo in request.FILES.getlist("photos")]
        is_part = bool(request.POST.get("part"))
        context: dict[str, Any] = {"dropped": [(each, _row_form(each.garment)) for each in dropped]}
        if not is_part:
            context |= {
                **self.admin_site.each_context(request),
                "title": gettext("Add garments"),
                "opts": self.opts,
                "most": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
                "is_empty": request.method == "POST" and not dropped,
            }
        name = "_dropped" if is_part else "drop"
        status = 503 if is_part and any(each.is_busy for each in dropped) else 200
        return TemplateResponse(request, f"admin/tryon/housegarment/{name}.html", context, status=status)

    def in_place(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """POST: another name, kind or slug of one that was just dropped."""
        garment = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, garment):
            raise PermissionDenied
        form = RowForm(request.POST, instance=garment, prefix=str(pk))
        is_saved = form.is_valid()
        if is_saved:
            form.save()
            self.log_change(request, garment, [{"changed": {"fields": form.changed_data}}])
        if not request.POST.get("part") and is_saved:
            self.message_user(request, gettext("Saved"))
            return redirect("admin:tryon_housegarment_changelist")
        dropped = Dropped(str(garment), garment)
        context: dict[str, Any] = {"dropped": [(dropped, form)], "is_saved": is_saved}
        if request.POST.get("part"):
            return TemplateResponse(request, "admin/tryon/housegarment/_dropped.html", context)
        context |= {
            **self.admin_site.each_context(request),
            "title": gettext("Add garments"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/tryon/housegarment/drop.html", context, status=422)

    def qr(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """A page to print: the code, the garment and its address."""
        garment = get_object_or_404(self.get_queryset(request), pk=pk, slug__isnull=False)
        if not self.has_view_permission(request, garment):
            raise PermissionDenied
        address = studio_address(garment)
        context = {
            **self.admin_site.each_context(request),
            "title": str(garment),
            "opts": self.opts,
            "garment": garment,
            "address": address,
            "code": qr_code(address),
        }
        return TemplateResponse(request, "admin/tryon/housegarment/qr.html", context)


def _row_form(garment: HouseGarment | None) -> RowForm | None:
    return RowForm(instance=garment, prefix=str(garment.pk)) if garment else None
