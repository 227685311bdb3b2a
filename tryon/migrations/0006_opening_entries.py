from typing import Any

from django.db import migrations
from django.db.models import F, Sum

UNFINISHED = ("queued", "running")


def open_books(apps: Any, schema_editor: Any) -> None:
    """What was reserved, spent and at risk before there was a ledger becomes its first entries."""
    Entry = apps.get_model("tryon", "Entry")
    Generation = apps.get_model("tryon", "Generation")
    Attempt = apps.get_model("tryon", "Attempt")
    paid = {
        row["generation"]: row
        for row in Attempt.objects.filter(pictures__gt=0).values("generation").annotate(
            micros=Sum(F("price_micros") * F("pictures")), made=Sum("pictures")
        )
    }
    rows = []
    for row in Generation.objects.filter(entries=None).select_related("tryon").iterator(2000):
        entry = Entry(
            kind="opening",
            at=row.ended_at or row.created_at,
            generation=row,
            model=row.tryon.model,
            size=row.tryon.size,
        )
        if row.status in UNFINISHED:
            entry.reserved_micros = row.reserved_micros
        elif row.status == "unknown":
            entry.at_risk_micros = row.reserved_micros
        elif row.pk in paid:
            entry.spent_micros, entry.pictures = paid[row.pk]["micros"], paid[row.pk]["made"]
        rows.append(entry)
        if len(rows) == 2000:
            Entry.objects.bulk_create(rows)
            rows = []
    Entry.objects.bulk_create(rows)


def forget_settlements(apps: Any, schema_editor: Any) -> None:
    """The release before knows unknown outcomes only."""
    settled = apps.get_model("tryon", "Attempt").objects.filter(status__startswith="settled")
    settled.update(status="unknown")


class Migration(migrations.Migration):
    dependencies = [("tryon", "0005_ledger")]

    operations = [migrations.RunPython(open_books, forget_settlements)]
