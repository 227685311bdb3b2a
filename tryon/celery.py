"""The Celery application: `celery -A tryon.celery worker -Q calls` and `-Q renditions`, `… beat`."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tryon.settings")
app = Celery("tryon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tryon"])


def say_ready(**_: Any) -> None:
    """Tell whoever started this process, by the file that READY_FILE names, that it does its work now."""
    if file := os.environ.get("READY_FILE"):
        Path(file).touch()


worker_ready.connect(say_ready)
beat_init.connect(say_ready)
