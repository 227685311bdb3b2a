"""Workers that stop where they are told to: one that never goes on is one that was killed."""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection

from tryon.wake import Wake

PATIENCE = 60  # seconds of real time, for a step that takes milliseconds
POINTS = ("upload", "uploaded", "send", "billed", "spooled")
AFTER_INTENT = POINTS[2:]


class Killed(BaseException):
    """What ends the thread of a dead worker when the example is over; nothing it does then is looked at."""


@dataclass(frozen=True, slots=True)
class Order:
    """How the gateway answers this worker, and the point at which it stops ("" for none)."""

    answer: str = "picture"
    upload: str = "ok"
    stop: str = ""


class Worker:
    """Runs one generation in a thread. `start` and `go_on` return when it is over or stands still."""

    def __init__(self, generation: uuid.UUID, order: Order, run: Callable[[], list[Wake]]) -> None:
        self.generation, self.order = generation, order
        self.wakes: list[Wake] = []
        self.stands = ""
        self._run = run
        self._stop = order.stop
        self._killed = False
        self._news: queue.Queue[str | BaseException] = queue.Queue()
        self._go = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work, name=f"worker {generation}", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._wait()

    def go_on(self) -> None:
        self._go.release()
        self._wait()

    def end(self) -> None:
        """Take its thread back, wherever it stands."""
        self._killed = True
        self._go.release()
        self._thread.join(PATIENCE)

    def reached(self, point: str) -> None:
        if self._killed:
            raise Killed
        if point != self._stop:
            return
        self._stop = ""
        self._news.put(point)
        self._go.acquire()
        if self._killed:
            raise Killed

    def _work(self) -> None:
        _worker.set(self)
        try:
            self.wakes = self._run()
        except Killed:
            pass
        except BaseException as exc:
            self._news.put(exc)
        finally:
            connection.close()
            self._news.put("")

    def _wait(self) -> None:
        news = self._news.get(timeout=PATIENCE)
        if isinstance(news, BaseException):
            raise news
        self.stands = news


_worker: ContextVar[Worker | None] = ContextVar("worker", default=None)


def current() -> Worker:
    """The worker in whose thread this runs, or for which this upload is made."""
    worker = _worker.get()
    assert worker is not None, "a paid call that no worker makes"
    return worker


def asked() -> Order:
    worker = _worker.get()
    return worker.order if worker else Order()


def reached(point: str) -> None:
    if worker := _worker.get():
        worker.reached(point)
