"""The sandbox gateway: the contract of LLMTR's image API over HTTP, without its bill."""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tryon.sandbox.errors import RefusedError
from tryon.sandbox.http.handler import Server
from tryon.sandbox.picture_cache import PictureCache
from tryon.sandbox.state import State
from tryon.sandbox.storage.lifetimes import read_lifetime

KEY = "llmtr-sandbox"


class Sandbox:
    """A gateway on a socket of its own: `start()`, `url`, `stop()`, or a `with` block.

    `data` is its folder, each of `keys` an account, `latency` the least seconds that a generation takes.
    Port 0 takes any free port. `picture_cache` is that of one before: nothing is painted twice.
    `lifetimes` are those of models that come and go, as the control of that name takes them; without
    `with_words` the bill keeps of a prompt its digest alone.
    OSError when the address cannot be had, RefusedError for a lifetime that is not understood.
    """

    def __init__(
        self,
        data: Path,
        *,
        keys: Iterable[str] = (KEY,),
        latency: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
        verbose: bool = False,
        picture_cache: PictureCache | None = None,
        lifetimes: Iterable[Mapping[str, Any]] = (),
        with_words: bool = True,
    ) -> None:
        self.state = State(data, keys, latency, picture_cache or PictureCache(), with_words)
        try:
            for fields in lifetimes:
                self.state.catalogue.set_lifetime(*read_lifetime(fields))
            self._server = Server((host, port), self.state, verbose)
        except (OSError, RefusedError):
            self.state.store.close()
            raise
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def start(self) -> "Sandbox":
        self._thread.start()
        return self

    def stop(self, drain: float = 2.0) -> None:
        """Take no new call, give those in hand `drain` seconds, then close every connection."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.connections.wait_idle(drain)
        self.state.stopping.set()
        self._server.connections.close()
        self.state.store.close()

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
