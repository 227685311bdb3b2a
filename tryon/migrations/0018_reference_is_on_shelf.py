"""A picture of the house may leave the shelf and stay for the try-ons that it is part of."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0017_pending_deletion'),
    ]

    operations = [
        migrations.AddField(
            model_name='reference',
            name='is_on_shelf',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
