"""Indexes for the search for accounts, and for the filters of their list in the admin."""

import tryon.accounts.prefix_search
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_note_sessions'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='user',
            index=models.Index(tryon.accounts.prefix_search.Folded('email'), name='user_email_prefix'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(tryon.accounts.prefix_search.Folded('username'), name='user_username_prefix'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_guest', False)), fields=['-id'], name='user_accounts'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_guest', True)), fields=['-id'], name='user_guests'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_staff', True)), fields=['-id'], name='user_staff'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_active', False)), fields=['-id'], name='user_closed'),
        ),
    ]
