"""One page for the shop's name, look, contact, words, money and mail."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery import pictures
from tryon.admin import sample_looks
from tryon.models import Site
from tryon.models.money.price import MICROS
from tryon.presenters.labels import told
from tryon.rules import theme_colours
from tryon.rules.request_rules import photo_refusal

PAGE = "admin:tryon_site_change"
CONTACT = _("Stands at the foot of every page and on the privacy page. Answers to mails go to the e-mail.")
WORDS = _("Plain text; an empty line begins a paragraph. What the site itself keeps is told there already.")
RULES = _(
    "They stand beside the consent in the form and in every prompt: no nudity, and nobody under 18. Your own "
    "words, on one line, take the place of the first; the second always stays."
)
PRICES = _(
    "Where accounts see prices (SHOW_PRICES), they see them in this currency, about. "
    "Staff pages and all caps stay in US dollars."
)
MAIL = _("Who every mail comes from. Your mail server must be allowed to send for this address.")


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """Cleans the logo to a picture, the accent to one that can be read, the rate to whole millionths."""

    new_logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_(
            "JPEG, PNG, WebP, AVIF or HEIC. Shown at the top of every page, and as the icon on phones. "
            "What is transparent stays so; in the dark theme it stands on paper."
        ),
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)
    accent = forms.CharField(
        required=False,
        max_length=7,
        widget=forms.ColorInput,
        label=_("Colour"),
        help_text=format_lazy(
            _("Of links and of the main button; the dark theme gets a shade of its own. Ours is {colour}."),
            colour=theme_colours.BUILT_IN,
        ),
    )
    rate = forms.DecimalField(
        required=False,
        max_digits=14,
        decimal_places=6,
        min_value=Decimal("0.000001"),
        label=_("Exchange rate"),
        help_text=_("How much of this currency one US dollar is."),
    )

    class Meta:
        model = Site
        fields = (
            *("name", "accent", "contact_email", "contact_address", "operator", "privacy", "house_rules"),
            *("currency", "rate_date", "sender_name", "sender_address"),
        )
        labels = {
            "name": _("Name of the shop"),
            "contact_email": _("E-mail"),
            "contact_address": _("Postal address"),
            "operator": _("Who runs this site"),
            "privacy": _("More on privacy"),
            "house_rules": _("What may not be shown"),
            "currency": _("Currency"),
            "rate_date": _("Day of the rate"),
            "sender_name": _("Name of the sender"),
            "sender_address": _("E-mail of the sender"),
        }
        widgets = {"rate_date": forms.DateInput(attrs={"type": "date"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["accent"] = self.instance.accent or theme_colours.BUILT_IN
        self.fields["rate"].initial = self.instance.rate or None

    def clean_new_logo(self) -> pictures.Picture | None:
        upload = self.cleaned_data["new_logo"]
        if not upload:
            return None
        try:
            return pictures.logo(Path(upload.temporary_file_path()))
        except pictures.BadPicture as exc:
            raise forms.ValidationError(told(photo_refusal(exc.code))) from exc

    def clean_accent(self) -> str:
        """An unreadable one is refused, and the nearest that passes stands in the field in its place."""
        accent = str(self.cleaned_data["accent"]).lower()
        if accent in ("", theme_colours.BUILT_IN):
            return ""
        self.instance._meta.get_field("accent").run_validators(accent)
        if not theme_colours.passes(accent):
            near = theme_colours.nearest(accent)
            # What was posted cannot be written to: the page shows the form's own copy.
            self.data = dict(self.data.items()) | {self.add_prefix("accent"): near}
            raise forms.ValidationError(_unreadable(accent, near))
        return accent

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        currency, rate = data.get("currency"), data.get("rate")
        if currency and not rate and "rate" not in self.errors:
            words = gettext("Give the rate of this currency, or leave both empty to show US dollars")
            self.add_error("rate", words)
        if rate and not currency and "currency" not in self.errors:
            self.add_error("currency", gettext("Give the currency of this rate, or leave both empty"))
        data["rate_date"] = (data.get("rate_date") or timezone.now().date()) if currency else None
        self.instance.rate_micros = round(rate * MICROS) if rate else None
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        picture = self.cleaned_data.get("new_logo")
        if picture or self.cleaned_data.get("remove_logo"):
            self.instance.put_logo(picture)


def _unreadable(accent: str, near: str) -> str:
    contrast = theme_colours.contrast(accent, theme_colours.LIGHT_GROUND)
    words = gettext(
        "%(accent)s has a contrast of %(contrast)s to 1; words need %(enough)s to 1. "
        "The nearest that passes is %(near)s: it stands in the field, save to take it"
    )
    enough = theme_colours.ENOUGH
    return words % {"accent": accent, "contrast": f"{contrast:.1f}", "enough": enough, "near": near}


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = SiteForm
    readonly_fields = ("logo_now",)
    fieldsets = (
        (_("Name and look"), {"fields": ("name", "new_logo", "logo_now", "remove_logo", "accent")}),
        (_("Contact"), {"fields": ("contact_email", "contact_address"), "description": CONTACT}),
        (_("Privacy page"), {"fields": ("operator", "privacy"), "description": WORDS}),
        (_("House rules"), {"fields": ("house_rules",), "description": RULES}),
        (_("Prices"), {"fields": ("currency", "rate", "rate_date"), "description": PRICES}),
        (_("Mail"), {"fields": ("sender_name", "sender_address"), "description": MAIL}),
    )

    change_form_template = "admin/tryon/site/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        looks = self.admin_site.admin_view(sample_looks.page)
        return [path("looks/", looks, name="tryon_site_looks"), *super().get_urls()]

    @admin.display(description=_("Logo now"))
    def logo_now(self, site: Site) -> str | SafeString:
        if not site.logo_digest:
            return gettext("none")
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}">',
            reverse("site_logo", args=[site.logo_digest, 2]),
            site.shown_width,
            site.shown_height,
            _("The logo as pages show it"),
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Site | None:
        return Site.objects.row() if object_id == "1" else None

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        obj.change(request.user, form.changed_data)

    def response_change(self, request: HttpRequest, obj: Site) -> HttpResponse:
        messages.success(request, _("Saved"))
        return redirect(PAGE, 1)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one row, so its list is its page."""
        return redirect(PAGE, 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
