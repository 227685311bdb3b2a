"""The one way out over HTTP: upload a file, ask for pictures, fetch one, read the list of models.

Nothing here repeats a call or follows a redirect: a repeated generation is a second paid call. Each
failure is raised as the `GatewayError` that says what the caller may do.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx

from tryon.gateway import answer, deadline, spool
from tryon.gateway.errors import Misconfigured, OutcomeUnknown, Unreachable, classify_error
from tryon.gateway.fetch import fetch
from tryon.gateway.generation_request import GenerationRequest
from tryon.gateway.model_list import CatalogueModel, parse_model_list
from tryon.gateway.ssrf_guard import Resolver, system_resolver
from tryon.gateway.transport import DeadlineTransport, require_reachable

CONNECT_SECONDS = 10.0
ERROR_BYTES = 64 * 1024
LISTING_BYTES = 8 * 1024 * 1024
ANSWER_BYTES = 384 * 1024 * 1024  # four pictures as large as any, in base64


class Gateway:
    """The gateway at `url` with the account of `key`. One for a process: safe between threads.

    `account` tells accounts apart without naming the key, `host` is for people to read. ValueError for a
    key, an address or a proxy that no call can be made with; its words name none of them.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: httpx.BaseTransport | None = None,
        resolve: Resolver = system_resolver,
    ) -> None:
        self._name(url, key)
        self._base_url = _parse_url(self._base)
        if not re.fullmatch(r"[!-~]*", self._key):
            raise ValueError("the gateway's key must be plain characters without spaces")
        self.host = self._base_url.host
        # A paid call gets a connection of its own: one kept alive may be dead when it is written to.
        self._paid_client = self._client(transport or DeadlineTransport(self._base_url))
        self._free_client = self._client(transport or DeadlineTransport(self._base_url, keep=20))
        self._transport, self._resolve = transport, resolve

    def _name(self, url: str, key: str) -> None:
        self._root = url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
        self._base = f"{self._root}/v1"
        self._key = key.strip()
        named = f"{self._base}\n{self._key}".encode(errors="backslashreplace")
        self.account = hashlib.sha256(named).hexdigest()[:32]

    def _client(self, transport: httpx.BaseTransport) -> httpx.Client:
        headers = {
            "authorization": f"Bearer {self._key}",
            "accept": "application/json",
            # Base64 of a picture hardly shrinks, and unpacking would cost more than it saves.
            "accept-encoding": "identity",
        }
        return httpx.Client(headers=headers, transport=transport, follow_redirects=False)

    def upload(self, content: bytes, *, filename: str, content_type: str, seconds: float = 60) -> str:
        """Leave a picture at the gateway, which keeps it for 7 days under the id returned. Not billed."""
        url = f"{self._base}/files"
        data = {"provider": "google", "purpose": "vision_reference"}
        files = {"file": (filename, content, content_type)}
        with self._exchange(self._free_client, "POST", url, seconds, data=data, files=files) as response:
            file = _read_json(response, ERROR_BYTES)
        file_id = file.get("id") if isinstance(file, dict) else None
        if not isinstance(file_id, str) or not file_id:
            raise OutcomeUnknown("the upload was answered without an id", http_status=response.status_code)
        return file_id

    def forget(self, file_id: str, *, seconds: float = 10) -> None:
        """Take an upload back: understood by the sandbox alone, no gateway's document has it."""
        url = f"{self._base}/files/{quote(file_id, safe='')}"
        with self._exchange(self._free_client, "DELETE", url, seconds, [file_id]):
            pass

    def generate(self, request: GenerationRequest, body: Path, *, seconds: float = 180) -> None:
        """Ask once for pictures; on return the whole answer is in the file `body`, safe on disk.

        Until then its bytes are in `<body>.partial` beside it, which goes away whatever happens.
        """
        partial = spool.partial(body)
        try:
            file = spool.open_partial(body)
        except OSError as exc:
            raise Unreachable(f"nothing was sent: no room for the answer ({exc})") from exc
        try:
            with file:
                self._spool_answer(request, seconds, file, partial)
            spool.keep(body)
        except OSError as exc:
            raise OutcomeUnknown(f"the answer could not be kept ({exc})") from exc
        finally:
            partial.unlink(missing_ok=True)

    def _spool_answer(
        self, request: GenerationRequest, seconds: float, file: BinaryIO, partial: Path
    ) -> None:
        """Whole is an answer whose outermost object has closed, however the line ends after it."""
        url, ids, payload = f"{self._base}/{request.path}", request.file_ids, request.payload()
        try:
            with self._exchange(self._paid_client, "POST", url, seconds, ids, json=payload) as response:
                _spool(response, file, lambda: answer.is_whole(partial))
        except OutcomeUnknown:
            file.flush()
            if not answer.is_whole(partial):
                raise
        spool.sync(file)

    def fetch(self, url: str, file: Path, *, seconds: float = 60) -> None:
        """Bring the picture at an answered address into `file`, at most 64 MB; safe on disk on return.

        The address is https and public, the connection goes to the very IP address that was judged, no
        redirect is followed and no key goes along. An address at the gateway's own origin is as good as
        the gateway, whatever its scheme. Behind an operator's proxy it is the proxy that looks names up:
        then only their form is judged here, not where they lead.

        Raises Unreachable for what another try may mend and Rejected for what none will. What came is
        bytes: whether they are a picture is for the caller to find out.
        """
        fetch(url, file, seconds, home=self._base_url, resolve=self._resolve, transport=self._transport)

    def models(self, *, seconds: float = 10) -> list[CatalogueModel]:
        """The models that make pictures, with their prices as far as the gateway names them."""
        url = f"{self._root}/api/models?operation=IMAGES_GENERATIONS"
        with self._exchange(self._free_client, "GET", url, seconds) as response:
            return parse_model_list(_read_json(response, LISTING_BYTES))

    def close(self) -> None:
        """Close all connections."""
        self._paid_client.close()
        self._free_client.close()

    @contextmanager
    def _exchange(
        self,
        client: httpx.Client,
        method: str,
        url: str,
        seconds: float,
        sent_ids: Sequence[str] = (),
        **content: Any,
    ) -> Iterator[httpx.Response]:
        """A 2xx answer whose body is still to be read; all else is raised as a GatewayError."""
        timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        with (
            deadline.within(seconds),
            _typed_errors(),
            client.stream(method, url, timeout=timeout, **content) as response,
        ):
            if not response.is_success:
                body = self._without_key(_read_error_body(response, ERROR_BYTES))
                raise classify_error(response.status_code, response.headers, body, sent_ids)
            yield response

    def _without_key(self, body: bytes) -> bytes:
        # Some services answer a bad key by quoting it, and these words go to the log.
        return body.replace(self._key.encode(), b"[key]") if len(self._key) >= 8 else body


class UnusableGateway(Gateway):
    """In the place of one that cannot be built: it has its account, and refuses each call with the reason."""

    host = ""

    def __init__(self, url: str, key: str, why: str) -> None:
        self._name(url, key)
        self.why = why

    def upload(self, content: bytes, **_: Any) -> str:
        raise Misconfigured(self.why)

    def forget(self, file_id: str, **_: Any) -> None:
        raise Misconfigured(self.why)

    def generate(self, request: GenerationRequest, body: Path, **_: Any) -> None:
        raise Misconfigured(self.why)

    def fetch(self, url: str, file: Path, **_: Any) -> None:
        raise Unreachable(self.why)  # what was paid for waits until it can be fetched

    def models(self, **_: Any) -> list[CatalogueModel]:
        raise Misconfigured(self.why)

    def close(self) -> None:
        """It has no connections."""


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as exc:
        raise Unreachable(f"{type(exc).__name__}: {exc}") from exc
    except httpx.HTTPError as exc:
        raise OutcomeUnknown(f"{type(exc).__name__}: {exc}") from exc


def _parse_url(base: str) -> httpx.URL:
    try:
        url = httpx.URL(base)
        require_reachable(url)
    except (httpx.InvalidURL, ValueError):  # which quote what they cannot read
        raise ValueError("the gateway's address cannot be read") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the gateway's address must begin with https:// or http://")
    if url.query or url.fragment or re.search(r"\s|%20", base):
        raise ValueError("the gateway's address must end with its host or path, without ?, # or spaces")
    if url.userinfo:
        raise ValueError(
            "the gateway's address must hold no name or password: the key is a setting of its own"
        )
    return url


def _iter_body(response: httpx.Response) -> Iterator[bytes]:
    for block in response.iter_bytes():
        if deadline.left() <= 0:
            raise OutcomeUnknown("the answer took too long", http_status=response.status_code)
        yield block


def _read_error_body(response: httpx.Response, most: int) -> bytes:
    """The first bytes of an error's body; its status counts even where the rest never comes."""
    body = bytearray()
    with suppress(httpx.HTTPError, OutcomeUnknown):
        for block in _iter_body(response):
            body += block
            if len(body) >= most:
                break
    return bytes(body[:most])


def _read_json(response: httpx.Response, most: int) -> Any:
    body = bytearray()
    for block in _iter_body(response):
        body += block
        if len(body) > most:
            raise OutcomeUnknown("the answer is too long", http_status=response.status_code)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise OutcomeUnknown("the answer is not JSON", http_status=response.status_code) from exc


def _spool(response: httpx.Response, file: BinaryIO, is_whole: Callable[[], bool]) -> None:
    """Read until the answer is whole: the end of the line may never come."""
    for block in _iter_body(response):
        if file.tell() + len(block) > ANSWER_BYTES:
            raise OutcomeUnknown("the answer is too long", http_status=response.status_code)
        file.write(block)
        if block.rstrip().endswith(b"}"):
            file.flush()
            if is_whole():
                return
    raise OutcomeUnknown("the answer is not whole JSON", http_status=response.status_code)
