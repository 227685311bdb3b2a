"""Signals as values: a wait that ends early when one arrives, and no code in handlers."""

import contextlib
import select
import signal
import socket
from types import TracebackType
from typing import Self

STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """While it is open, signals that ask for a stop, and the end of a child, only end a wait."""

    def __enter__(self) -> Self:
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        self._fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._before = {
            number: signal.signal(number, lambda *_: None)
            for number in (*STOP, signal.SIGCHLD)
            if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGINT  # nohup stays nohup
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd)
        self._read.close()
        self._write.close()

    def wait(self, seconds: float) -> bool:
        """Wait for that long, or until a signal; True when it asked for a stop."""
        select.select([self._read], [], [], seconds)
        arrived = b""
        with contextlib.suppress(BlockingIOError):
            arrived = self._read.recv(4096)
        return any(number in arrived for number in STOP)
