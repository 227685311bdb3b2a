"""The Celery application: `celery -A tryon.celery worker -Q calls`, `renditions` or `upkeep`, `… beat`."""

import os
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.signals import beat_init, setup_logging, worker_ready
from django_structlog.celery.signals import bind_extra_task_metadata
from django_structlog.celery.steps import DjangoStructLogInitStep

from tryon.operations.logs import bind_task
from tryon.pipeline import heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tryon.settings")
app = Celery("tryon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tryon.pipeline"])


class SignOfLife(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """While a worker is connected it says so, by the same clock that drives its work."""

    requires = {"celery.worker.consumer.tasks:Tasks"}

    def start(self, consumer: Any) -> None:
        self._beat(consumer)
        self._timer = consumer.timer.call_repeatedly(heartbeat.BEAT_SECONDS, self._beat, (consumer,))

    def stop(self, consumer: Any) -> None:
        if timer := getattr(self, "_timer", None):
            timer.cancel()
            heartbeat.leave(consumer.hostname, _queues(consumer))

    def _beat(self, consumer: Any) -> None:
        heartbeat.beat(consumer.hostname, _queues(consumer))


def _queues(consumer: Any) -> list[str]:
    return list(consumer.app.amqp.queues.consume_from)


app.steps["consumer"].add(SignOfLife)
app.steps["worker"].add(DjangoStructLogInitStep)
bind_extra_task_metadata.connect(bind_task)


def keep_logging(**_: Any) -> None:
    """Somebody listening here is what makes Celery leave logging as Django's settings have it."""


def say_ready(**_: Any) -> None:
    """Tell whoever started this process, by the file that READY_FILE names, that it does its work now."""
    if file := os.environ.get("READY_FILE"):
        Path(file).touch()


setup_logging.connect(keep_logging)
worker_ready.connect(say_ready)
beat_init.connect(say_ready)
