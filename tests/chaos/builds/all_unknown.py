"""Whatever brought no picture is called unknown, and so is every claim whose worker died."""

from __future__ import annotations

from tryon import gateway
from tryon.celery import app
from tryon.models import Generation
from tryon.pipeline import outcomes

__all__ = ["app"]

_requeue = Generation.requeue


def _give_up(self: Generation, *_: object, **counted: int) -> bool:
    if "crashes" in counted:
        return self.end(Generation.Status.UNKNOWN)
    return _requeue(self, *_, **counted)


outcomes.OUTCOMES = ((gateway.GatewayError, outcomes._lost),)
Generation.requeue = _give_up
