"""What made a picture of the wardrobe, where it was no photo. Few rows are: they are filled here."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

LABEL = "Imagined: "  # of every picture that was kept from the gallery


def fill(apps: Any, schema_editor: Any) -> None:
    """All that could be kept so far was imagined: by a model, or by the sandbox."""
    Reference = apps.get_model("tryon", "Reference")
    Result = apps.get_model("tryon", "Result")
    kept = Reference.objects.filter(owner__isnull=False, label__startswith=LABEL, source_type="")
    for pk, owner, label in list(kept.values_list("pk", "owner_id", "label")):
        note = label.removeprefix(LABEL).removesuffix("…")
        of = {"generation__tryon__mode": "imagine", "generation__tryon__note__startswith": note}
        made = list(Result.objects.filter(image__owner=owner, **of).values_list("image__sandbox", flat=True))
        drawn = bool(made) and all(made)
        Reference.objects.filter(pk=pk).update(
            source_type="digitalCreation" if drawn else "trainedAlgorithmicMedia"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0006_words_out_of_the_schema'),
        ('tryon', '0010_raw_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='reference',
            name='source_type',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=40),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
