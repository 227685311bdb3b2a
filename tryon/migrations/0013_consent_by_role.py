"""In which role a photo may be used. What was agreed to before counts for what each was given as."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q


def fill(apps: Any, schema_editor: Any) -> None:
    """Other pictures were given to work from; all else was of a person, or was here before by its words."""
    Consent = apps.get_model("tryon", "Consent")
    worked_from = Q(reference__kind="other") | Q(text_version="2026-11-picture")
    Consent.objects.filter(worked_from).update(role="picture")


def merge(apps: Any, schema_editor: Any) -> None:
    """Without roles a photo has one row of a wording."""
    Consent = apps.get_model("tryon", "Consent")
    same = Consent.objects.filter(reference=OuterRef("reference"), text_version=OuterRef("text_version"))
    double = Consent.objects.filter(Exists(same.filter(pk__lt=OuterRef("pk"))))
    Consent.objects.filter(pk__in=list(double.values_list("pk", flat=True))).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0012_models_as_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name='consent',
            name='role',
            field=models.CharField(db_default='person', max_length=10),
        ),
        migrations.RemoveConstraint(
            model_name='consent',
            name='consent_once',
        ),
        migrations.RunPython(fill, merge),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(fields=('reference', 'role', 'text_version'), name='consent_once_a_role'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['person', 'picture'])), name='consent_role'),
        ),
    ]
