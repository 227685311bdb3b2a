"""Who tells waiting pages that something changed: one thread of each process, by one query for all."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.db import connection

from tryon.presenters.waiting import news, tickets
from tryon.presenters.waiting.tickets import Ticket

HELD = 25.0  # seconds at most: proxies on the way cut what is silent for 30 or 60
LOOK = 0.025  # seconds between two looks
SHARE = 12  # looks take one part in so many of a core at most, and half of the time, however slow they are
AFTER_ERROR = 1.0  # seconds
NEWS = "/news"  # what open pages ask, of all try-ons that are being made for whoever sees them

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Waiter:
    """`release` answers: True on news, False when the time is up; `until` by the monotonic clock."""

    ticket: Ticket
    release: Callable[[bool], None]
    until: float
    is_new: bool = True

    def asks(self, now: float) -> bool:
        return self.ticket.ask_at is not None and now >= self.ticket.ask_at


class Watcher:
    """Looks while anybody waits; the thread ends, with its database connection, when nobody does."""

    def __init__(self, held: float = HELD) -> None:
        self._held = held
        self._lock = threading.Lock()
        self._waiters: list[Waiter] = []
        self._is_watching = False
        self._commit: object = None
        self._rows: dict[object, list[tuple[object, ...]]] = {}
        self._states: dict[uuid.UUID, str] = {}

    def add(self, ticket: Ticket, release: Callable[[bool], None]) -> None:
        with self._lock:
            self._waiters.append(Waiter(ticket, release, time.monotonic() + self._held))
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="watcher", daemon=True).start()

    def _watch(self) -> None:
        while waiters := self._those_left():
            began, used = time.monotonic(), time.thread_time()
            pause = LOOK if self._look(waiters) else AFTER_ERROR
            time.sleep(max(pause, SHARE * (time.thread_time() - used), time.monotonic() - began))

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
        now, time_is_up = time.time(), time.monotonic()
        told = [w for w in waiters if w.ticket.tryon_id in (news or ()) or w.asks(now)]
        over = [w for w in waiters if w.until <= time_is_up and w not in told]
        for waiter in told + over:
            waiter.release(waiter in told)
        if told or over:
            with self._lock:
                self._waiters = [w for w in self._waiters if w not in told and w not in over]
        return news is not None

    def _begin_anew(self) -> None:
        """The next connection counts commits from another number."""
        connection.close()
        self._commit, self._rows, self._states = None, {}, {}

    def _news(self, waiters: list[Waiter]) -> Collection[uuid.UUID]:
        """Try-ons that are not as some page shows them; what cannot have changed is not read."""
        commit = tickets.last_commit()
        if commit == self._commit and not any(waiter.is_new for waiter in waiters):
            return ()
        waited = {waiter.ticket.tryon_id for waiter in waiters}
        if commit != self._commit:
            known = waited - self._moved(waited)
            self._states = {pk: state for pk, state in self._states.items() if pk in known}
            self._commit = commit
        close = waited - self._states.keys()
        if close:
            self._states |= tickets.states(close)
        looked_at = [waiter for waiter in waiters if waiter.is_new or waiter.ticket.tryon_id in close]
        for waiter in looked_at:
            waiter.is_new = False
        shown = (waiter.ticket for waiter in looked_at)
        return {ticket.tryon_id for ticket in shown if self._states.get(ticket.tryon_id) != ticket.state}

    def _moved(self, tryon_ids: set[uuid.UUID]) -> set[uuid.UUID]:
        rows, before = tickets.stored_rows(tryon_ids), self._rows
        self._rows = rows
        return {tickets.id_of(key) for key in rows.keys() | before.keys() if rows.get(key) != before.get(key)}


def _is_pooled() -> bool:
    """Whether a connection is given back to a pool at no cost, to be others' until the next look."""
    return "pool" in connection.settings_dict["OPTIONS"]


watcher = Watcher()


def is_held(environ: dict[str, Any]) -> bool:
    """Whether this is a waiting page's question, whose answer is held from now on.

    Asked before Django is: no session, no cookie, no log line. Those come with the answer.
    """
    hold, query = environ.get("tryon.hold"), environ.get("QUERY_STRING", "")
    if hold is None or "ticket=" not in query:
        return False
    brought = parse_qs(query).get("ticket", [""])[0].split()[: news.MOST]
    good = [ticket for text in brought if (ticket := tickets.read_ticket(text))]
    if not good or environ["PATH_INFO"] not in (NEWS, f"/tryons/{good[0].tryon_id}/status"):
        return False
    release = hold()  # by whichever is told first
    for ticket in good:
        watcher.add(ticket, release)
    return True
