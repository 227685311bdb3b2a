"""Ports on this machine: the one that people open, and the sandbox's own."""

import http.client
import socket
from pathlib import Path

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A listening socket, so that nobody can take the port between start-up and a restart of the web.

    0 takes any free port. OSError when the port cannot be had.
    """
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def kept(file: Path) -> int:
    """The port that the file names where it is still free, else another, written down for the next time.

    The gateway's address is part of a file's identity: with another port every picture is sent again.
    """
    before = file.read_text() if file.is_file() else ""
    try:
        listener = listen(int(before) if before.isdecimal() else 0)
    except OSError:
        listener = listen(0)
    with listener:
        port: int = listener.getsockname()[1]
    file.write_text(str(port))
    return port


def answers(port: int, path: str = "/") -> bool:
    """Does a web server answer there, without an error of its own?"""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
