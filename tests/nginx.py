"""The proxy of docker-compose.yml for real: nginx with that very file, its places and ports moved."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Self

from tests.live import ROOT, Process
from tryon.embedded.ports import listen

CONF = ROOT / "docs/deploy/nginx.conf"
TRUSTED = ROOT / "docs/deploy/trusted.conf.template"
PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx")


@cache
def found() -> str | None:
    """The nginx of this machine; where we may, one is installed. None: there is none."""
    return _there() or (_there() if _install() else None)


def _there() -> str | None:
    named = os.environ.get("NGINX") or shutil.which("nginx")
    return named or next((place for place in PLACES if Path(place).is_file()), None)


def _install() -> bool:
    """By the system's packages, without a service of its own (which RUNLEVEL forbids)."""
    if os.geteuid() or not shutil.which("apt-get"):
        return False
    apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light"]
    return all(
        subprocess.run(command, stdout=sys.stderr, env=os.environ | {"RUNLEVEL": "1"}, check=False).returncode
        == 0
        for command in (["apt-get", "update", "-qq"], apt)
    )


class Nginx(Process):
    """Before a web on `web` and one for photos on `uploads` (ports of 127.0.0.1).

    Whom a request comes from is what X-Forwarded-For says: the TLS proxy in front is trusted, and it is us.
    """

    def __init__(
        self, folder: Path, web: int, uploads: int, data: Path | None = None, port: int | None = None
    ) -> None:
        self.port, probe = port or free_port(), free_port()
        self.requests = folder / "access.log"
        folder.mkdir(exist_ok=True)
        (folder / "trusted.conf").write_text(TRUSTED.read_text().replace("${TRUSTED_PROXY}", "127.0.0.1/32"))
        moved = _moved(
            CONF.read_text(),
            {
                "/etc/nginx/conf.d/": f"{folder}/",
                "/etc/nginx/mime.types": f"{folder}/mime.types",
                "/tmp/": f"{folder}/",
                "/dev/stderr": f"{folder}/error.log",
                "/dev/stdout": str(self.requests),
                "/data/": f"{data or folder}/",
                "alias /static/": f"alias {ROOT}/static/",
                "web:8000": f"127.0.0.1:{web}",
                "uploads:8000": f"127.0.0.1:{uploads}",
                "listen 8080;": f"listen 127.0.0.1:{self.port};",
                "127.0.0.1:8081": f"127.0.0.1:{probe}",
            },
        )
        (folder / "mime.types").write_text("types { text/html html; text/css css; }\n")
        (folder / "nginx.conf").write_text(f"daemon off;\nuser {getpass.getuser()};\n{moved}")
        binary = found()
        assert binary, "ask found() first"
        super().__init__([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")], folder / "nginx.log")

    def __enter__(self) -> Self:
        self._wait(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def logged(self, of: str) -> list[str]:
        """The paths that the access log tells of this client address."""
        return re.findall(rf'"from":"{re.escape(of)}".*?"path":"([^"]*)"', self.requests.read_text())


def _moved(text: str, places: dict[str, str]) -> str:
    """With every place of the container in a place of ours."""
    for place in places:
        assert place in text, f"nginx.conf has no {place} any more"
    return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)


def free_port() -> int:
    with listen(0) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def connected(port: int, count: int, begin: bytes) -> Iterator[list[socket.socket]]:
    """So many connections to a port of 127.0.0.1, each of which has sent this."""
    opened = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(count)]
    try:
        for connection in opened:
            connection.sendall(begin)
        yield opened
    finally:
        for connection in opened:
            connection.close()
