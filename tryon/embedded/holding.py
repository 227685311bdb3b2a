"""Gunicorn's gthread with long polling: a request whose answer is held is a socket, and no thread.

The application calls `environ["tryon.hold"]`, where it is there, to put its answer off, and is given the
function that releases it, from any thread. On news the application is asked once more; without any, what it
answered at first is sent. Whoever goes away meanwhile is forgotten.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

StartResponse = Callable[..., Any]


class AnswerHeldError(Exception):
    """The application put its answer off: nothing is written now."""


class Held:
    """A request that may be held, or is: `head` is what the application answered at first, without a body."""

    def __init__(self, worker: HoldingWorker, conn: TConn, request: Any) -> None:
        self._worker, self.conn, self.request = worker, conn, request
        self.is_held = False
        self.is_news: bool | None = None  # until it is released
        self.head: tuple[str, list[tuple[str, str]]] | None = None

    def __call__(self) -> Callable[[bool], None]:
        self.is_held = True
        return self.release

    def release(self, is_news: bool) -> None:
        self._worker.method_queue.defer(self._worker.release, self, is_news)


class HoldingWorker(ThreadWorker):  # type: ignore[misc]
    """The book-keeping is done in the thread of the poller, as gunicorn's own."""

    wsgi: Callable[..., Iterable[bytes]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parked: set[Held] = set()
        self._thread = threading.local()

    # What threads of the pool do ------------------------------------------------------------------------
    def load_wsgi(self) -> None:
        super().load_wsgi()
        self._application, self.wsgi = self.wsgi, self._call

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """As gunicorn's: whether the connection is kept; or the request itself, when its answer is held."""
        held = self._thread.held = Held(self, conn, req)
        try:
            return super().handle_request(req, conn)
        except AnswerHeldError:
            return held

    def _keepalive_after(self, conn: TConn, keepalive: Any) -> Any:
        return keepalive if isinstance(keepalive, Held) else super()._keepalive_after(conn, keepalive)

    def _call(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        held: Held = self._thread.held
        if held.is_news is False and held.head:
            start_response(*held.head)
            return []
        if held.is_news is not None or not self._has_room():
            return self._application(environ, start_response)
        environ["tryon.hold"] = held
        answer = self._application(environ, partial(self._note_head, held, start_response))
        if not held.is_held:
            return answer
        if hasattr(answer, "close"):
            answer.close()
        raise AnswerHeldError

    @staticmethod
    def _note_head(held: Held, start_response: StartResponse, status: str, headers: Any, *rest: Any) -> Any:
        held.head = status, headers
        return start_response(status, headers, *rest)

    def _has_room(self) -> bool:
        """Half of the connections are for others; whoever finds no room asks as before."""
        return bool(self.alive and len(self._parked) < self.worker_connections // 2)

    def _answer(self, held: Held) -> bool:
        self._thread.held = held
        try:
            held.conn.sock.setblocking(True)
            keepalive = super().handle_request(held.request, held.conn)
            return bool(super()._keepalive_after(held.conn, keepalive))
        except OSError:
            pass  # whoever asked has gone
        except Exception as exc:
            self.handle_error(held.request, held.conn.sock, held.conn.client, exc)
        return False

    # What the poller does -------------------------------------------------------------------------------
    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        held = None if fs.cancelled() or fs.exception() else fs.result()
        if not isinstance(held, Held):
            super().finish_request(conn, fs)
            return
        conn.sock.setblocking(False)
        self._parked.add(held)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_parked_readable, held))
        if held.is_news is not None or not self.alive:  # it was released before it came here
            self._resume(held)

    def release(self, held: Held, is_news: bool) -> None:
        if held.is_news is None:
            held.is_news = is_news
        if held in self._parked:
            self._resume(held)

    def _resume(self, held: Held) -> None:
        held.is_news = bool(held.is_news)
        self._unpark(held)
        answered = self.tpool.submit(self._answer, held)
        answered.add_done_callback(
            lambda fs: self.method_queue.defer(super(HoldingWorker, self).finish_request, held.conn, fs)
        )

    def _unpark(self, held: Held) -> None:
        self._parked.discard(held)
        if held.conn.sock in self.poller.get_map():
            self.poller.unregister(held.conn.sock)

    def _on_parked_readable(self, held: Held, client: socket.socket) -> None:
        """Whoever asked has gone, or sends the next request already: that waits its turn."""
        if held not in self._parked:  # released by what the poller told just before
            return
        try:
            has_gone = not client.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            has_gone = True
        self.poller.unregister(client)
        if has_gone:
            self._parked.discard(held)
            self.nr_conns -= 1
            held.conn.close()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: all that are held are answered at once."""
        super().handle_exit(sig, frame)
        self.method_queue.defer(self._resume_all)

    def _resume_all(self) -> None:
        for held in list(self._parked):
            self._resume(held)
