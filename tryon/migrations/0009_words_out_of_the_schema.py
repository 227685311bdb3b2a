"""Labels and help for people are left to the code: no table changes."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0008_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='attempt',
            name='price_micros',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='sent_as',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='status',
            field=models.CharField(default='sending', max_length=20),
        ),
        migrations.AlterField(
            model_name='circuitbreaker',
            name='reason',
            field=models.CharField(max_length=15),
        ),
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(max_length=20),
        ),
        migrations.AlterField(
            model_name='entry',
            name='pictures',
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='gatewayfile',
            name='state',
            field=models.CharField(default='uploading', max_length=10),
        ),
        migrations.AlterField(
            model_name='generation',
            name='reason',
            field=models.CharField(blank=True, max_length=15),
        ),
        migrations.AlterField(
            model_name='generation',
            name='settled',
            field=models.CharField(blank=True, db_default='', max_length=10),
        ),
        migrations.AlterField(
            model_name='generation',
            name='status',
            field=models.CharField(default='queued', max_length=10),
        ),
        migrations.AlterField(
            model_name='generation',
            name='waiting_for',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AlterField(
            model_name='offer',
            name='label',
            field=models.CharField(max_length=60),
        ),
        migrations.AlterField(
            model_name='offer',
            name='position',
            field=models.PositiveSmallIntegerField(default=100),
        ),
        migrations.AlterField(
            model_name='price',
            name='micros',
            field=models.PositiveBigIntegerField(),
        ),
        migrations.AlterField(
            model_name='reference',
            name='category',
            field=models.CharField(default='auto', max_length=10),
        ),
        migrations.AlterField(
            model_name='reference',
            name='kind',
            field=models.CharField(max_length=10),
        ),
        migrations.AlterField(
            model_name='reference',
            name='position',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='reference',
            name='slug',
            field=models.SlugField(blank=True, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='site',
            name='contact_address',
            field=models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(300)]),
        ),
        migrations.AlterField(
            model_name='site',
            name='contact_email',
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AlterField(
            model_name='site',
            name='operator',
            field=models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(1000)]),
        ),
        migrations.AlterField(
            model_name='site',
            name='privacy',
            field=models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(10000)]),
        ),
        migrations.AlterField(
            model_name='site',
            name='rate_date',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='site',
            name='rate_micros',
            field=models.PositiveBigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='site',
            name='sender_address',
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AlterField(
            model_name='site',
            name='sender_name',
            field=models.CharField(blank=True, max_length=60, validators=[django.core.validators.RegexValidator('^[^\\x00-\\x1f\\x7f]*\\Z', 'Write this on one line')]),
        ),
        migrations.AlterField(
            model_name='tryon',
            name='mode',
            field=models.CharField(default='try_on', max_length=10),
        ),
    ]
