"""The open connections of a server, so that it can stop cleanly."""

import socket
import threading


class Connections:
    """Which connections are open, and how many of them are in the middle of a call."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._busy = 0

    def opened(self, connection: socket.socket) -> None:
        with self._changed:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def busier(self, by: int) -> None:
        with self._changed:
            self._busy += by
            self._changed.notify_all()

    def wait_idle(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._busy == 0, seconds)

    def close(self, patience: float = 5.0) -> None:
        """Close every connection and wait until its thread has let go of it."""
        with self._changed:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was quicker
            self._changed.wait_for(lambda: not self._open, patience)
