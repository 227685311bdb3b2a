"""Which worker takes what: pictures that people wait for never stand behind anything else."""

from __future__ import annotations

from tryon.celery import app


def test_only_copies_stand_in_the_queue_of_renditions_and_only_calls_in_that_of_calls():
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.startswith("tryon.")}
    queues = {name.rpartition(".")[2]: app.amqp.router.route({}, name)["queue"].name for name in ours}
    assert {name for name, queue in queues.items() if queue == "calls"} == {"generate"}
    assert {name for name, queue in queues.items() if queue == "renditions"} == {"render", "shrink"}
    assert queues["send_mail"] == queues["sweep"] == queues["purge"] == "upkeep"
