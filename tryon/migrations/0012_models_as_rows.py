"""What a model takes, as rows. A site that never chose a model keeps the one that was built in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import migrations, models

BUILT_IN = "google/gemini-3.1-flash-image"  # offered until now where LLMTR_MODEL was not set


def keep_built_in(apps: Any, schema_editor: Any) -> None:
    """Where the gateway's list did not hold it, no row says so yet; without any row the start decides."""
    offers = apps.get_model("tryon", "Offer").objects
    if offers.exists():
        name = settings.LLMTR_MODEL or BUILT_IN
        offers.get_or_create(model=name, defaults={"label": name[:60], "offered": True, "position": 0})


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0011_reference_source_type'),
    ]

    operations = [
        migrations.AddField(
            model_name='offer',
            name='corrected',
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='offer',
            name='in_place_of',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name='offer',
            name='listed',
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='offer',
            name='missing_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(keep_built_in, migrations.RunPython.noop),
    ]
