"""What was logged: by this process, and by a worker in a process of its own."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from tests.live import Broker, Worker
from tryon.operations import logs
from tryon.sandbox.server import Sandbox


class Lines:
    """What was logged, as the product writes it."""

    def __init__(self, form: str = "json") -> None:
        self._out = io.StringIO()
        self.handler = logging.StreamHandler(self._out)
        self.handler.setFormatter(logs.formatter(form))

    @property
    def text(self) -> str:
        return self._out.getvalue()

    @property
    def told(self) -> list[dict]:
        return [json.loads(line) for line in self.text.splitlines()]

    def requests(self) -> list[dict]:
        return [line for line in self.told if line["event"] == "request"]


@contextmanager
def everything_logged() -> Iterator[Lines]:
    """Every line of the block, at the most talkative level."""
    lines, root = Lines(), logging.getLogger()
    before = root.level
    root.addHandler(lines.handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(lines.handler)
        root.setLevel(before)
        structlog.contextvars.clear_contextvars()


def speaking_worker(broker: Broker, gateway: Sandbox) -> Worker:
    """A worker whose log is JSON, and tells all."""
    broker.empty()
    return Worker(broker, gateway.url, LOG_FORMAT="json", LOG_LEVEL="DEBUG")


def told_by(worker: Worker) -> list[dict]:
    return [json.loads(line) for line in worker.log.read_text().splitlines() if line.startswith("{")]
