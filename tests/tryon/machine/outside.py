"""The gateway, as far as the product can see it: files that last 7 days, answers as ordered, a bill."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
from django.utils import timezone
from PIL import Image as Pillow

from tests.tryon.machine import hands
from tryon.gateway import Gateway, PictureRequest

URL = "https://gateway.test"
FILE_SECONDS = 7 * 24 * 3600
PICTURES = ("picture", "fewer", "garbage", "empty")  # whole answers
SURE = ("busy", "unavailable", "no_file", "rejected", "filtered", "unreachable")  # nothing was made
REFUSED_LINES = ("key", "balance", "forbidden", "unknown_model", "retired")
LOST = ("broken", "broken_billed", "page", "page_billed", "cut", "cut_off", "timeout_billed")
ANSWERS = (*PICTURES, *SURE, *REFUSED_LINES, *LOST)
ERRORS: dict[str, tuple[int, str]] = {
    "busy": (429, "rate_limit_exceeded"),
    "unavailable": (503, "provider_unavailable"),
    "rejected": (400, "invalid_request"),
    "key": (401, "invalid_api_key"),
    "balance": (402, "insufficient_balance"),
    "forbidden": (403, "forbidden"),
    "unknown_model": (404, "model_not_found"),
    "retired": (410, "model_retired"),
    "broken": (500, "internal_error"),
    "broken_billed": (502, "provider_error"),
    "timeout_billed": (504, "timeout"),
}
PAGES = {"filtered": 403, "page": 502, "page_billed": 503}


def _png() -> str:
    file = io.BytesIO()
    Pillow.new("RGB", (8, 8), "teal").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


PNG = _png()
GARBAGE = base64.b64encode(b"no picture at all").decode()


class Outside(httpx.BaseTransport):
    """Answers as the worker in hand is told to. `billed` and `ambiguous` are by generation."""

    def __init__(self) -> None:
        self.billed: Counter[uuid.UUID] = Counter()
        self.ambiguous: set[uuid.UUID] = set()
        self.spooled: set[uuid.UUID] = set()
        self._files: dict[str, float] = {}
        self._numbers = itertools.count(1)

    def lose_files(self) -> None:
        self._files.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path == "/v1/files":
            return self._upload()
        return self._generation(json.loads(request.content))

    # Uploads are free, and may be lost ---------------------------------------------------------------
    def _upload(self) -> httpx.Response:
        hands.reached("upload")
        asked = hands.asked().upload
        if asked != "ok":
            return _refusal(asked, [])
        name = f"file-{next(self._numbers)}"
        self._files[name] = timezone.now().timestamp() + FILE_SECONDS
        hands.reached("uploaded")
        return httpx.Response(200, json={"id": name, "created_at": int(timezone.now().timestamp())})

    # Generations are billed --------------------------------------------------------------------------
    def _generation(self, told: dict[str, object]) -> httpx.Response:
        worker, asked = hands.current(), hands.asked().answer
        hands.reached("send")
        sent = re.findall(r"file-\d+", json.dumps(told))
        if any(self._files.get(name, 0) <= timezone.now().timestamp() for name in sent):
            return _refusal("no_file", sent)
        count = told.get("n", 1)
        assert isinstance(count, int)
        pictures = _pictures(asked, count)
        self.billed[worker.generation] += pictures
        if asked in LOST:
            self.ambiguous.add(worker.generation)
        hands.reached("billed")
        if asked in PICTURES:
            return httpx.Response(200, content=_answer(asked, pictures))
        if asked in ("cut", "cut_off"):
            return httpx.Response(200, stream=_Cut(_answer("picture", pictures), asked))
        return _refusal(asked, sent)


def _pictures(asked: str, count: int) -> int:
    if asked == "fewer":
        return 1
    return count if asked in ("picture", "garbage", "cut", "cut_off") or asked.endswith("_billed") else 0


def _answer(asked: str, pictures: int) -> bytes:
    content = GARBAGE if asked == "garbage" else PNG
    return json.dumps({"created": 1, "data": [{"b64_json": content}] * pictures}).encode()


def _refusal(asked: str, sent: list[str]) -> httpx.Response:
    if asked == "unreachable":
        raise httpx.ConnectError("nobody is there")
    if asked in PAGES:
        return httpx.Response(PAGES[asked], text="<html>Bad gateway</html>")
    if asked == "no_file":
        name = sent[0] if sent else "that was sent"
        return _error(404, "not_found", f"The file {name} was not found")
    return _error(*ERRORS[asked], "No picture was made")


def _error(status: int, kind: str, message: str) -> httpx.Response:
    headers = {"retry-after": "20"} if status == 429 else {}
    return httpx.Response(status, headers=headers, json={"error": {"type": kind, "message": message}})


class _Cut(httpx.SyncByteStream):
    """Half of an answer: the line breaks, or the answer ends as if it were whole."""

    def __init__(self, whole: bytes, how: str) -> None:
        self._half, self._how = whole[: len(whole) // 2], how

    def __iter__(self) -> Iterator[bytes]:
        yield self._half
        if self._how == "cut_off":
            raise httpx.ReadError("the line broke")


class Client(Gateway):
    """The product's own client with the model behind it, and one more place to die: its answer is whole."""

    def __init__(self, outside: Outside) -> None:
        super().__init__(URL, "llmtr-test", transport=outside)
        self._outside = outside

    def generate(self, request: PictureRequest, body: Path, *, seconds: float = 180) -> None:
        super().generate(request, body, seconds=seconds)
        self._outside.spooled.add(uuid.UUID(body.stem))
        hands.reached("spooled")
