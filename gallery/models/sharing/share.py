from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser as User
from django.db import models, transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models.audit import AuditEntry, register_action
from gallery.models.gate import closed_state, shown, shown_value
from gallery.models.image import Image
from gallery.models.queue import refresh_priority
from gallery.models.review import ReviewState
from gallery.models.sharing.share_token import digest_of, new_token
from gallery.owners import AnyUser

SHARED = register_action("shared", _("Shared"))
CHANGED = register_action("link_changed", _("Settings of a link changed"))
RENEWED = register_action("renewed", _("Link given a new address"), takes_back=True)
LOCKED = register_action("password_changed", _("Password of a link changed"), takes_back=True)
PASSED = register_action("approved_and_shared", _("Approved and shared"))
REVOKED = register_action("revoked", _("Sharing stopped"), takes_back=True)
MOST_DAYS = 90
USUAL_DAYS = 7


class MadeAlready(Exception):
    """The form that asks for this link was sent before; its address was shown then."""


def _chosen() -> models.Prefetch[str, models.QuerySet[SharedImage], str]:
    rows = SharedImage.objects.filter(image__deleted_at=None).select_related("image")
    rows = rows.annotate(counted_hearts=Count("given_hearts"), shown_now=shown_value("image__"))
    rows = rows.order_by("position")
    return models.Prefetch("sharedimage_set", queryset=rows, to_attr="chosen")


def _in_days(days: int) -> dt.datetime:
    return timezone.now() + dt.timedelta(days=min(days, MOST_DAYS))


def _hashed(password: str) -> str:
    """Takes a third of a second, so it is no part of a transaction."""
    return make_password(password) if password else ""


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def owned_by(self, user: AnyUser) -> Self:
        return self.filter(owner_id=user.pk)

    def of_each_alone(self, images: Sequence[Image]) -> dict[uuid.UUID, list[uuid.UUID]]:
        """The ids of the links, by picture, that others can open and that show no other; newest first."""
        found: dict[uuid.UUID, list[uuid.UUID]] = {image.pk: [] for image in images}
        alone = self.live().alias(shown=Count("images")).filter(shown=1)
        rows = SharedImage.objects.filter(image__in=found, link__in=alone).order_by("-link__created_at")
        for image, link in rows.values_list("image_id", "link_id"):
            found[image].append(link)
        return found

    def listed(self) -> Self:
        """Newest first, with the chosen pictures and their hearts read for all of them at once."""
        return self.order_by("-created_at", "-id").prefetch_related(_chosen())

    def showing(self, image: Image) -> Self:
        """Those with this picture; `hearts_of_it` is how many hearts it was given there."""
        given = Count("sharedimage__given_hearts")
        return self.filter(sharedimage__image=image).annotate(hearts_of_it=given)

    def create_link(
        self,
        owner: User,
        images: Sequence[Image],
        *,
        title: str,
        days: int = USUAL_DAYS,
        download: bool = False,
        hearts: bool = True,
        password: str = "",
        key: uuid.UUID | None = None,
    ) -> tuple[ShareLink, str]:
        """A link to `images` in this order, and its token, which is known now and never again.

        Raises MadeAlready when there is a link of this `key`.
        """
        token = new_token()
        fields = {"title": title, "expires_at": _in_days(days), "download": download, "hearts": hearts}
        fields |= {"owner_id": owner.pk, "digest": digest_of(token), "password": _hashed(password)}
        with transaction.atomic():  # a link without its pictures or its audit row never exists
            # A form sent twice at once: the unique key lets one create.
            link, is_new = self.get_or_create(key=key or uuid.uuid4(), defaults=fields)
            if not is_new:
                raise MadeAlready
            SharedImage.objects.bulk_create(
                SharedImage(link=link, image=image, position=n) for n, image in enumerate(images, 1)
            )
            refresh_shared_until(link.images.all())
            AuditEntry.objects.record(owner, SHARED, link, images=[str(i.pk) for i in images])
        return link, token


class ShareLink(models.Model):
    """A titled selection of pictures that anyone with its token may see until it expires or is revoked.

    Whatever was chosen, only approved pictures are shown through it; where the site checks after sharing,
    pending ones too. Rejected ones never are. One with a `password` (a hash) asks for it besides.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="links")
    title = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    key = models.UUIDField(null=True, unique=True, editable=False)  # of the form: sent twice, it makes one
    images = models.ManyToManyField(Image, through="SharedImage", related_name="links")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    download = models.BooleanField(default=False)
    hearts = models.BooleanField(default=True, db_default=True)  # whether whoever opens it may give some
    password = models.CharField(max_length=128, blank=True, default="", db_default="", editable=False)
    views = models.PositiveIntegerField(default=0)
    last_viewed_at = models.DateTimeField(null=True, blank=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        indexes = [
            # Read by: the owner's list of links.
            models.Index(fields=["owner", "-created_at"], name="link_list"),
            # Read by: the list in the admin, and its filter.
            models.Index(fields=["-created_at", "-id"], name="link_all"),
            models.Index(
                fields=["-created_at", "-id"],
                name="link_stopped",
                condition=models.Q(revoked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or gettext("link %(id)s") % {"id": str(self.pk)[:8]}

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    chosen: list[SharedImage]  # when read by `listed`

    @property
    def rows(self) -> list[SharedImage]:
        """The chosen pictures at their places, without those deleted since."""
        if not hasattr(self, "chosen"):
            models.prefetch_related_objects([self], _chosen())
        return self.chosen

    @property
    def pictures(self) -> list[Image]:
        return [row.image for row in self.rows]

    @property
    def heart_count(self) -> int:
        return sum(row.heart_count for row in self.rows)

    @property
    def liked_rows(self) -> list[SharedImage]:
        """Those that somebody gave a heart."""
        return [row for row in self.rows if row.heart_count]

    @property
    def waiting(self) -> int:
        """How many of them others may see after a check."""
        return sum(row.image.review == ReviewState.PENDING and not row.is_shown for row in self.rows)

    @property
    def state(self) -> str:
        """stopped, ended, open (others see at least one picture), or as `closed_state` says."""
        if self.revoked_at:
            return "stopped"
        if not self.is_live:
            return "ended"
        is_open = any(row.is_shown for row in self.rows)
        return "open" if is_open else closed_state(image.review for image in self.pictures)

    def find_state(self) -> str:
        """The same of one that is live, read anew."""
        if self.shown_images().exists():
            return "open"
        present = Image.objects.present().filter(sharedimage__link=self)
        return closed_state(present.values_list("review", flat=True).distinct())

    def shown_images(self) -> models.QuerySet[Image]:
        """The pictures that a stranger may see now, in the chosen order: every shared byte passes here."""
        return shown(Image.objects.filter(sharedimage__link=self)).order_by("sharedimage__position")

    def opens_with(self, password: str) -> bool:
        """Costs one hash, whatever was given."""
        return check_password(password, self.password)

    def revoke(self, by: User) -> bool:
        """Stop sharing, at once and everywhere; False when it was stopped already."""
        with transaction.atomic():  # the end of sharing and its audit row together
            ended = ShareLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now())
            if ended:
                refresh_shared_until(self.images.all())
                AuditEntry.objects.record(by, REVOKED, self)
        return bool(ended)

    @property
    def address_mark(self) -> str:
        """Tells the address that it has now from the next one."""
        return str(self.digest[:16])

    def renew(self, by: User, seen: str = "") -> str | None:
        """A new token, known now and never again; the one before ends at once.

        None when that one, which `seen` marks, has been replaced already.
        """
        token = new_token()
        with transaction.atomic():  # the new address and its audit row together
            marked = ShareLink.objects.filter(pk=self.pk, digest__startswith=seen or self.address_mark)
            if not marked.update(digest=digest_of(token)):
                return None
            AuditEntry.objects.record(by, RENEWED, self)
        return token

    def change(self, by: User, *, days: int | None, password: str | None, **fields: Any) -> None:
        """Its settings; None leaves the day of its end, and the password, as they are. "" takes that away."""
        if days is not None:
            fields["expires_at"] = _in_days(days)
        if password is not None:
            fields["password"] = _hashed(password)
        with transaction.atomic():  # what is changed and its audit rows together
            ShareLink.objects.filter(pk=self.pk).update(**fields)
            if days is not None:
                refresh_shared_until(self.images.all())
            AuditEntry.objects.record(by, CHANGED, self, fields=sorted(fields))
            if password is not None:
                AuditEntry.objects.record(by, LOCKED, self, locked=bool(password))

    def approve(self, by: User) -> None:
        """Approve all of its pictures that wait for a check; who may do so is asked before."""
        with transaction.atomic():  # each picture's audit row, and the link's
            for image in self.pictures:
                if image.review == ReviewState.PENDING:
                    image.approve(by)
            AuditEntry.objects.record(by, PASSED, self)

    def count_view(self) -> None:
        ShareLink.objects.filter(pk=self.pk).update(views=F("views") + 1, last_viewed_at=timezone.now())


def refresh_shared_until(images: models.QuerySet[Image]) -> None:
    """Write down anew until when these are shared: a link with them was made, changed or stopped."""
    # Under their locks, so that of two who do that at once the second one sees the first one's link.
    locked = images.order_by("pk").select_for_update(of=("self",))
    links = ShareLink.objects.filter(images=OuterRef("pk"), revoked_at=None).order_by("-expires_at")
    rows = Image.objects.filter(pk__in=list(locked.values_list("pk", flat=True)))
    rows.update(shared_until=Subquery(links.values("expires_at")[:1]))
    refresh_priority(rows)


def forget_ended_sharing(most: int) -> None:
    """Of `most` pictures whose last link has ended."""
    ended = list(Image.objects.shared_no_more().values_list("pk", flat=True)[:most])
    if ended:
        rows = Image.objects.filter(pk__in=ended)
        rows.update(shared_until=None)
        refresh_priority(rows)


class SharedImage(models.Model):
    """One picture of a link, at its place."""

    link = models.ForeignKey(ShareLink, on_delete=models.CASCADE)
    image = models.ForeignKey(Image, on_delete=models.CASCADE)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["link", "image"], name="shared_once"),
            models.UniqueConstraint(fields=["link", "position"], name="shared_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.position}"

    @property
    def is_shown(self) -> bool:
        """Whether others may see it, when read with its link."""
        return bool(getattr(self, "shown_now", False))

    @property
    def heart_count(self) -> int:
        """When read with its link."""
        return int(getattr(self, "counted_hearts", 0))
