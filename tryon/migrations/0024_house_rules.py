"""What the house does not show, in the words of staff."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0023_image_inputs'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='house_rules',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, validators=[django.core.validators.RegexValidator('^[^\\x00-\\x1f\\x7f]*\\Z', 'Write this on one line')]),
        ),
    ]
