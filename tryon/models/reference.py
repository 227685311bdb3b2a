from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.files import FieldFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models import SourceType
from gallery.models.fields import LabelledField
from gallery.owners import may_view
from gallery.xmp import Mark
from tryon.accounts.models import AnyUser, User
from tryon.rules import outfits
from tryon.rules.request_rules import CONSENT_VERSIONS

CATEGORIES = [
    (name, _("Auto") if name == "auto" else _(kind.label)) for name, kind in outfits.BY_NAME.items()
]


class ReferenceQuerySet(models.QuerySet["Reference"]):
    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def owned_by(self, user: AnyUser) -> Self:
        """One's own; nobody's own are not the house's, which have no owner."""
        return self.present().filter(owner_id=user.pk, owner__isnull=False)

    def of_the_house(self) -> Self:
        """What the site offers to everybody, in shelf order."""
        return self.present().filter(owner=None, is_on_shelf=True).order_by("position", "created_at")

    def in_wardrobe_of(self, user: AnyUser) -> Self:
        """One's own, and what the site offers to everybody."""
        offered = Q(owner=None, is_on_shelf=True)
        return self.present().filter(offered | Q(owner=user.pk) if user.pk else offered)

    def usable_by(self, user: AnyUser) -> Self:
        return self.present().filter(Q(owner_id=user.pk) | Q(owner=None))

    def visible_to(self, user: AnyUser) -> Self:
        """One's own and the house's; staff with the right to it see all, as review shows inputs too."""
        return self.present() if may_view(user, Reference) else self.usable_by(user)

    def wiped_with_files(self) -> Self:
        """Deleted, with bytes that a crash left behind."""
        return self.exclude(deleted_at=None).exclude(**dict.fromkeys(Reference.FILES, ""))

    def without_copies(self) -> Self:
        """Those that a smaller copy is to be made of."""
        return self.present().filter(Q(small="") | Q(thumbnail="")).exclude(file="")

    def in_house_of(self, *digests: str) -> Self:
        """What the house has, or had, of received bytes with these SHA-256 (hex)."""
        return self.filter(sha256__in=digests, owner=None)

    def of_people(self) -> Self:
        """Those that may show somebody: all but garments whose bytes never stood as more than a garment."""
        stood = Q(consents__isnull=False) | Q(inputs__role__in=list(CONSENT_VERSIONS))
        same = Reference.objects.filter(stood, owner=OuterRef("owner"), sha256=OuterRef("sha256"))
        return self.filter(~Q(kind=Reference.Kind.GARMENT) | Exists(same))

    def unused_since(self, moment: dt.datetime) -> Self:
        return self.present().filter(last_used_at__lt=moment).exclude(owner=None)

    # What became no try-on ----------------------------------------------------------------------------
    def undecided_since(self, moment: dt.datetime) -> Self:
        """Somebody's own, not used since, of which no purge has found yet that they stay."""
        return self.present().filter(is_kept=False, last_used_at__lt=moment, owner__isnull=False)

    def keep_wanted(self, at_once: int) -> None:
        """Of these, those stay that became part of a try-on, or that an account keeps in its wardrobe."""
        wanted = self.filter(Q(inputs__isnull=False) | _in_wardrobe_of(is_guest=False))
        Reference.objects.filter(pk__in=wanted.values("pk")[:at_once]).update(is_kept=True)

    def unwanted(self, saved_before: dt.datetime) -> Self:
        """The others of these; what a guest saved in the wardrobe only if it was not used since then."""
        saved_lately = _in_wardrobe_of(is_guest=True) & Q(last_used_at__gte=saved_before)
        return self.filter(inputs=None).exclude(_in_wardrobe_of(is_guest=False)).exclude(saved_lately)

    def keep(self, owner: User | None, kind: str, sha256: str, **fields: object) -> tuple[Reference, bool]:
        """The row of these bytes, and whether it is new: same owner, kind and bytes give the same row."""
        with transaction.atomic():  # two uploads of one picture at once: the constraint lets one create
            return self.get_or_create(owner=owner, kind=kind, sha256=sha256, deleted_at=None, defaults=fields)


def _in_wardrobe_of(*, is_guest: bool) -> Q:
    """What lies in the wardrobe to stay: a picture that was saved there, and any garment of an account."""
    is_saved = ~Q(source_type="")
    stays = is_saved if is_guest else is_saved | Q(kind=Reference.Kind.GARMENT)
    return stays & Q(owner__is_guest=is_guest)


class Reference(models.Model):
    """An input picture: our own bare re-encoding of what was received, or only its address (`url`).

    No owner: it belongs to the house.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        GARMENT = "garment", _("Garment")
        OTHER = "other", _("Other")

    SIZES = {"small": 480, "thumbnail": 144}  # copies that pages and tiles show: widths in pixels, WebP
    FILES = ("file", *SIZES)  # every column that names bytes

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="references"
    )
    kind = LabelledField(max_length=10, choices=Kind)
    category = LabelledField(max_length=10, choices=CATEGORIES, default="auto")
    label = models.CharField(max_length=80, blank=True)
    slug = models.SlugField(null=True, blank=True, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_on_shelf = models.BooleanField(default=True, db_default=True)
    sha256 = models.CharField(max_length=64, editable=False)
    file = models.FileField(max_length=200, blank=True)
    small = models.FileField(max_length=200, blank=True, editable=False)
    thumbnail = models.FileField(max_length=200, blank=True, editable=False, default="", db_default="")
    url = models.URLField(max_length=2000, blank=True)
    content_type = models.CharField(max_length=20, blank=True, editable=False)
    # What made it, where that was neither a camera nor its owner: a picture kept from the gallery, a sample.
    source_type = LabelledField(
        max_length=40, choices=SourceType, blank=True, default="", db_default="", editable=False
    )
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Found by the purge a day after it came: it became part of a try-on, or lies in an account's wardrobe.
    is_kept = models.BooleanField(default=False, db_default=False, editable=False)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "kind", "sha256"],
                condition=Q(deleted_at=None, owner__isnull=False),
                name="reference_once_per_owner",
            ),
            models.UniqueConstraint(
                fields=["kind", "sha256"],
                condition=Q(deleted_at=None, owner=None),
                name="reference_once_in_house",
            ),
            models.CheckConstraint(
                name="reference_file_xor_url",
                condition=Q(deleted_at__isnull=False) | (~Q(file="") & Q(url="")) | (Q(file="") & ~Q(url="")),
            ),
        ]
        # Read by: the studio's earlier photos; the end of what became no try-on.
        indexes = [
            models.Index(fields=["owner", "kind", "-last_used_at"], name="reference_recent"),
            models.Index(
                fields=["last_used_at"],
                name="reference_undecided",
                condition=Q(deleted_at=None, is_kept=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label or f"{self.get_kind_display().lower()} {str(self.pk)[:8]}"

    def touch(self) -> None:
        Reference.objects.filter(pk=self.pk).update(last_used_at=timezone.now())

    def remember_source(self, source_type: str) -> None:
        """That it was made, and by what; its stored files are marked when they leave."""
        Reference.objects.filter(pk=self.pk).update(source_type=source_type)

    @property
    def mark(self) -> Mark | None:
        """What its files say when they leave; photos that people gave say nothing."""
        return SourceType(self.source_type).mark if self.source_type else None

    def sort_under(self, category: str) -> None:
        """What kind of garment it is, as its owner says now."""
        Reference.objects.filter(pk=self.pk).update(category=category)

    def describe(self, label: str, category: str) -> None:
        """What its owner calls it, and what kind of garment it is."""
        Reference.objects.filter(pk=self.pk).update(label=label, category=category)
        self.label, self.category = label, category

    def put_on_shelf(self, slug: str, position: int) -> None:
        """Give a house garment its address and place."""
        Reference.objects.filter(pk=self.pk, owner=None).update(
            slug=slug, position=position, is_on_shelf=True
        )

    def take_off_shelf(self) -> None:
        """Offer it to nobody any more; the try-ons that it is part of keep it, and its address is free."""
        Reference.objects.filter(pk=self.pk, owner=None).update(slug=None, is_on_shelf=False)

    def consent(self, role: str, text_version: str) -> None:
        """Record once that its owner may use this photo in this role, and under which wording."""
        Consent.objects.get_or_create(reference=self, role=role, text_version=text_version)

    @property
    def host(self) -> str:
        """Whom a linked picture comes from, for people to read; "" for one that rests here."""
        return urlsplit(self.url).hostname or ""

    def is_consented_as(self, role: str) -> bool:
        """A garment needs no consent, whatever it was kept as; the house's own were made for every role."""
        if role not in CONSENT_VERSIONS or self.owner_id is None:
            return True
        return any(consent.role == role for consent in self.consents.all())  # which may be prefetched

    def consented_at(self, role: str) -> dt.datetime | None:
        """When its owner agreed to this role; None for who never was asked, or never did."""
        return min((consent.at for consent in self.consents.all() if consent.role == role), default=None)

    @property
    def may_be_copied(self) -> bool:
        """Whether it may lie at the gateway: in some role it may leave."""
        return self.kind == Reference.Kind.GARMENT or self.owner_id is None or self.consents.exists()

    def keep_copies(self, names: Mapping[str, str]) -> None:
        """The storage names of its smaller copies by column; a deletion that came first wins."""
        if not Reference.objects.present().filter(pk=self.pk).update(**names):
            for name in names.values():
                self.file.storage.delete(name)

    def wipe(self) -> None:
        """Hide it at once and end its reuse; `remove_files` follows after commit."""
        Reference.objects.filter(pk=self.pk).update(deleted_at=timezone.now(), url="", label="", slug=None)
        self.gateway_files.forget()
        self.image_inputs.all().delete()

    def remove_files(self) -> None:
        """Delete the bytes of a wiped one; the row forgets the names last, so that a crash loses no track."""
        self.refresh_from_db(fields=self.FILES)  # a small copy may have come since it was read
        files: list[FieldFile] = [getattr(self, column) for column in self.FILES]
        for file in files:
            if file:
                file.storage.delete(str(file))
        Reference.objects.filter(pk=self.pk).update(**dict.fromkeys(self.FILES, ""))


class Consent(models.Model):
    """That its owner ticked the box: for which photo in which role, under which wording, when."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="consents")
    # The version before knows no roles: what it records while both run is for a person.
    role = models.CharField(max_length=10, db_default="person")
    text_version = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "role", "text_version"], name="consent_once_a_role"),
            models.CheckConstraint(name="consent_role", condition=Q(role__in=list(CONSENT_VERSIONS))),
        ]

    def __str__(self) -> str:
        return f"{self.reference_id} as {self.role} {self.text_version}"

    def move_to(self, reference: Reference) -> None:
        """It counts for another row of the same photo, from the moment when it was given."""
        Consent.objects.filter(pk=self.pk).update(reference=reference)


# Who sees the photos of others beside what was made from them ---------------------------------------
def may_review(user: AnyUser) -> bool:
    """Whether they are a reviewer: may decide on pictures, and see what these were made from."""
    return user.has_perm("gallery.change_image") and may_view(user, Reference)


def reviewers() -> list[User]:
    """All of them, by name."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("username")
    return [user for user in staff if may_review(user)]
