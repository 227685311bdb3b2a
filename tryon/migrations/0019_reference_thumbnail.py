"""A picture of its own for the tiles of the shelf, smaller than the one that pages show."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0018_reference_is_on_shelf'),
    ]

    operations = [
        migrations.AddField(
            model_name='reference',
            name='thumbnail',
            field=models.FileField(
                blank=True, db_default='', default='', editable=False, max_length=200, upload_to=''
            ),
        ),
    ]
