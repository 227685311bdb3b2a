from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tryon", "0002_ways_of_asking")]

    operations = [
        # The partial one was never used by SQLite, which cannot prove its condition from parameters.
        migrations.RemoveIndex(model_name="generation", name="generation_open"),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(fields=["status", "created_at"], name="generation_state"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["answered_at"], name="attempt_answered"),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)), fields=["ended_at"], name="generation_ended"
            ),
        ),
    ]
