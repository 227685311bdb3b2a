"""What the shop calls itself and how it looks: one row, filled in the admin, read by every page and mail."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import DatabaseError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from gallery.pictures import Picture
from tryon.models.money.price import MICROS, usd
from tryon.rules import theme_colours
from tryon.rules.request_rules import LONGEST_HOUSE_RULES

SITE_CHANGED = register_action("site_changed", _("Settings of the shop changed"))
FRESH_SECONDS = 2.0  # another process's change is seen after so long; costs one small query in that time
LOGO_HEIGHT, LOGO_WIDTH = 34, 180  # CSS pixels at most, in the head of a page
WORD_MARK = 2  # a logo this many times as wide as high is taken to spell the name
# Digits after the point, where a currency has not the usual two (ISO 4217).
NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

one_line = RegexValidator(r"^[^\x00-\x1f\x7f]*\Z", _("Write this on one line"))
hex_colour = RegexValidator(r"^#[0-9a-f]{6}\Z", _("Give a colour as #rrggbb"))
currency_code = RegexValidator(r"^[A-Z]{3}\Z", _("Give the three letters of the currency, such as CHF"))


class SiteManager(models.Manager["Site"]):
    """Keeps the row for this process, so that a page asks for it seldom."""

    _kept: tuple[float, Site] | None = None

    def current(self) -> Site:
        """The row, at most FRESH_SECONDS old and without the logo's bytes; for reading only."""
        kept = self._kept
        if kept and time.monotonic() < kept[0]:
            return kept[1]
        site = self._read() or (kept[1] if kept else Site(pk=1))
        self.keep(site, FRESH_SECONDS)
        return site

    def row(self) -> Site:
        """For changing: as it is stored, or a new one."""
        return self.filter(pk=1).first() or Site(pk=1)

    def keep(self, site: Site, seconds: float) -> None:
        """Show this one, without asking again for so long."""
        self._kept = (time.monotonic() + seconds, site)

    def forget(self) -> None:
        self._kept = None

    def _read(self) -> Site | None:
        """None while the database does not answer: what this process knows is shown on."""
        try:
            return self.defer("logo").filter(pk=1).first() or Site(pk=1)
        except DatabaseError:
            return None


class Site(models.Model):
    """What is empty falls back: the name to SITE_NAME, the accent to the built-in one, prices to dollars."""

    name = models.CharField(max_length=60, blank=True, validators=[one_line])
    logo = models.BinaryField(blank=True, default=b"", editable=False)  # our own encoding, WebP
    logo_digest = models.CharField(max_length=16, blank=True, editable=False)
    logo_width = models.PositiveSmallIntegerField(default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(default=0, editable=False)
    accent = models.CharField(max_length=7, blank=True, validators=[hex_colour])
    contact_email = models.EmailField(blank=True)
    contact_address = models.TextField(blank=True, validators=[MaxLengthValidator(300)])
    operator = models.TextField(blank=True, validators=[MaxLengthValidator(1000)])
    privacy = models.TextField(blank=True, validators=[MaxLengthValidator(10_000)])
    currency = models.CharField(max_length=3, blank=True, validators=[currency_code])
    # Millionths of the currency for one US dollar.
    rate_micros = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    rate_date = models.DateField(null=True, blank=True)
    sender_name = models.CharField(max_length=60, blank=True, validators=[one_line])
    sender_address = models.EmailField(blank=True)
    # The model whose pictures of the samples the first page shows; "": the rendered ones.
    sample_looks_by = models.CharField(max_length=100, blank=True, db_default="", default="", editable=False)
    # What may not be shown, in the words of staff, who say no less than the law; "": our own words.
    house_rules = models.CharField(
        max_length=LONGEST_HOUSE_RULES, blank=True, db_default="", default="", validators=[one_line]
    )

    objects = SiteManager()

    class Meta:
        verbose_name = verbose_name_plural = _("this site")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="site_is_one"),
            models.CheckConstraint(
                condition=Q(currency="", rate_micros=None, rate_date=None)
                | (~Q(currency="") & Q(rate_micros__gt=0, rate_date__isnull=False)),
                name="site_currency_has_rate",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def change(self, actor: Any, changed: Sequence[str]) -> None:
        """Store it, with a line in the audit that names what changed, and show it from now on."""
        with transaction.atomic():
            self.save()
            if changed:
                AuditEntry.objects.record(actor, SITE_CHANGED, self, changed=sorted(changed))
            transaction.on_commit(Site.objects.forget)
        Site.objects.forget()

    def put_logo(self, picture: Picture | None) -> None:
        """Take this one, or none; stored by `change`."""
        self.logo = picture.content if picture else b""
        self.logo_digest = hashlib.sha256(self.logo).hexdigest()[:16] if picture else ""
        self.logo_width, self.logo_height = (picture.width, picture.height) if picture else (0, 0)

    @property
    def title(self) -> str:
        return self.name or str(settings.SITE_NAME)

    @property
    def sheet(self) -> str:
        """The name of the style sheet with the accent's shades, "" for the built-in ones."""
        return theme_colours.sheet_name(self.accent) if self.accent else ""

    @property
    def shown_width(self) -> int:
        """Of the logo in the head of a page, in CSS pixels."""
        return max(1, min(LOGO_WIDTH, round(LOGO_HEIGHT * self.logo_width / max(1, self.logo_height))))

    @property
    def shown_height(self) -> int:
        return max(1, round(self.shown_width * self.logo_height / max(1, self.logo_width)))

    @property
    def logo_is_name(self) -> bool:
        """Whether the logo stands for the name, which is not written beside it then."""
        return bool(self.logo_digest) and self.logo_width >= WORD_MARK * self.logo_height

    @property
    def address_line(self) -> str:
        return ", ".join(line.strip(" ,") for line in self.contact_address.splitlines() if line.strip())

    @property
    def rate(self) -> str:
        """Units of the currency for one US dollar, as people write it; "" where dollars are shown."""
        return f"{self.rate_micros / MICROS:.6f}".rstrip("0").rstrip(".") if self.rate_micros else ""

    @property
    def digits(self) -> int:
        if not self.currency:
            return 2
        return 0 if self.currency in NO_DIGITS else 3 if self.currency in THREE_DIGITS else 2

    def price(self, micros: int, *, more: int = 0) -> str:
        """Micro-USD as visitors read them, "$0.07" or "CHF 0.06", with `more` digits than usual."""
        if not self.rate_micros:
            return usd(micros, 2 + more)
        return f"{self.currency} {micros * self.rate_micros / MICROS**2:.{self.digits + more}f}"

    @property
    def from_email(self) -> str:
        """The sender of every mail: what is not given comes from the server's own setting."""
        name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        return formataddr((self.sender_name or self.title or name, self.sender_address or address))
