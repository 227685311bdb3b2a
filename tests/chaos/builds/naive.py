"""Any error is sent again at once, as a task does with `autoretry_for` and late acknowledgement."""

from __future__ import annotations

from tryon import gateway
from tryon.celery import app
from tryon.models import Attempt, Generation
from tryon.pipeline import outcomes
from tryon.pipeline.enqueue import TaskMessage

__all__ = ["app"]


def _again(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    return outcomes._put_back(attempt, generation, exc, None, sends=1)


def _lose(attempt: Attempt, generation: Generation, exc: gateway.GatewayError) -> list[TaskMessage]:
    """Its worker died: the message comes again, and so does the call."""
    return _again(attempt, generation, exc)


outcomes.OUTCOMES = ((gateway.FileGone, outcomes._reload_files), (gateway.GatewayError, _again))
outcomes.lose = _lose
