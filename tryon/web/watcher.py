"""Who tells waiting pages that something changed: one thread of each process, by one query for all."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import connection

from tryon.presenters import waiting
from tryon.presenters.waiting import Ticket

HELD = 25.0  # seconds at most: proxies on the way cut what is silent for 30 or 60
LOOK = 0.03  # seconds between two looks
SHARE = 25  # looks take one part in so many of a process's time at most, however many wait or slow they are
AFTER_ERROR = 1.0  # seconds

log = logging.getLogger(__name__)


@dataclass
class Waiter:
    """`release` answers: True on news, False when the time is up; `until` by the monotonic clock."""

    ticket: Ticket
    release: Callable[[bool], None]
    until: float
    is_new: bool = True

    def tell(self, news: Collection[uuid.UUID]) -> bool:
        """Whether it was answered."""
        now, ask_at = time.time(), self.ticket.ask_at
        is_news = self.ticket.tryon_id in news or (ask_at is not None and now >= ask_at)
        is_told = is_news or time.monotonic() >= self.until
        if is_told:
            self.release(is_news)
        return is_told


class Watcher:
    """Looks while anybody waits; the thread ends, with its database connection, when nobody does."""

    def __init__(self, held: float = HELD) -> None:
        self._held = held
        self._lock = threading.Lock()
        self._waiters: list[Waiter] = []
        self._is_watching = False
        self._commit: object = None
        self._rows: dict[object, list[tuple[object, ...]]] = {}

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
                self._begin_anew()
            return list(self._waiters)

    def _look(self, waiters: list[Waiter]) -> bool:
        """False when the database could not be asked: then people are told when their time is up."""
        news: Collection[uuid.UUID] | None = None
        try:
            news = self._news(waiters)
        except Exception:
            log.exception("waiting pages are not told now")
            self._begin_anew()
        if _is_pooled():
            connection.close()
        told = {id(waiter) for waiter in waiters if waiter.tell(news or ())}
        with self._lock:
            self._waiters = [waiter for waiter in self._waiters if id(waiter) not in told]
        return news is not None

    def _begin_anew(self) -> None:
        """The next connection counts commits from another number."""
        connection.close()
        self._commit, self._rows = None, {}

    def _news(self, waiters: list[Waiter]) -> Collection[uuid.UUID]:
        """Try-ons that are not as some page shows them; what cannot have changed is not read."""
        commit = waiting.last_commit()
        close = {waiter.ticket.tryon_id for waiter in waiters if waiter.is_new}
        if commit != self._commit:
            rows = waiting.stored_rows({waiter.ticket.tryon_id for waiter in waiters})
            moved = (key for key in rows.keys() | self._rows.keys() if rows.get(key) != self._rows.get(key))
            close.update(map(waiting.id_of, moved))
            self._rows = rows
        states = waiting.states(close) if close else {}
        self._commit = commit
        for waiter in waiters:
            waiter.is_new = False
        looked_at = [waiter.ticket for waiter in waiters if waiter.ticket.tryon_id in close]
        return {ticket.tryon_id for ticket in looked_at if states.get(ticket.tryon_id) != ticket.state}


def _is_pooled() -> bool:
    """Whether a connection is given back to a pool at no cost, to be others' until the next look."""
    return "pool" in connection.settings_dict["OPTIONS"]


watcher = Watcher()
