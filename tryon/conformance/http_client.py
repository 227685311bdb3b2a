"""Calls as the rows ask for them, sent once each; nothing is repeated and no redirect is followed."""

import ipaddress
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tryon.conformance.expectations import Answer
from tryon.conformance.row import FILES, PRICES, Address, FileId, Form, Row
from tryon.conformance.sample_pictures import png
from tryon.gateway import Gateway, GatewayError
from tryon.gateway.model_list import CatalogueModel, parse_model_list
from tryon.gateway.tls import ssl_context

SECONDS = 200.0
ANSWER_BYTES = 96 * 1024 * 1024
PAUSE = 1.0  # seconds between two calls to somebody else's machine


class NotReachedError(Exception):
    """No connection: nothing was sent, and nothing else will get through either."""


class NoUploadError(Exception):
    """A file that a call refers to could not be uploaded; `answer` is what came."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"an upload that it needs came back as {answer.briefly()}")
        self.answer = answer


class HttpClient:
    """The gateway at `url` (its origin, with or without `/v1`); `address` is a public https picture or "".

    ValueError for an address that cannot be used. `local` says whether the gateway is on this machine.
    """

    def __init__(
        self,
        url: str,
        key: str,
        address: str = "",
        *,
        pause: float = PAUSE,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._gateway = Gateway(url, key, transport=transport)
        self.root = url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
        self.local = _is_loopback(self._gateway.host)
        self.address = address
        self._key = key.strip()
        self._pause = 0.0 if self.local else pause
        self._last = -self._pause
        self._uploaded: dict[int, str] = {}
        self._client = httpx.Client(
            base_url=self.root,
            timeout=httpx.Timeout(SECONDS, connect=10),
            transport=transport,
            follow_redirects=False,
            trust_env=not self.local,
            verify=ssl_context(),
        )

    def close(self) -> None:
        self._client.close()
        self._gateway.close()

    def models(self) -> list[CatalogueModel]:
        """What the catalogue lists; nothing where it cannot be read."""
        return parse_model_list(self._exchange("GET", PRICES, {}, {}).json)

    def send(self, row: Row) -> Answer:
        """Upload what the row needs, then ask. Raises NotReachedError and NoUploadError."""
        headers = {"authorization": f"Bearer {self._key}"} if row.keyed else {}
        if row.form is not None:
            return self._exchange("POST", row.path, headers, _multipart(row.form))
        if row.raw is not None:
            headers["content-type"] = "application/json"
            return self._exchange("POST", row.path, headers, {"content": row.raw})
        if row.body is None:
            return self._exchange("GET", row.path, headers, {})
        body = self._filled(row.body)
        return self._exchange("POST", row.path, headers, {"json": body}, body)

    def _filled(self, value: Any) -> Any:
        """The body with ids and addresses in place of what stands for them."""
        if isinstance(value, FileId):
            return self._file_id(value.number)
        if isinstance(value, Address):
            return self.address
        if isinstance(value, dict):
            return {name: self._filled(inner) for name, inner in value.items()}
        return [self._filled(inner) for inner in value] if isinstance(value, list) else value

    def _file_id(self, number: int) -> str:
        if number not in self._uploaded:
            form = Form(png(number), words={"purpose": "vision_reference"})
            answer = self._exchange("POST", FILES, {"authorization": f"Bearer {self._key}"}, _multipart(form))
            file_id = answer.json.get("id") if isinstance(answer.json, dict) else None
            if answer.status != 200 or not isinstance(file_id, str):
                raise NoUploadError(answer)
            self._uploaded[number] = file_id
        return self._uploaded[number]

    def _exchange(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        content: dict[str, Any],
        sent: dict[str, Any] | None = None,
    ) -> Answer:
        self._rest()
        status, body, trouble = 0, bytearray(), ""
        end = time.monotonic() + SECONDS
        try:
            with self._client.stream(method, path, headers=headers, **content) as response:
                status = response.status_code
                for block in _until(end, response):
                    body += block
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as exc:
            raise NotReachedError(f"{self._gateway.host} cannot be reached ({type(exc).__name__})") from exc
        except httpx.HTTPError as exc:
            trouble = type(exc).__name__
        finally:
            self._last = time.monotonic()
        return Answer(status, _json(self._without_key(bytes(body))), sent or {}, self._fetched, trouble)

    def _rest(self) -> None:
        time.sleep(max(0.0, self._last + self._pause - time.monotonic()))

    def _without_key(self, body: bytes) -> bytes:
        return body.replace(self._key.encode(), b"[key]") if len(self._key) >= 8 else body

    def _fetched(self, url: str) -> bytes | str:
        """As the product fetches it: https, public, without redirects, bounded."""
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            file = Path(folder) / "picture"
            try:
                self._gateway.fetch(url, file)
            except GatewayError as exc:
                return f"a url that cannot be fetched ({exc})"
            return file.read_bytes()


def _until(end: float, response: httpx.Response) -> Iterator[bytes]:
    """The body's blocks, or a ReadTimeout after `end`; an answer without an end counts as cut off."""
    size = 0
    for block in response.iter_bytes():
        size += len(block)
        if size > ANSWER_BYTES:
            raise httpx.ReadError("the answer is too long")
        if time.monotonic() > end:
            raise httpx.ReadTimeout("the answer took too long")
        yield block


def _multipart(form: Form) -> dict[str, Any]:
    if form.content is None:
        # A part without a file name keeps the body multipart.
        return {"files": {name: (None, word) for name, word in form.words.items()}}
    file = (form.filename, form.content, form.content_type)
    return {"files": {"file": file}, "data": dict(form.words)}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
