"""Labels and help for people are left to the code: no table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0005_audit_action_without_choices'),
    ]

    operations = [
        migrations.AlterField(
            model_name='image',
            name='reason',
            field=models.CharField(blank=True, max_length=15),
        ),
        migrations.AlterField(
            model_name='image',
            name='review',
            field=models.CharField(default='pending', max_length=10),
        ),
    ]
