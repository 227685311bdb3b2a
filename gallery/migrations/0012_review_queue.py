"""The review queue: each picture's place in it, what was seen in it, and who is at it."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def fill_priorities(apps: Any, schema_editor: Any) -> None:
    """What was decided on has no place; of what waits, the shared ones come first (2 is what that is worth)."""
    images = apps.get_model('gallery', 'Image').objects
    images.exclude(review='pending').update(priority=None)
    images.filter(review='pending', shared_until__gt=timezone.now()).update(priority=2)


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0011_names_and_filters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Flag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=12)),
                ('measure', models.FloatField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='ReviewClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='image',
            name='measured_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='priority',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None), ('priority__isnull', False)), fields=['-priority', 'created_at', 'id'], name='image_priority'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('reviewed_at__isnull', False)), fields=['reviewed_by', '-reviewed_at'], name='image_decided_by'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None), ('measured_at', None), ('priority__isnull', False)), fields=['-created_at'], name='image_unmeasured'),
        ),
        migrations.AddField(
            model_name='flag',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flags', to='gallery.image'),
        ),
        migrations.AddField(
            model_name='reviewclaim',
            name='image',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='claim', to='gallery.image'),
        ),
        migrations.AddField(
            model_name='reviewclaim',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.UniqueConstraint(fields=('image', 'kind'), name='flag_once'),
        ),
        migrations.RunPython(fill_priorities, migrations.RunPython.noop),
    ]
