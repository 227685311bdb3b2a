from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import unicodedata
import uuid
from collections.abc import Sequence
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser as User
from django.db import models, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from gallery.models.audit import AuditEntry, register_action
from gallery.models.image import Image
from gallery.models.review import ReviewState
from gallery.owners import AnyUser

SHARED = register_action("shared", "Shared")
REVOKED = register_action("revoked", "Sharing stopped", takes_back=True)
MOST_DAYS = 90
USUAL_DAYS = 7
TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # TOKEN_BYTES in base64


def shown_reviews() -> list[ReviewState]:
    """The review states that others may see."""
    after = settings.REVIEW == "after_sharing"
    return [ReviewState.APPROVED, ReviewState.PENDING] if after else [ReviewState.APPROVED]


def digest_of(token: str) -> str:
    """What the database keeps of a share token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def token_in(address: str) -> str:
    """The token in what stands behind `/s/`; the text as it is where there is none.

    Chats take into a link what stands around it (a full stop, a quotation mark, a word), put characters
    without width and backslashes into it, and make a finer dash of a hyphen.
    """
    seen = "".join(map(_as_made, address))
    found = _TOKEN.search(seen)
    return found[0] if found else address


def _as_made(letter: str) -> str:
    """A letter of a link as it was before a chat wrote it its own way."""
    kind = unicodedata.category(letter)
    return "" if kind == "Cf" or letter == "\\" else "-" if kind == "Pd" or letter == "\u2212" else letter


class MadeAlready(Exception):
    """The form that asks for this link was sent before; its address was shown then."""


def _chosen() -> models.Prefetch[str, models.QuerySet[SharedImage], str]:
    rows = SharedImage.objects.filter(image__deleted_at=None).select_related("image")
    return models.Prefetch("sharedimage_set", queryset=rows.order_by("position"), to_attr="chosen")


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def owned_by(self, user: AnyUser) -> Self:
        return self.filter(owner_id=user.pk)

    def of_each_alone(self, images: Sequence[Image]) -> dict[uuid.UUID, list[uuid.UUID]]:
        """The ids of the links, by picture, that others can open and that show no other; newest first."""
        found: dict[uuid.UUID, list[uuid.UUID]] = {image.pk: [] for image in images}
        alone = self.live().alias(shown=models.Count("images")).filter(shown=1)
        rows = SharedImage.objects.filter(image__in=found, link__in=alone).order_by("-link__created_at")
        for image, link in rows.values_list("image_id", "link_id"):
            found[image].append(link)
        return found

    def listed(self) -> Self:
        """Newest first, with the chosen pictures read for all of them at once."""
        return self.order_by("-created_at", "-id").prefetch_related(_chosen())

    def create_link(
        self,
        owner: User,
        images: Sequence[Image],
        *,
        title: str,
        days: int = USUAL_DAYS,
        download: bool = False,
        key: uuid.UUID | None = None,
    ) -> tuple[ShareLink, str]:
        """A link to `images` in this order, and its token, which is known now and never again.

        Raises MadeAlready when there is a link of this `key`.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires = timezone.now() + dt.timedelta(days=min(days, MOST_DAYS))
        fields = {"title": title, "expires_at": expires, "download": download}
        fields |= {"owner_id": owner.pk, "digest": digest_of(token)}
        with transaction.atomic():  # a link without its pictures or its audit row never exists
            # A form sent twice at once: the unique key lets one create.
            link, is_new = self.get_or_create(key=key or uuid.uuid4(), defaults=fields)
            if not is_new:
                raise MadeAlready
            SharedImage.objects.bulk_create(
                SharedImage(link=link, image=image, position=n) for n, image in enumerate(images, 1)
            )
            note_sharing(link.images.all())
            AuditEntry.objects.record(owner, SHARED, link, images=[str(i.pk) for i in images])
        return link, token


class ShareLink(models.Model):
    """A titled selection of pictures that anyone with its token may see until it expires or is revoked.

    Whatever was chosen, only approved pictures are shown through it; where the site checks after sharing,
    pending ones too. Rejected ones never are.
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
    views = models.PositiveIntegerField(default=0)
    last_viewed_at = models.DateTimeField(null=True, blank=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        # Read by: the owner's list of links.
        indexes = [models.Index(fields=["owner", "-created_at"], name="link_list")]

    def __str__(self) -> str:
        return self.title or f"link {str(self.pk)[:8]}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    chosen: list[SharedImage]  # when read by `listed`

    @property
    def pictures(self) -> list[Image]:
        """The chosen pictures, without those deleted since."""
        if not hasattr(self, "chosen"):
            models.prefetch_related_objects([self], _chosen())
        return [row.image for row in self.chosen]

    @property
    def waiting(self) -> int:
        """How many of them others do not see yet."""
        return sum(image.review not in shown_reviews() for image in self.pictures)

    @property
    def state(self) -> str:
        """stopped, ended, empty, waiting (nothing to be seen yet) or open."""
        if self.revoked_at:
            return "stopped"
        if not self.is_live:
            return "ended"
        if not self.pictures:
            return "empty"
        return "waiting" if self.waiting == len(self.pictures) else "open"

    def shown_images(self) -> models.QuerySet[Image]:
        """The pictures that a stranger may see now, in the chosen order."""
        chosen = Image.objects.present().filter(sharedimage__link=self, review__in=shown_reviews())
        return chosen.order_by("sharedimage__position")

    def revoke(self, by: User) -> bool:
        """Stop sharing, at once and everywhere; False when it was stopped already."""
        with transaction.atomic():  # the end of sharing and its audit row together
            ended = ShareLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now())
            if ended:
                note_sharing(self.images.all())
                AuditEntry.objects.record(by, REVOKED, self)
        return bool(ended)

    def count_view(self) -> None:
        ShareLink.objects.filter(pk=self.pk).update(views=F("views") + 1, last_viewed_at=timezone.now())


def note_sharing(images: models.QuerySet[Image]) -> None:
    """Write down anew until when these are shared: a link with them was made, or stopped."""
    # Under their locks, so that of two who do that at once the second one sees the first one's link.
    locked = images.order_by("pk").select_for_update(of=("self",))
    links = ShareLink.objects.filter(images=OuterRef("pk"), revoked_at=None).order_by("-expires_at")
    rows = Image.objects.filter(pk__in=list(locked.values_list("pk", flat=True)))
    rows.update(shared_until=Subquery(links.values("expires_at")[:1]))


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
