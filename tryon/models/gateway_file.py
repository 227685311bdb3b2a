from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Max, Q

from gallery.models.fields import LabelledField
from tryon.accounts.models import User
from tryon.models import clock
from tryon.models.reference import Reference
from tryon.models.states import FileState


class GatewayFileQuerySet(models.QuerySet["GatewayFile"]):
    def last_end_of(self, owner: User) -> dt.datetime | None:
        """When the last copy of somebody's photos ends at the gateway, deleted ones among them."""
        told: dt.datetime | None = self.filter(reference__owner=owner).aggregate(end=Max("expires_at"))["end"]
        return told

    def last_ends(self, references: Iterable[Reference]) -> dict[uuid.UUID, dt.datetime]:
        """When the copy of each of these ends there, of those that have one now."""
        alive = self.filter(reference__in=references, state=FileState.LIVE, expires_at__gt=clock.now())
        rows = alive.order_by("expires_at").values_list("reference_id", "expires_at")
        return {reference: end for reference, end in rows if end}

    def live(self, account: str) -> Self:
        """Copies that may still be used: the gateway's lifetime less the margin."""
        return self.filter(account=account, state=FileState.LIVE, expires_at__gt=_too_old())

    def ending(self, account: str) -> Self:
        """Copies of what people use that would be too old a day from now; what ends first stands first."""
        now = clock.now()
        soon = now + dt.timedelta(hours=settings.FILE_MARGIN_HOURS + settings.RENEW_HOURS)
        used = now - dt.timedelta(days=settings.RENEW_USED_DAYS)
        return (
            self.live(account)
            .filter(expires_at__lte=soon, lease_until__lt=now)
            .filter(reference__deleted_at=None, reference__last_used_at__gt=used)
            .order_by("expires_at")
        )

    def retire_stale(self, reference: Reference, account: str) -> None:
        live = self.filter(reference=reference, account=account, state=FileState.LIVE)
        live.filter(expires_at__lte=_too_old()).update(state=FileState.EXPIRED)

    def end_leases(self) -> None:
        self.filter(state=FileState.UPLOADING).update(lease_until=clock.now())

    def lost(self, account: str, file_ids: list[str]) -> None:
        """The gateway says that these are gone: never use them again."""
        self.filter(account=account, file_id__in=file_ids, state=FileState.LIVE).update(state=FileState.GONE)

    def forget(self) -> None:
        """Their reference is deleted: none of these is used again. The gateway's own copy ends by its age."""
        self.exclude(state=FileState.EXPIRED).update(state=FileState.GONE)

    def to_take_back(self, account: str) -> Self:
        """Copies of deleted references that still lie there, for a gateway that takes them back."""
        ended = self.filter(account=account, state__in=[FileState.GONE, FileState.EXPIRED])
        return ended.filter(reference__deleted_at__isnull=False).exclude(file_id="")

    def begin(self, reference: Reference, account: str) -> GatewayFile | None:
        """The right to upload this reference now; None while somebody else is uploading or has uploaded it.

        The partial unique constraint lets one row in; a lease that ran out is taken over by one UPDATE.
        """
        lease = _lease_end()
        try:
            with transaction.atomic():  # the savepoint keeps an outer transaction usable
                return self.create(reference=reference, account=account, lease_until=lease)
        except IntegrityError:
            taken = self.filter(reference=reference, account=account, state=FileState.UPLOADING)
            row = taken.filter(lease_until__lt=clock.now()).first()
            # The lease that was read is part of the WHERE: of two who find it ended, one takes it over.
            if row and taken.filter(pk=row.pk, lease_until=row.lease_until).update(lease_until=lease):
                row.lease_until = lease
                return row
            return None


def _too_old() -> dt.datetime:
    """What ends until then may be gone before a call that names it is carried out."""
    return clock.now() + dt.timedelta(hours=settings.FILE_MARGIN_HOURS)


def _lease_end() -> dt.datetime:
    """Longer than an upload can take: who is found beyond it has died."""
    return clock.now() + dt.timedelta(seconds=settings.UPLOAD_SECONDS + 30)


def _expiry(uploaded_at: dt.datetime) -> dt.datetime:
    return uploaded_at + dt.timedelta(hours=settings.FILE_LIFETIME_HOURS)


class GatewayFile(models.Model):
    """A reference's copy at the gateway, for one account (base URL and key).

    uploading ─► live ─► expired (by age) | gone (the gateway lost it, or the reference was deleted)
        └─► gone (the upload failed; the next one begins anew)
    """

    State = FileState

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="gateway_files")
    account = models.CharField(max_length=64)
    file_id = models.CharField(max_length=200, blank=True)
    state = LabelledField(max_length=10, choices=FileState, default=FileState.UPLOADING)
    uploaded_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField()

    objects = GatewayFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "account"],
                condition=Q(state__in=[FileState.UPLOADING, FileState.LIVE]),
                name="gateway_file_one_open",
            ),
            models.CheckConstraint(
                name="gateway_file_live_has_id",
                condition=~Q(state=FileState.LIVE) | (~Q(file_id="") & Q(expires_at__isnull=False)),
            ),
        ]
        # Read by: marking files gone by their id; renewal before they end.
        indexes = [
            models.Index(fields=["account", "file_id"], name="gateway_file_id"),
            models.Index(fields=["expires_at"], name="gateway_file_ends", condition=Q(state=FileState.LIVE)),
        ]

    def __str__(self) -> str:
        return self.file_id or f"{self.state} {self.pk}"

    def _mine(self, state: FileState) -> models.QuerySet[GatewayFile]:
        """This row, in this state, while nobody has taken its lease."""
        return GatewayFile.objects.filter(pk=self.pk, state=state, lease_until=self.lease_until)

    def arrived(self, file_id: str, uploaded_at: dt.datetime) -> bool:
        """The upload succeeded; False when the lease was lost or the reference deleted meanwhile."""
        moved = self._mine(FileState.UPLOADING).update(
            state=FileState.LIVE, file_id=file_id, uploaded_at=uploaded_at, expires_at=_expiry(uploaded_at)
        )
        if not moved:  # so that it can be taken back where the gateway does that
            GatewayFile.objects.filter(pk=self.pk, state=FileState.GONE, file_id="").update(file_id=file_id)
        return bool(moved)

    def hold(self) -> bool:
        """The right to renew this live copy now; False when another process is at it."""
        lease = _lease_end()
        if not self._mine(FileState.LIVE).update(lease_until=lease):
            return False
        self.lease_until = lease
        return True

    def renewed(self, file_id: str, uploaded_at: dt.datetime) -> bool:
        """A newer copy takes the place of this one; False when it was lost or deleted meanwhile."""
        live = self._mine(FileState.LIVE)
        return bool(live.update(file_id=file_id, uploaded_at=uploaded_at, expires_at=_expiry(uploaded_at)))

    def taken_back(self) -> None:
        """The gateway has it no more, nor need we know its name there."""
        GatewayFile.objects.filter(pk=self.pk).exclude(state=FileState.LIVE).update(file_id="")

    def failed(self) -> None:
        """The upload did not succeed: let the next one begin."""
        self._mine(FileState.UPLOADING).update(state=FileState.GONE)
