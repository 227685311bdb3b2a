"""Indexes for the lists in the admin, by each of their filters and searches."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0015_audit_is_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='image',
            name='image_queue',
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['action', '-id'], name='audit_action'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['actor', '-id'], name='audit_actor'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['subject', '-id'], name='audit_subject_alone'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['-created_at', '-id'], name='image_all'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['review', '-created_at', '-id'], name='image_by_review'),
        ),
        migrations.AddIndex(
            model_name='sharelink',
            index=models.Index(fields=['-created_at', '-id'], name='link_all'),
        ),
        migrations.AddIndex(
            model_name='sharelink',
            index=models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['-created_at', '-id'], name='link_stopped'),
        ),
    ]
