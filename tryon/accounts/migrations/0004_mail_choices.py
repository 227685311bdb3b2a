"""Which mails an account wants; whoever has one has chosen none away."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_erased'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='mail_when_approved',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='user',
            name='mail_when_ready',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='user',
            name='mail_when_rejected',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
