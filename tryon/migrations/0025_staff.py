"""For staff: indexes for the lists in the admin, garments with rights of their own, and three roles."""

from typing import Any

import tryon.accounts.prefix_search
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

# What each role may do, and nothing else: docs/security.md has it in words.
ROLES = {
    'Reviewer': {
        'gallery': ['view_image', 'change_image'],
        'tryon': ['view_reference'],
    },
    'Operator': {
        'tryon': [
            'view_entry', 'view_budget', 'view_price', 'add_price', 'view_unknown', 'change_unknown',
            'view_unopenedanswer', 'change_unopenedanswer',
            'view_circuitbreaker', 'change_circuitbreaker', 'view_offer', 'add_offer', 'change_offer', 'delete_offer',
            'view_housegarment', 'add_housegarment', 'change_housegarment', 'delete_housegarment',
            'view_site', 'change_site',
        ],
    },
    'Administrator': {
        'accounts': ['view_user', 'add_user', 'change_user', 'delete_user'],
        'gallery': ['view_auditentry', 'view_sharelink', 'change_sharelink'],
        'tryon': ['view_consent'],
    },
}


def give_roles(apps: Any, schema_editor: Any) -> None:
    """A group of such a name that is there already is somebody's own, and stays as it is."""
    for label in ('accounts', 'gallery', 'tryon'):
        config = apps.get_app_config(label)
        config.models_module = getattr(config, 'models_module', None) or True  # else it counts as without models
        create_permissions(config, apps=apps, verbosity=0)
    groups, permissions = (apps.get_model('auth', name).objects for name in ('Group', 'Permission'))
    for name, rights in ROLES.items():
        group, is_new = groups.get_or_create(name=name)
        for label, codenames in rights.items() if is_new else ():
            group.permissions.add(*permissions.filter(content_type__app_label=label, codename__in=codenames))


def keep_roles(apps: Any, schema_editor: Any) -> None:
    """They stay: members of staff may have them."""


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0016_admin_lists'),
        ('tryon', '0024_house_rules'),
        ('accounts', '0007_mail_when_waiting'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
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
        migrations.CreateModel(
            name='HouseGarment',
            fields=[],
            options={'verbose_name': 'garment', 'proxy': True, 'indexes': [], 'constraints': []},
            bases=('tryon.reference',),
        ),
        migrations.RunPython(give_roles, keep_roles),
    ]
