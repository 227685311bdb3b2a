"""A little server on a real socket, for what a mock transport cannot show."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Wire:
    """What `talk` was connected to: its address and how many connections came."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    received: list[bytes] = field(default_factory=list)


def request_of(line: socket.socket) -> bytes:
    """A whole request with its body, as far as Content-Length tells."""
    told = b""
    while b"\r\n\r\n" not in told:
        told += line.recv(65536) or b"\r\n\r\n"
    head, _, body = told.partition(b"\r\n\r\n")
    length = next(
        (int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")),
        0,
    )
    while len(body) < length and (more := line.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n".encode()
        + body
    )


@contextlib.contextmanager
def serving(talk: Callable[[socket.socket, Wire], None]) -> Iterator[Wire]:
    """Run `talk(connection, wire)` in a thread for each connection until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(listener.getsockname()[1])
        threads = [threading.Thread(target=_accept, args=(listener, wire, talk, []))]
        threads[0].start()
        try:
            yield wire
        finally:
            wire.stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            threads[0].join()


def _accept(listener: socket.socket, wire: Wire, talk: Callable[..., None], threads: list) -> None:
    with contextlib.suppress(OSError):
        while True:
            line, _ = listener.accept()
            wire.connections += 1
            threads.append(threading.Thread(target=_talk, args=(line, wire, talk)))
            threads[-1].start()
    for thread in threads:
        thread.join()


def _talk(line: socket.socket, wire: Wire, talk: Callable[..., None]) -> None:
    with line, contextlib.suppress(OSError):
        line.settimeout(20)
        talk(line, wire)


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for `name` (`IP:127.0.0.1`, `DNS:a.example`), key and all in one file."""
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key", "-days", "2",
         "-out", folder / "cert", "-subj", "/CN=for a test", "-addext", f"subjectAltName={name}"],
        capture_output=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl cannot make a certificate here")
    both = folder / "both.pem"
    both.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return both


def served_by(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
