"""Who tells waiting pages that something changed: one thread of each process, by one query for all."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

from tryon.presenters import waiting
from tryon.presenters.waiting import Ticket

HELD = 25.0  # seconds at most: proxies on the way cut what is silent for 30 or 60
LOOK = 0.05  # seconds between two looks
SHARE = 50  # a look takes a fiftieth of the time at most, however many wait or slow the database is
AFTER_ERROR = 1.0  # seconds

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiter:
    """`release` answers: True on news, False when the time is up; `until` by the monotonic clock."""

    ticket: Ticket
    release: Callable[[bool], None]
    until: float


class Watcher:
    """Looks while anybody waits; the thread ends, with its database connection, when nobody does."""

    def __init__(self, held: float = HELD) -> None:
        self._held = held
        self._lock = threading.Lock()
        self._waiters: list[Waiter] = []
        self._is_watching = False

    def add(self, ticket: Ticket, release: Callable[[bool], None]) -> None:
        with self._lock:
            self._waiters.append(Waiter(ticket, release, time.monotonic() + self._held))
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="watcher", daemon=True).start()

    def _watch(self) -> None:
        while waiters := self._those_left():
            began = time.monotonic()
            pause = LOOK if self._look(waiters) else AFTER_ERROR
            time.sleep(max(pause, SHARE * (time.monotonic() - began)))

    def _those_left(self) -> list[Waiter]:
        with self._lock:
            self._is_watching = bool(self._waiters)
            if not self._is_watching:
                connection.close()
            return list(self._waiters)

    def _look(self, waiters: list[Waiter]) -> bool:
        """False when the database could not be asked: then people are told when their time is up."""
        try:
            states = waiting.states({waiter.ticket.tryon_id for waiter in waiters})
        except Exception:
            log.exception("waiting pages are not told now")
            states = None
        if states is None or _is_pooled():
            connection.close()
        told = {id(waiter) for waiter in waiters if _tell(waiter, states)}
        with self._lock:
            self._waiters = [waiter for waiter in self._waiters if id(waiter) not in told]
        return states is not None


def _tell(waiter: Waiter, states: dict[uuid.UUID, str] | None) -> bool:
    ticket = waiter.ticket
    is_changed = states is not None and states.get(ticket.tryon_id) != ticket.state
    is_news = is_changed or (ticket.ask_at is not None and time.time() >= ticket.ask_at)
    is_told = is_news or time.monotonic() >= waiter.until
    if is_told:
        waiter.release(is_news)
    return is_told


def _is_pooled() -> bool:
    """Whether a connection is given back to a pool at no cost, to be others' until the next look."""
    return "pool" in connection.settings_dict["OPTIONS"]


watcher = Watcher()
