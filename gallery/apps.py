"""The app, and the check of its storage."""

from django.apps import AppConfig
from django.core.checks import register

from gallery import checks


class GalleryConfig(AppConfig):
    name = "gallery"

    def ready(self) -> None:
        register(checks.media_can_be_kept, "gallery")
