"""Words of reviewers live on the picture, and go with it: the trail keeps the reason alone."""

from django.db import migrations

AT_ONCE = 1000


def forget_words(apps, schema_editor):  # type: ignore[no-untyped-def]
    entries = apps.get_model("gallery", "AuditEntry").objects.filter(action__in=["approved", "rejected", "undone"])
    changed = []
    for entry in entries.filter(detail__has_key="words").iterator(AT_ONCE):
        del entry.detail["words"]
        changed.append(entry)
        if len(changed) == AT_ONCE:
            entries.model.objects.bulk_update(changed, ["detail"])
            changed = []
    entries.model.objects.bulk_update(changed, ["detail"])


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0007_source_type'),
    ]

    operations = [migrations.RunPython(forget_words, migrations.RunPython.noop)]
