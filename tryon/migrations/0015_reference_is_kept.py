"""Uploads that became no try-on go after a day; a purge marks those that stay, of old rows too."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0014_budget_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='reference',
            name='is_kept',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(condition=models.Q(('deleted_at', None), ('is_kept', False)), fields=['last_used_at'], name='reference_undecided'),
        ),
    ]
