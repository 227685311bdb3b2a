"""A piece of work in a thread of its own, which may pause or die as a process would: at any statement.

The thread that began it goes on only when it has ended or paused, so that one thread runs at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.utils import timezone

from tests.tryon.pipeline.machine.answers import Answer

T = TypeVar("T")
STUCK_SECONDS = 60

_current: ContextVar[Life[Any] | None] = ContextVar("life", default=None)


class Died(BaseException):
    """The process is gone: whatever still runs in it does not touch the database any more."""


@dataclass(frozen=True)
class Mishap:
    """Die or pause before the n-th statement, or at a moment outside of the database."""

    how: str
    moment: str | int


def current() -> Life[Any] | None:
    return _current.get()


def reached(moment: str) -> None:
    """A moment outside of the database."""
    if life := _current.get():
        life.reach(moment)


class Life(Generic[T]):
    """What one process does with one piece of work; `answer` is what the gateway will say to it."""

    def __init__(self, work: Callable[[], T], answer: Answer, mishap: Mishap | None = None) -> None:
        self.answer = answer
        self.attempt, self.sent_at = "", timezone.now()  # the one that it sends, and when
        self.cut_uploads: list[int] = []
        self.is_over = self.is_dead = False
        self.result: T | None = None
        self.error: BaseException | None = None
        self._work, self._mishap = work, mishap
        self._statements = 0
        self._still, self._go_on = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __repr__(self) -> str:
        return "dead" if self.is_dead else repr(self.error or self.result) if self.is_over else "paused"

    def begin(self) -> None:
        """Until it has ended, died or paused."""
        self._thread.start()
        self._until_still()

    def resume(self) -> None:
        """After a pause: to its end."""
        self._still.clear()
        self._go_on.set()
        self._until_still()

    def kill(self) -> None:
        """In its pause."""
        self.is_dead = True
        self.resume()

    def _until_still(self) -> None:
        assert self._still.wait(STUCK_SECONDS), "it neither ended nor paused"
        if self.is_over:
            self._thread.join(STUCK_SECONDS)

    def _live(self) -> None:
        _current.set(self)
        try:
            with connection.execute_wrapper(self._statement):
                self.result = self._work()
        except Died:
            pass
        except BaseException as exc:
            self.error = exc
        finally:
            connection.close()
            self.is_over = True
            self._still.set()

    def _statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self._statements += 1
        self.reach(self._statements)
        return execute(*arguments)

    def reach(self, moment: str | int) -> None:
        """Raises Died where its process is gone; waits where it pauses."""
        if self.is_dead:
            raise Died
        if self._mishap is None or not self._is_here(self._mishap, moment):
            return
        self._mishap, mishap = None, self._mishap
        if mishap.how == "die":
            self.is_dead = True
        else:
            self._still.set()
            self._go_on.wait()
        if self.is_dead:
            raise Died

    def _is_here(self, mishap: Mishap, moment: str | int) -> bool:
        """A pause inside a transaction would hold up everybody on SQLite: it comes right after."""
        if isinstance(moment, str) or isinstance(mishap.moment, str):
            return moment == mishap.moment
        return moment >= mishap.moment and (mishap.how == "die" or not connection.in_atomic_block)
