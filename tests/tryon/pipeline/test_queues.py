"""Which worker takes what: pictures that people wait for never stand behind anything else."""

from __future__ import annotations

from celery import Task

from tryon.celery import app
from tryon.pipeline import tasks


def test_only_copies_stand_in_the_queue_of_renditions_and_only_calls_in_that_of_calls():
    ours = [task.name for task in vars(tasks).values() if isinstance(task, Task)]
    queues = {name.rpartition(".")[2]: app.amqp.router.route({}, name)["queue"].name for name in ours}
    assert {name for name, queue in queues.items() if queue == "calls"} == {"generate"}
    assert {name for name, queue in queues.items() if queue == "renditions"} == {"render", "shrink"}
    assert queues["send_mail"] == queues["sweep"] == queues["purge"] == "upkeep"
