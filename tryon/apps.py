"""The app: its system checks, and the Celery application for every process."""

from django.apps import AppConfig
from django.core.checks import register

from tryon.celery import app as celery_app  # every process that sends a message knows the broker
from tryon.operations import checks

__all__ = ["TryonConfig", "celery_app"]


class TryonConfig(AppConfig):
    name = "tryon"
    verbose_name = "Try-ons"

    def ready(self) -> None:
        register(checks.settings_are_complete, "tryon")
        register(checks.connections_are_open, "tryon")
        register(checks.machines_share_what_they_must, "tryon")
        register(checks.models_can_be_had, "tryon")
        register(checks.guests_have_addresses, "tryon")
