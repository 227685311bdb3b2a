"""What each picture was made from, in the gallery's order. Old rows come by the sweep."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0011_names_and_filters'),
        ('tryon', '0022_site_sample_looks_by'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ImageInput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField()),
                ('image', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='gallery.image')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reference', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='image_inputs', to='tryon.reference')),
            ],
            options={
                'indexes': [models.Index(fields=['owner', 'reference', '-created_at', '-image'], name='image_input_gallery')],
                'constraints': [models.UniqueConstraint(fields=('image', 'reference'), name='image_input_once')],
            },
        ),
    ]
