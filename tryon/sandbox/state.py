"""What all calls of one sandbox share."""

import hashlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tryon.sandbox.errors import RefusedError
from tryon.sandbox.faults.queue import Fault, Faults, Target
from tryon.sandbox.picture_cache import PictureCache
from tryon.sandbox.storage.bill import Bill
from tryon.sandbox.storage.calls import Calls
from tryon.sandbox.storage.catalogue import Catalogue, Listing
from tryon.sandbox.storage.files import Files
from tryon.sandbox.storage.pictures import Pictures
from tryon.sandbox.storage.store import Store


class StoppedError(Exception):
    """The sandbox is shutting down; nobody gets an answer any more."""


class State:
    """`latency` is seconds by endpoint, `listing` how the lists are written, `stopping` ends every wait."""

    def __init__(
        self,
        folder: Path,
        keys: Iterable[str],
        latency: float,
        picture_cache: PictureCache,
        with_words: bool,
    ) -> None:
        self.store = Store(folder)
        self.files = Files(self.store)
        self.pictures = Pictures(self.store)
        self.catalogue = Catalogue(self.store)
        self.bill = Bill(self.store, with_words=with_words)
        self.calls = Calls(self.store)
        self.faults = Faults()
        self.picture_cache = picture_cache
        picture_cache.begin_again()
        self.latency = {"generations": latency, "files": 0.0, "models": 0.0, "pictures": 0.0}
        self.listing = Listing()
        self.stopping = threading.Event()
        self._accounts = {account_of(key) for key in keys}

    def account(self, authorization: str | None) -> str:
        """The account that this header opens. Raises RefusedError (401)."""
        scheme, _, key = (authorization or "").partition(" ")
        account = account_of(key.strip())
        if scheme.lower() != "bearer" or account not in self._accounts:
            raise RefusedError(401, "auth_error", "the API key is missing or not valid")
        return account

    def rest(self, seconds: float) -> None:
        """Wait, or raise StoppedError."""
        if seconds > 0 and self.stopping.wait(seconds):
            raise StoppedError


def account_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


@dataclass
class Call:
    """One request as received; `host` is what the client calls this server, `account` is empty on the
    public endpoints. The last three fields are for the list of calls."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    host: str
    body: bytes = b""
    authorization: str | None = None
    account: str = ""
    fault: str | None = None
    file_ids: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def take_fault(self, state: State, call: Target) -> Fault | None:
        fault = state.faults.take(call)
        self.fault = fault.kind if fault else None
        return fault

    def rest(self, state: State, on: str) -> None:
        """Wait until the call is as old as the latency of its endpoint."""
        state.rest(self.started + state.latency[on] - time.monotonic())
