"""Passwords and hearts of share links, what strangers may do so often only, and the usual wait for a check."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


def stop_locked_links(apps: Any, schema_editor: Any) -> None:
    """The version before asks for no password: what was shown to a few would be open to all who hold a link."""
    links = apps.get_model('gallery', 'ShareLink').objects.exclude(password='')
    links.filter(revoked_at=None).update(revoked_at=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0009_unseen_since'),
    ]

    operations = [
        migrations.AddField(
            model_name='sharelink',
            name='hearts',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='sharelink',
            name='password',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=128),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('reviewed_at__isnull', False)), fields=['-reviewed_at'], name='image_decided'),
        ),
        migrations.CreateModel(
            name='Heart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('viewer', models.CharField(max_length=32)),
                ('shared_image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='given_hearts', to='gallery.sharedimage')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shared_image', 'viewer'), name='heart_once')],
            },
        ),
        migrations.CreateModel(
            name='ShareTry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('sender', models.CharField(max_length=32)),
                ('at', models.DateTimeField(db_index=True)),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='gallery.sharelink')),
            ],
            options={
                'indexes': [models.Index(fields=['link', 'kind', 'sender', 'at'], name='share_try_lately')],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, stop_locked_links),  # first on the way back
    ]
