"""Celery doorways: a message says "look at this row", and whoever delivers it twice costs nothing.

And one clock of each worker's own, for what no other machine can do.
"""

from __future__ import annotations

import logging
import uuid
from threading import Event, Thread
from typing import Any

from celery import bootsteps, current_app, shared_task
from celery.signals import beat_init
from django.conf import settings
from django.db import connections
from kombu.exceptions import OperationalError

from gallery import renditions
from gallery.models import Image
from tryon.billing import reconcile
from tryon.models import Reference
from tryon.pipeline import heartbeat, model_catalogue, recovery, references, run
from tryon.pipeline.enqueue import TaskMessage, enqueue
from tryon.pipeline.notifications import mails
from tryon.pipeline.review import flags

log = logging.getLogger(__name__)


@shared_task(name="tryon.tasks.generate")
def generate(*, generation_id: str, **_: Any) -> None:
    enqueue(run.run_generation(uuid.UUID(generation_id)))


@shared_task(name="tryon.tasks.render")
def render(*, image_id: str, **_: Any) -> None:
    if image := Image.objects.without_renditions().filter(pk=image_id).first():
        renditions.make(image)
        if image.measured_at is None and image.priority is not None:
            enqueue([TaskMessage("measure", image.pk)])


@shared_task(name="tryon.tasks.measure")
def measure(*, image_id: str, **_: Any) -> None:
    flags.measure(uuid.UUID(image_id))


@shared_task(name="tryon.tasks.shrink")
def shrink(*, reference_id: str, **_: Any) -> None:
    if reference := Reference.objects.without_copies().filter(pk=reference_id).first():
        references.shrink(reference)


@shared_task(name="tryon.tasks.send_mail")
def send_mail(*, mail_id: str, **_: Any) -> None:
    mails.send(uuid.UUID(mail_id))


@shared_task(name="tryon.tasks.sweep")
def sweep(**_: Any) -> None:
    enqueue(recovery.sweep())
    heartbeat.swept()


@shared_task(name="tryon.tasks.purge")
def purge(**_: Any) -> None:
    recovery.purge()
    recovery.empty_journal()


@shared_task(name="tryon.tasks.renew")
def renew(**_: Any) -> None:
    recovery.renew()


@shared_task(name="tryon.tasks.check_ledger")
def check_ledger(**_: Any) -> None:
    """Nobody may need to look for a wrong sum: it is told to the log, and by it to Sentry."""
    for told in reconcile.disagreements():
        log.error("the books do not agree: %s", told)


@shared_task(name="tryon.tasks.refresh_catalogue")
def refresh_catalogue(**_: Any) -> None:
    model_catalogue.sync()


@beat_init.connect
def begin(**_: Any) -> None:
    """Not only after the first interval: send what waits, and know the models and prices."""
    try:
        sweep.apply_async()
        refresh_catalogue.apply_async()
    except OperationalError:
        log.warning("the broker cannot be reached; the schedule goes on by itself")


class SpoolSweep(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """A worker that makes calls looks after the spool of its machine, with a broker or without.

    In the worker's main process, which prefork has forked before; in a thread that its calls do not hold up.
    """

    requires = {"celery.worker.components:Pool"}

    def __init__(self, worker: Any, **_: Any) -> None:
        self._ended = Event()

    def include_if(self, worker: Any) -> bool:
        return "calls" in worker.app.amqp.queues.consume_from

    def start(self, worker: Any) -> None:
        Thread(target=self._sweep, name="spool", daemon=True).start()

    def stop(self, worker: Any) -> None:
        self._ended.set()

    terminate = stop

    def _sweep(self) -> None:
        while not self._ended.is_set():
            try:
                enqueue(recovery.sweep_spool())
            except Exception:  # the database is away, say: the next one comes
                log.exception("the spool is looked after another time")
            finally:
                connections.close_all()
            self._ended.wait(settings.SWEEP_SECONDS)


current_app.steps["worker"].add(SpoolSweep)
