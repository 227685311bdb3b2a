"""House garments: what the site offers to everybody. Visitors' own photos are listed, never changed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.admin import Written
from gallery.keyset_admin import KeysetAdmin
from gallery.pictures import BadPicture
from tryon.accounts.current_user import require_user
from tryon.accounts.models import User
from tryon.accounts.prefix_search import begins_with
from tryon.admin.tryons import ReadOnlyInline
from tryon.models import Consent, GatewayFile, Reference
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
        model = Reference
        fields = ("photo", "kind", "agreed", "label", "category", "slug", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = Reference.Kind.GARMENT
        self.fields["position"].initial = _end_of_shelf()
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
        self.instance = kept  # the row was written by `keep`, as of any upload; the form only names it

    def save(self, commit: bool = True) -> Reference:
        data = self.cleaned_data
        reference: Reference = super().save(commit=False)  # the row is there since it was cleaned
        reference.put_on_shelf(data["slug"], data["position"])
        reference.refresh_from_db()
        return reference


def _end_of_shelf() -> int:
    last = Reference.objects.of_the_house().aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


class OnShelf(admin.SimpleListFilter):
    title = _("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return (("visitors", gettext("Visitors' own")),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reference]) -> QuerySet[Reference]:
        """A search by account looks through visitors' own, any other through the house's: see `questions`."""
        if SEARCH_VAR in request.GET:
            return queryset
        return queryset.filter(owner__isnull=self.value() != "visitors")

    def choices(self, changelist: Any) -> Any:
        """The stock filter's "All" is the house's here: it comes first, and opens the page."""
        first, *others = super().choices(changelist)
        yield first | {"display": gettext("The house's")}
        yield from others


def _shows_house(request: HttpRequest) -> bool:
    return not {SEARCH_VAR, OnShelf.parameter_name} & set(request.GET)


class CopyInline(ReadOnlyInline):
    model = GatewayFile
    fields = ("state", "uploaded_at", "expires_at")
    verbose_name_plural = _("copies at the gateway")


@admin.register(Reference)
class ReferenceAdmin(KeysetAdmin):
    form = HouseGarmentForm
    list_display = ("picture", "__str__", "kind", "category", "slug", "position", "is_on_shelf", "created_at")
    list_display_links = ("__str__",)
    list_filter = (OnShelf, "kind", "category")
    exact_fields = ("id",)
    search_help_text = _("Search by id, the beginning of a name or slug, or by an account.")
    fields = (
        *("picture", "kind", "label", "category", "slug", "position", "is_on_shelf"),
        *("pixels", "address", "last_used_at"),
    )
    readonly_fields = ("picture", "kind", "pixels", "address", "last_used_at")
    inlines = (CopyInline,)
    actions = ("delete_for_good",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reference]:
        return Reference.objects.present()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The house's as on the shelf, all others as they came."""
        return ("position", "created_at", "pk") if _shows_house(request) else ("-created_at", "-pk")

    def same_of_all(self, request: HttpRequest) -> Sequence[str]:
        return ("owner_id",) if _shows_house(request) else ()

    def questions(self, rows: QuerySet[Reference], words: str) -> Iterator[QuerySet[Reference]]:
        yield from super().questions(rows, words)
        for pk in User.objects.called(words):
            yield rows.filter(owner=pk, owner__isnull=False)

    def beginnings(self, rows: QuerySet[Reference], words: str) -> Iterable[QuerySet[Reference]]:
        house = rows.filter(owner=None)
        return [house.filter(begins_with(column, words)) for column in ("label", "slug")]

    @admin.display(description=_("picture"))
    def picture(self, reference: Reference) -> SafeString | str:
        if not reference.file:
            return render_to_string("admin/_linked.html", {"reference": reference}) if reference.url else ""
        address = reverse("reference_bytes", args=[reference.pk, "small"])
        return format_html('<img class="thumb" src="{}" alt="{}" loading="lazy">', address, reference)

    @admin.display(description=_("pixels"))
    def pixels(self, reference: Reference) -> str:
        size = {"width": reference.width, "height": reference.height}
        return gettext("%(width)s by %(height)s") % size if reference.width else ""

    @admin.display(description=_("address"))
    def address(self, reference: Reference) -> SafeString | str:
        """What is passed on to the gateway of a picture that does not rest here."""
        link = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'
        return format_html(link, reference.url) if reference.url else ""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return HousePhotoForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Reference | None = None) -> tuple[Any, ...]:
        return HousePhotoForm.Meta.fields if obj is None else tuple(self.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Reference | None = None) -> tuple[str, ...]:
        return () if obj is None else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Reference | None) -> Any:
        return () if obj is None else self.inlines

    def save_model(self, request: HttpRequest, obj: Reference, form: Any, change: bool) -> None:
        if change:  # a new one was kept by its form
            super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Reference | None = None) -> bool:
        return (obj is None or obj.owner_id is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Reference | None = None) -> bool:
        """Rows stay as tombstones: deleting is the action below, which also removes the bytes."""
        return False

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
