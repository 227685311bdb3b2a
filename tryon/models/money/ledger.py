from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from gallery.models.fields import LabelledField
from tryon.models.attempt import Attempt
from tryon.models.money.budget import Amount

if TYPE_CHECKING:
    from tryon.models.generation import Generation


class EntryQuerySet(AppendOnlyQuerySet["Entry"]):
    def book(
        self,
        kind: Entry.Kind,
        generation: Generation,
        *,
        attempt: Attempt | None = None,
        pictures: int = 0,
        **deltas: Amount,
    ) -> None:
        """One movement of a generation's money, in the transaction that moves it.

        `deltas` are those of `Budget.objects.move`: column=Amount with a sign in it.
        """
        tryon = generation.tryon
        self.create(
            kind=kind,
            generation=generation,
            attempt=attempt,
            model=attempt.model if attempt else tryon.model,
            size=tryon.size,
            pictures=pictures,
            **{f"{column}_micros": amount.micros for column, amount in deltas.items()},
        )


class Entry(AppendOnlyModel):
    """One movement of money, written with the change of state that causes it, and never changed again.

    The sums of a generation's entries are what it has reserved, spent and at risk now. The database itself
    refuses to change or remove a row.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", _("Carried over")
        RESERVED = "reserved", _("Set aside")
        REPRICED = "repriced", _("Set aside at another price")
        RELEASED = "released", _("Given back, nothing charged")
        SPENT = "spent", _("Paid")
        AT_RISK = "at_risk", _("Contact lost, perhaps charged")
        SETTLED_MADE = "settled_made", _("Settled as made")
        SETTLED_NOT_MADE = "settled_not_made", _("Settled as not made")
        ADOPTED = "adopted", _("Paid, found later")

    at = models.DateTimeField(default=timezone.now, editable=False)
    kind = LabelledField(max_length=20, choices=Kind)
    generation = models.ForeignKey("tryon.Generation", on_delete=models.PROTECT, related_name="entries")
    attempt = models.ForeignKey(
        "tryon.Attempt", null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    model = models.CharField(max_length=100)
    size = models.CharField(max_length=10, blank=True)
    pictures = models.SmallIntegerField(default=0)  # that were paid for
    reserved_micros = models.BigIntegerField(default=0)
    spent_micros = models.BigIntegerField(default=0)
    at_risk_micros = models.BigIntegerField(default=0)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        indexes = [
            # Read by: the books of a period.
            models.Index(fields=["at"], name="entry_at"),
            # Read by: the list in the admin, by each of its filters.
            models.Index(fields=["kind", "-id"], name="entry_by_kind"),
            models.Index(fields=["model", "-id"], name="entry_by_model"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"
