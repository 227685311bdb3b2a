"""Whose pictures of the samples the first page shows."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0021_mends'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='sample_looks_by',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=100),
        ),
    ]
