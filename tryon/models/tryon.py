from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import Image, SourceType
from gallery.models.fields import LabelledField
from gallery.models.image import NAME_LETTERS
from tryon.accounts.models import SHOP, AnyUser, User
from tryon.models.pending_deletion import PendingDeletion
from tryon.models.reference import Reference


class TryOnQuerySet(models.QuerySet["TryOn"]):
    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def of_the_shop(self) -> Self:
        """The sample looks that the operator ordered, with those that were deleted since."""
        return self.filter(owner__username=SHOP)

    def owned_by(self, user: AnyUser) -> Self:
        return self.present().filter(owner_id=user.pk)

    # The one lock of the making: a try-on's row --------------------------------------------------------
    def lock(self, pk: uuid.UUID) -> TryOn:
        """The row, read anew under its lock, which holds until the transaction ends.

        Whoever moves money of its generations, deletes it, or gives it to another account holds this lock,
        and takes it before that of a budget: so no two of them wait for each other in a circle, and who
        comes second reads what the first one wrote. A guest who logged in since a claim has become, or
        joined, an account: none of the money goes to who is no more.
        """
        # Its owner is read after it, by a query of its own: a join is made before the lock is waited for, and
        # PostgreSQL finds no row where the owner became another meanwhile.
        return self.select_for_update().get(pk=pk)

    def lock_present(self, pk: uuid.UUID, **changes: object) -> bool:
        """The same lock by an UPDATE, which may change the row too; False when it was deleted.

        It waits for a deletion in progress, and makes a later one wait: no picture comes after its end.
        """
        return bool(self.present().filter(pk=pk).update(**{"deleted_at": None, **changes}))

    def change_owner(self, old: User, new: User) -> None:
        """Give all of them to another account, by an UPDATE that takes the lock of each."""
        self.filter(owner=old).update(owner=new)


class TryOn(models.Model):
    """One request: mode, ordered inputs and words. It has no state of its own; its generations have."""

    class Mode(models.TextChoices):
        TRY_ON = "try_on", _("Try on")
        REMIX = "remix", _("Remix")
        COMPOSE = "compose", _("Compose")
        IMAGINE = "imagine", _("Imagine")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tryons")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    mode = LabelledField(max_length=10, choices=Mode, default=Mode.TRY_ON)
    model = models.CharField(max_length=100)
    size = models.CharField(max_length=10, blank=True)
    aspect_ratio = models.CharField(max_length=10, blank=True)
    wanted = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=500, blank=True)
    key = models.CharField(max_length=64, editable=False)
    body_digest = models.CharField(max_length=64, editable=False)
    references = models.ManyToManyField(Reference, through="TryOnInput", related_name="tryons")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TryOnQuerySet.as_manager()

    class Meta:
        verbose_name = _("try-on")
        constraints = [
            models.UniqueConstraint(fields=["owner", "key", "body_digest"], name="tryon_submitted_once"),
            models.CheckConstraint(name="tryon_wants_1_to_4", condition=Q(wanted__gte=1, wanted__lte=4)),
        ]
        indexes = [
            # Read by: the owner's try-ons, newest first.
            models.Index(fields=["owner", "-created_at"], name="tryon_recent", condition=Q(deleted_at=None)),
            # Read by: the list in the admin, by each of its filters and by owner.
            models.Index(fields=["-created_at", "-id"], name="tryon_all"),
            models.Index(fields=["mode", "-created_at", "-id"], name="tryon_by_mode"),
            models.Index(fields=["model", "-created_at", "-id"], name="tryon_by_model"),
            models.Index(fields=["owner", "-created_at", "-id"], name="tryon_by_owner"),
        ]

    def __str__(self) -> str:
        return gettext("try-on %(id)s") % {"id": str(self.pk)[:8]}

    @property
    def source_type(self) -> SourceType:
        return source_type(self.mode, sandbox=settings.SANDBOX)

    def ordered_inputs(self) -> list[TryOnInput]:
        """Its inputs in the order in which the prompt speaks of them: person, then inside out."""
        return list(self.inputs.select_related("reference").order_by("position"))

    @staticmethod
    def worn_words(inputs: Sequence[TryOnInput]) -> str:
        """The garments among these, as pictures are called by them: "Breton top and Denim jacket"."""
        not_worn = (TryOnInput.PERSON, TryOnInput.PICTURE)
        names = [row.reference.label or row.kind for row in inputs if row.role not in not_worn]
        *others, last = names or [""]
        if not others:
            return last
        return gettext("%(others)s and %(last)s") % {"others": ", ".join(others), "last": last}

    def picture_name(self, inputs: Sequence[TryOnInput]) -> str:
        """What its pictures are called, by what is worn, or else by how they were asked for."""
        return (self.worn_words(inputs) or str(MADE[TryOn.Mode(self.mode)]))[:NAME_LETTERS]

    def move_to(self, model: str, size: str) -> None:
        """Its waiting calls go to another model; what was made already stays told by its attempts."""
        TryOn.objects.filter(pk=self.pk).update(model=model, size=size)

    def wipe(self) -> bool:
        """Make a tombstone of it: its words go, the ledger rows stay. False when it was one already."""
        return TryOn.objects.lock_present(self.pk, deleted_at=timezone.now(), note="")


MADE = {
    TryOn.Mode.TRY_ON: _("Try-on picture"),
    TryOn.Mode.REMIX: _("Remixed picture"),
    TryOn.Mode.COMPOSE: _("Composed picture"),
    TryOn.Mode.IMAGINE: _("Imagined picture"),
}


def source_type(mode: str, *, sandbox: bool) -> SourceType:
    """What makes the pictures that are asked for in this way."""
    if sandbox:
        return SourceType.DRAWN
    return SourceType.TRAINED if mode == TryOn.Mode.IMAGINE else SourceType.COMPOSITE


class TryOnInput(models.Model):
    """One reference of a try-on at its place in the prompt.

    `role` is person, picture or a garment's category; `fit` says how a garment is worn.
    """

    PERSON = "person"
    PICTURE = "picture"  # of a remix or a composition

    tryon = models.ForeignKey(TryOn, on_delete=models.CASCADE, related_name="inputs")
    reference = models.ForeignKey(Reference, on_delete=models.RESTRICT, related_name="inputs")
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=10, db_column="slot")
    fit = models.CharField(max_length=10, blank=True, db_column="wear")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["tryon", "position"], name="input_position_once"),
            models.CheckConstraint(name="input_at_most_8", condition=Q(position__gte=1, position__lte=8)),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.role}"

    @property
    def kind(self) -> str:
        """What a garment was worn as, as people read it."""
        return gettext("Garment") if self.role == "auto" else gettext(self.role.capitalize())

    @property
    def is_consented(self) -> bool:
        return self.reference.is_consented_as(self.role)


class ImageInputQuerySet(models.QuerySet["ImageInput"]):
    def keep(self, made: Sequence[tuple[Image, Sequence[TryOnInput]]]) -> None:
        """Write down, once, what each picture was made from; photos that were deleted since are left out."""
        there = Q(deleted_at=None) | Q(pk__in=PendingDeletion.objects.subjects())
        wanted = {row.reference_id for _, inputs in made for row in inputs}
        present = set(Reference.objects.filter(there, pk__in=wanted).values_list("pk", flat=True))
        rows = [
            ImageInput(owner_id=image.owner_id, reference_id=pk, created_at=image.created_at, image=image)
            for image, inputs in made
            for pk in present & {row.reference_id for row in inputs}
        ]
        self.bulk_create(rows, ignore_conflicts=True)

    def fill(self, most: int) -> int:
        """Name `most` pictures of the versions before, and write down what they were made from; how many."""
        with transaction.atomic():  # a guest's pictures that become an account's wait, or are that by now
            rows = Image.objects.unnamed().select_for_update().only("owner", "created_at")
            images = {image.pk: image for image in rows[:most]}
            known = TryOn.objects.filter(generations__results__image__in=images)
            tryon_of = dict(known.values_list("generations__results__image", "pk"))
            tryons = TryOn.objects.prefetch_related("inputs__reference").in_bulk(set(tryon_of.values()))
            for image in images.values():
                image.name = ""
            made = []
            for pk, tryon_pk in tryon_of.items():
                image, tryon = images[pk], tryons[tryon_pk]
                inputs = list(tryon.inputs.all())
                image.name, image.series = tryon.picture_name(inputs), tryon.pk
                made.append((image, inputs))
            Image.objects.present().bulk_update(images.values(), ["name", "series"], batch_size=250)
            self.keep(made)
        return len(images)

    def forget_deleted(self, since: dt.datetime) -> None:
        """Rows of what was deleted since then: its picture came in the same moment."""
        lately = Q(deleted_at__gte=since) & ~Q(pk__in=PendingDeletion.objects.subjects())
        self.filter(reference__in=Reference.objects.filter(lately)).delete()
        self.filter(image__in=Image.objects.filter(lately)).delete()


class ImageInput(models.Model):
    """That a picture of this owner was made from this photo: what the gallery's filters walk.

    All of it is known elsewhere; here it stands in the gallery's order, under the owner and the photo.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="image_inputs")
    created_at = models.DateTimeField()  # the picture's
    image = models.ForeignKey(Image, on_delete=models.CASCADE, db_index=False, related_name="+")

    objects = ImageInputQuerySet.as_manager()

    class Meta:
        # Read by: the second of two filters; which people and garments the gallery offers.
        constraints = [models.UniqueConstraint(fields=["image", "reference"], name="image_input_once")]
        indexes = [
            # Read by: the owner's gallery, by person and by garment.
            models.Index(fields=["owner", "reference", "-created_at", "-image"], name="image_input_gallery")
        ]

    def __str__(self) -> str:
        return f"{self.image_id} from {self.reference_id}"
