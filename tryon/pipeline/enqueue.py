"""Send a worker the message "look at this row"; what is not sent is sent again by the sweep."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Literal

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

LONGEST_DELAY = 60  # seconds; a message that waits rests in a worker's memory: the sweep sends later ones
ARGUMENTS = {  # of each task
    "generate": "generation_id",
    "render": "image_id",
    "measure": "image_id",
    "shrink": "reference_id",
    "send_mail": "mail_id",
}


@dataclass(frozen=True, slots=True)
class TaskMessage:
    """A message to send: look at this row, in `delay` seconds."""

    task: Literal["generate", "render", "measure", "shrink", "send_mail"]
    id: uuid.UUID
    delay: float = 0


# A broker that hangs would hold the sender for its socket's timeout: visitors do not wait for that.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="enqueue")


def enqueue_after_response(messages: Iterable[TaskMessage]) -> None:
    """Send the messages after the answer, in order, with the ids of the request that asks for it."""
    _sender.submit(copy_context().run, enqueue, messages)


def enqueue(messages: Iterable[TaskMessage]) -> None:
    """Send the messages. A dead broker costs delay only: the sweep sends them again."""
    try:
        for each in messages:
            if each.delay <= LONGEST_DELAY:
                current_app.send_task(
                    f"tryon.tasks.{each.task}",
                    kwargs={ARGUMENTS[each.task]: str(each.id)},
                    countdown=each.delay or None,
                )
    except OperationalError:
        log.warning("the broker cannot be reached; the sweep will send what was not sent")
