"""A picture that was rejected can be made again, with what was wrong told to the model."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0008_words_out_of_the_trail'),
        ('tryon', '0020_notifications'),
    ]

    operations = [
        migrations.AddField(
            model_name='generation',
            name='in_place_of',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='made_again', to='gallery.image'),
        ),
        migrations.AddField(
            model_name='generation',
            name='mends',
            field=models.CharField(blank=True, db_default='', default='', max_length=15),
        ),
    ]
