"""A hundred connections of one address send a body a byte at a time, while another looks at pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.hostile.site import Site, shared_picture
from tests.nginx import connected

CONNECTIONS, SECONDS, PAUSE = 100, 8.0, 0.5
PATHS = ("/", "/references/", "/accounts/login/", "/no/such/page")


def look_around(site: Site) -> dict[str, float]:
    """Seconds that 95 of 100 answers took at most, for each thing that somebody else looks at meanwhile."""
    holder, picture = shared_picture(site)
    took: dict[str, list[float]] = {"/": [], "a shared picture": [], "/healthz": []}
    with holder, _trickling(site):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for name, path in zip(took, ("/", picture, "/healthz"), strict=True):
                begun = time.monotonic()
                holder.client.get(path).raise_for_status()
                took[name].append(time.monotonic() - begun)
    return {name: sorted(times)[int(0.95 * (len(times) - 1))] for name, times in took.items()}


@contextmanager
def _trickling(site: Site) -> Iterator[None]:
    port = int(site.address.rpartition(":")[2])
    over = threading.Event()
    heads = [
        f"POST {PATHS[number % len(PATHS)]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "X-Forwarded-For: 198.51.100.6\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 1000000\r\n\r\n--b\r\n"
        for number in range(CONNECTIONS)
    ]
    with connected(port, CONNECTIONS, b"") as opened:
        for connection, head in zip(opened, heads, strict=True):
            connection.sendall(head.encode())

        def drip() -> None:
            while not over.wait(PAUSE):
                for connection in opened:
                    with suppress(OSError):  # the proxy has hung up
                        connection.send(b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            yield
        finally:
            over.set()
            dripping.join()
