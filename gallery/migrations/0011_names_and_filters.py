"""What pictures show in words, which are variations of one another, until when they are shared; the indexes
of the gallery's filters. Names come by the sweep (see `ImageInput.objects.fill`)."""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.utils import timezone


def note_sharing(apps: Any, schema_editor: Any) -> None:
    """Of the links that are open: few, however many pictures there are."""
    Image, ShareLink = apps.get_model("gallery", "Image"), apps.get_model("gallery", "ShareLink")
    live = ShareLink.objects.filter(revoked_at=None, expires_at__gt=timezone.now())
    shown = apps.get_model("gallery", "SharedImage").objects.filter(link__in=live.values("pk"))
    last = live.filter(images=OuterRef("pk")).order_by("-expires_at").values("expires_at")[:1]
    Image.objects.filter(pk__in=shown.values("image")).update(shared_until=Subquery(last))


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0010_sharing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='image',
            name='name',
            field=models.CharField(blank=True, editable=False, max_length=200, null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='series',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='shared_until',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None), ('favourite', True)), fields=['owner', '-created_at', '-id'], name='image_favourites'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['owner', 'review', '-created_at', '-id'], name='image_reviews'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None), ('shared_until__isnull', False)), fields=['owner', '-created_at', '-id'], name='image_shared'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('shared_until__isnull', False)), fields=['shared_until'], name='image_shared_ends'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('deleted_at', None), ('name', None)), fields=['-created_at'], name='image_unnamed'),
        ),
        migrations.RunPython(note_sharing, migrations.RunPython.noop),
    ]
