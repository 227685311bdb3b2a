from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tryon", "0006_opening_entries")]

    operations = [
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["sent_at"], name="attempt_sent"),
        ),
    ]
