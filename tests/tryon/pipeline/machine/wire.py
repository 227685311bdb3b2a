"""The gateway at the other end of the product's own client: it answers as ordered and keeps a bill."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from django.utils import timezone

from tests.factories import jpeg
from tests.tryon.pipeline.machine import lives
from tests.tryon.pipeline.machine.answers import Answer
from tests.tryon.pipeline.machine.lives import Died, Life
from tryon.gateway import Gateway, GenerationRequest, spool
from tryon.models import GatewayFile

KEPT = dt.timedelta(days=7)
MARGIN = dt.timedelta(hours=12)
COLOURS = ("olive", "teal", "crimson", "navy", "gold", "black", "plum", "tan")
PICTURES = [base64.b64encode(jpeg(colour, (64, 64))).decode() for colour in COLOURS]
WORDS = {401: "auth_error", 429: "rate_limit_exceeded", 500: "internal_error", 503: "provider_unavailable"}


class Wire(httpx.BaseTransport):
    """`billed` pictures and billed calls by attempt, `spooled` answers, and what it saw that must not be."""

    def __init__(self) -> None:
        self.billed: Counter[str] = Counter()
        self.billed_calls: Counter[str] = Counter()
        self.asked: dict[str, int] = {}
        self.spooled: set[str] = set()
        self.wrongs: list[str] = []
        self.uploads = 0
        self._files: dict[tuple[str, str], dt.datetime] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/files"):
            return self._upload(request)
        if request.method == "DELETE":  # a deleted photo is taken back
            self._files.pop((_key(request), request.url.path.rpartition("/")[2]), None)
            return httpx.Response(200, json={"deleted": True})
        return self._generate(request)

    def _upload(self, request: httpx.Request) -> httpx.Response:
        life = lives.current()
        status = life.answer.upload if life else 200
        try:
            lives.reached("in upload")
        except Died:
            # What handles errors must not tidy up: `Shop` puts back what a dead process leaves.
            life.cut_uploads = list(
                GatewayFile.objects.filter(state="uploading").values_list("pk", flat=True)
            )
            raise
        if not status:
            raise httpx.ConnectError("no connection")
        if status != 200:
            return _told(status, WORDS.get(status, "invalid_request"))
        self.uploads += 1
        file_id = f"file-{self.uploads}"
        self._files[_key(request), file_id] = timezone.now()
        return httpx.Response(200, json={"id": file_id})

    def _generate(self, request: httpx.Request) -> httpx.Response:
        life = lives.current()
        assert life, "pictures are asked for by workers alone"
        lives.reached("before the send")
        asked = json.loads(request.read())
        if gone := self._gone(_key(request), asked, life):
            return _told(400, "invalid_request", {"param": gone})
        made = self._charge(life.attempt, asked.get("n", 1), life.answer)
        lives.reached("after the charge")
        return _answer(life.answer, made)

    def _gone(self, key: str, asked: dict[str, Any], life: Life[Any]) -> str:
        """A file that is not there, or not any more; also looks whether each was young enough to be sent."""
        ids = asked.get("file_ids") or [*filter(None, [asked.get("file_id")])]
        if ids and life.answer.type == "file_gone":
            self._files = {mark: at for mark, at in self._files.items() if mark[1] not in ids}
        gone = [file_id for file_id in ids if (key, file_id) not in self._files]
        if gone and life.answer.type != "file_gone" and any(known == gone[0] for _, known in self._files):
            self.wrongs.append(f"{gone[0]} is a file of another account")
        for file_id in ids:
            at = self._files.get((key, file_id))
            if at and life.sent_at > at + KEPT - MARGIN:
                self.wrongs.append(f"{file_id} is too old to be sent")
        return gone[0] if gone else ""

    def _charge(self, attempt: str, asked: int, answer: Answer) -> int:
        made = answer.pictures(asked)
        self.asked[attempt] = asked
        if made:
            self.billed[attempt] += made
            self.billed_calls[attempt] += 1
        return made


def _key(request: httpx.Request) -> str:
    return request.headers["authorization"]


def _answer(answer: Answer, made: int) -> httpx.Response:
    if not answer.status:
        raise httpx.ConnectError("refused") if answer.type == "connect" else httpx.ReadTimeout("silence")
    if answer.status == 200:
        pictures = PICTURES if answer.can_be_opened else [base64.b64encode(b"words").decode()] * len(PICTURES)
        body = json.dumps({"created": 1, "data": [{"b64_json": each} for each in pictures[:made]]}).encode()
        return httpx.Response(200, stream=Body(body, answer.whole))
    if answer.type:
        headers = {"retry-after": answer.retry_after} if answer.retry_after else {}
        return _told(answer.status, answer.type, **headers)
    return httpx.Response(answer.status, text="<h1>Somebody else</h1>", headers={"location": "/"})


def _told(status: int, kind: str, details: dict[str, str] | None = None, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    error = {"message": "no", "type": kind, "details": details or {}}
    return httpx.Response(status, json={"error": error}, headers=names)


class Body(httpx.SyncByteStream):
    """In two blocks; the line may break between them."""

    def __init__(self, content: bytes, whole: bool) -> None:
        self._content, self._whole = content, whole

    def __iter__(self) -> Iterator[bytes]:
        middle = len(self._content) // 2
        yield self._content[:middle]
        lives.reached("amid the answer")
        if not self._whole:
            raise httpx.ReadError("cut")
        yield self._content[middle:]


class WatchedGateway(Gateway):
    """The product's own client, which may die with its process."""

    def __init__(self, url: str, key: str, wire: Wire) -> None:
        super().__init__(url, key, transport=wire)
        self._wire = wire

    def generate(self, request: GenerationRequest, body: Path, *, seconds: float = 180) -> None:
        life = lives.current()
        assert life
        life.attempt, life.sent_at = body.stem, timezone.now()
        try:
            super().generate(request, body, seconds=seconds)
        except Died:
            spool.partial(body).write_bytes(b'{"data": [')  # nobody tidied up
            raise
        self._wire.spooled.add(life.attempt)
        lives.reached("after the spool")


def touch(folder: Path, now: dt.datetime) -> None:
    """Give files that were written by the machine's clock the time of the shop's."""
    moment = now.timestamp()
    for path in folder.rglob("*"):
        if path.stat().st_mtime > moment + 365 * 86400:
            os.utime(path, (moment, moment))
