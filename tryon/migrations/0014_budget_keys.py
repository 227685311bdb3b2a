"""Each generation keeps the budget rows in which it counts; guests count together and by address too."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import Q


def forget_new_rows(apps: Any, schema_editor: Any) -> None:
    """On the way back: the version before knows no such rows, and its books would not agree."""
    new = Q(scope__startswith="guests ") | Q(scope__startswith="address ")
    apps.get_model("tryon", "Budget").objects.filter(new).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0013_consent_by_role'),
    ]

    operations = [
        migrations.AddField(
            model_name='generation',
            name='budget_keys',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='generation',
            name='address_keys',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='budget',
            name='period',
            field=models.CharField(max_length=13),
        ),
        migrations.AlterField(
            model_name='budget',
            name='scope',
            field=models.CharField(max_length=60),
        ),
        migrations.AddIndex(
            model_name='budget',
            index=models.Index(fields=['period'], name='budget_period'),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_new_rows),
    ]
