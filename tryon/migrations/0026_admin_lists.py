"""Indexes for the lists in the admin, by each of their filters and searches."""

import tryon.accounts.prefix_search
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0017_admin_lists'),
        ('tryon', '0023_image_inputs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='budget',
            name='budget_period',
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['status', '-sent_at', '-id'], name='attempt_by_status'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['model', '-sent_at', '-id'], name='attempt_by_model'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['request_id', '-sent_at', '-id'], name='attempt_by_request'),
        ),
        migrations.AddIndex(
            model_name='budget',
            index=models.Index(fields=['-period', '-scope'], name='budget_latest'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['kind', '-id'], name='entry_by_kind'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['model', '-id'], name='entry_by_model'),
        ),
        migrations.AddIndex(
            model_name='generation',
            index=models.Index(fields=['-created_at', '-id'], name='generation_all'),
        ),
        migrations.AddIndex(
            model_name='generation',
            index=models.Index(fields=['reason', '-created_at', '-id'], name='generation_by_reason'),
        ),
        migrations.AddIndex(
            model_name='generation',
            index=models.Index(condition=models.Q(('status', 'unknown')), fields=['status', 'settled', '-ended_at', '-id'], name='generation_settled'),
        ),
        migrations.AddIndex(
            model_name='generation',
            index=models.Index(condition=models.Q(('status', 'unknown')), fields=['status', '-ended_at', '-id'], name='generation_unknown'),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(condition=models.Q(('deleted_at', None), ('owner', None)), fields=['owner', 'position', 'created_at', 'id'], name='reference_house'),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(condition=models.Q(('deleted_at', None), ('owner', None)), fields=['owner', 'kind', 'position', 'created_at', 'id'], name='reference_house_kind'),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(condition=models.Q(('deleted_at', None), ('owner', None)), fields=['owner', 'category', 'position', 'created_at', 'id'], name='reference_house_category'),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(models.F('owner'), tryon.accounts.prefix_search.Folded('label'), condition=models.Q(('deleted_at', None), ('owner', None)), name='reference_house_label'),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(models.F('owner'), tryon.accounts.prefix_search.Folded('slug'), condition=models.Q(('deleted_at', None), ('owner', None)), name='reference_house_slug'),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(condition=models.Q(('deleted_at', None), ('owner__isnull', False)), fields=['-created_at', '-id'], name='reference_own'),
        ),
        migrations.AddIndex(
            model_name='reference',
            index=models.Index(condition=models.Q(('deleted_at', None), ('owner__isnull', False)), fields=['owner', '-created_at', '-id'], name='reference_by_owner'),
        ),
        migrations.AddIndex(
            model_name='tryon',
            index=models.Index(fields=['-created_at', '-id'], name='tryon_all'),
        ),
        migrations.AddIndex(
            model_name='tryon',
            index=models.Index(fields=['mode', '-created_at', '-id'], name='tryon_by_mode'),
        ),
        migrations.AddIndex(
            model_name='tryon',
            index=models.Index(fields=['model', '-created_at', '-id'], name='tryon_by_model'),
        ),
        migrations.AddIndex(
            model_name='tryon',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='tryon_by_owner'),
        ),
    ]
