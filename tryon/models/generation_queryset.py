"""Which generations are due, and who may run one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tryon.models import clock
from tryon.models.money.budget import ADDRESS, BudgetKey, BudgetScope
from tryon.models.states import UNFINISHED, GenerationStatus, WaitingFor

if TYPE_CHECKING:
    from tryon.models.generation import Generation


class GenerationQuerySet(models.QuerySet["Generation"]):
    def claim(self, pk: uuid.UUID) -> Generation | None:
        """Take a queued generation that is due; each claim raises the fence. None: nothing to do.

        The WHERE names columns of this row only, so that one of two racing workers gets it.
        """
        now = clock.now()
        due = Q(not_before=None) | Q(not_before__lte=now)
        lease = now + dt.timedelta(seconds=settings.CLAIM_LEASE_SECONDS)
        queued = self.filter(pk=pk, status=GenerationStatus.QUEUED).filter(due)
        if not queued.update(
            status=GenerationStatus.RUNNING, fence=F("fence") + 1, lease_until=lease, waiting_for=""
        ):
            return None
        # Paused right here for too long, its row is another's by now: a lease is never given twice.
        return self.select_related("tryon__owner").filter(pk=pk, lease_until=lease).first()

    def due(self) -> Self:
        """Queued with nothing in the way: their messages may have been lost."""
        due = Q(not_before=None) | Q(not_before__lte=clock.now())
        return self.filter(due, status=GenerationStatus.QUEUED).order_by("created_at")

    def abandoned(self) -> Self:
        return self.filter(status=GenerationStatus.RUNNING, lease_until__lt=clock.now())

    def end_leases(self) -> None:
        self.filter(status=GenerationStatus.RUNNING).update(lease_until=clock.now())

    def queued_too_long(self) -> Self:
        limit = clock.now() - dt.timedelta(hours=settings.QUEUED_HOURS)
        return self.filter(status=GenerationStatus.QUEUED, created_at__lt=limit)

    def release(self) -> list[uuid.UUID]:
        """A connection was resumed: what waited for it is due now."""
        waiting = [WaitingFor.CONNECTION, WaitingFor.SERVICE, WaitingFor.MODEL]
        queued = self.filter(status=GenerationStatus.QUEUED, waiting_for__in=waiting)
        ids = list(queued.values_list("pk", flat=True))
        self.filter(pk__in=ids, status=GenerationStatus.QUEUED).update(not_before=None, waiting_for="")
        return ids

    # The budget rows in which they count ----------------------------------------------------------------
    def accept(self, keys: Sequence[BudgetKey], **columns: object) -> Generation:
        """A new one, that counts in these rows."""
        by_address = [key.stored for key in keys if key.scope.kind == ADDRESS]
        others = [key.stored for key in keys if key.scope.kind != ADDRESS]
        return self.create(budget_keys=others, address_keys=by_address or None, **columns)

    def recount(self, theirs: BudgetScope, mine: BudgetScope) -> None:
        """What counted in theirs counts in mine; call it under the locks of their try-ons."""
        for row in self.exclude(budget_keys=None).only("budget_keys"):
            keys = [[mine.name if scope == theirs.name else scope, at] for scope, at in row.budget_keys or ()]
            self.filter(pk=row.pk).update(budget_keys=keys)

    def forget_addresses(self, before: dt.datetime) -> None:
        self.filter(created_at__lt=before).exclude(address_keys=None).update(address_keys=None)

    def unfinished(self) -> Self:
        return self.filter(status__in=UNFINISHED)
