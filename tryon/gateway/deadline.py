"""One clock for a whole exchange: name look-up, connect, TLS, write, wait and body.

httpx limits single operations only: an answer that drips a byte a second passes every one of them. The
streams here cut each operation's limit down to what is left of the exchange that runs in this thread.
"""

import math
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from typing import Any

import httpcore

WRITE_BLOCK = 16 * 1024  # bytes between two looks at the clock

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything that this thread sends and reads inside the block ends within `seconds`."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def left() -> float:
    """Seconds left of the exchange in hand; infinite outside of one."""
    return _deadline.get() - time.monotonic()


def _capped(asked: float | None, error: type[Exception]) -> float | None:
    rest = left()
    if rest <= 0:
        raise error("the time for the whole exchange is over")
    if math.isinf(rest):
        return asked
    return rest if asked is None else min(asked, rest)


class TimedStream(httpcore.NetworkStream):
    """A stream whose every operation ends when the exchange's time does."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _capped(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        for start in range(0, len(view), WRITE_BLOCK):
            # The view is as good as bytes to socket.send, and saves a copy of the photo.
            block: Any = view[start : start + WRITE_BLOCK]
            self._inner.write(block, _capped(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = _capped(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class TimedBackend(httpcore.NetworkBackend):
    """Opens timed streams; a stalled name look-up or a row of dead addresses is left behind in time."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner
        self._of_thread = threading.local()

    def forget(self) -> None:
        """Before this thread's next exchange: what it opened for the last one is not its own any more."""
        self._of_thread.stream = None

    def abandon(self) -> None:
        """Close what this thread opened for an exchange that failed."""
        if stream := getattr(self._of_thread, "stream", None):
            stream.close()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        limit = _capped(timeout, httpcore.ConnectTimeout)
        # The inner limit is for each address of the host: one dead address must leave time for the next.
        share = None if limit is None else limit / 3
        opened: Future[httpcore.NetworkStream] = Future()

        def connect() -> None:
            try:
                stream = self._inner.connect_tcp(host, port, share, *args, **kwargs)
            except Exception as exc:
                with suppress(InvalidStateError):  # nobody waits for it any more
                    opened.set_exception(exc)
                return
            try:
                opened.set_result(stream)
            except InvalidStateError:
                stream.close()

        # The look-up of a name has no time limit of its own: a thread that can be left behind has.
        threading.Thread(
            target=copy_context().run, args=(connect,), name=f"connect {host}", daemon=True
        ).start()
        try:
            stream = TimedStream(opened.result(limit))
        except TimeoutError:
            if opened.cancel():
                raise httpcore.ConnectTimeout("could not connect in time") from None
            stream = TimedStream(opened.result())
        self._of_thread.stream = stream
        return stream
