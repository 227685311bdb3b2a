"""The app: the check of its storage, and where its processes agree on what they decode."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register

from gallery import media
from gallery.decode import seats


class GalleryConfig(AppConfig):
    name = "gallery"

    def ready(self) -> None:
        register(media.media_can_be_kept, "gallery")
        seats.use(Path(settings.SEATS_DIR))
