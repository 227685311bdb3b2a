"""A client that speaks to a sandbox, pictures to send, and ways to look at what comes back."""

import base64
import io
from typing import Any

import httpx
from PIL import Image

from tryon.sandbox.server import Sandbox

MODEL = "google/gemini-3.1-flash-image"


def picture(size: tuple[int, int] = (90, 120), colour: str = "teal", kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def error(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json()["error"])


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert (answer.status_code, error(answer)["type"]) == (status, kind), answer.text
    assert error(answer)["message"]
    return dict(error(answer).get("details", {}))


class Client(httpx.Client):
    """An httpx client with one method for each thing a test asks."""

    def upload(
        self, body: bytes | None = None, mime: str = "image/png", name: str = "a.png", **words: str
    ) -> httpx.Response:
        words = {"provider": "google", "purpose": "vision_reference"} | words
        return self.post("/v1/files", files={"file": (name, body or picture(), mime)}, data=words)

    def uploaded(self, body: bytes | None = None) -> str:
        answer = self.upload(body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def generate(self, **fields: Any) -> httpx.Response:
        order = {"model": MODEL, "prompt": "a quiet room", "size": "512", "aspect_ratio": "1:1"} | fields
        named = {name: value for name, value in order.items() if value is not None}
        return self.post("/v1/images/generations", json=named)

    def pictures(self, **fields: Any) -> list[bytes]:
        answer = self.generate(**fields)
        assert answer.status_code == 200, answer.text
        return [base64.b64decode(entry["b64_json"]) for entry in answer.json()["data"]]

    def order_faults(self, *faults: dict[str, Any]) -> None:
        answer = self.post("/_sandbox/faults", json=list(faults))
        assert answer.status_code == 200, answer.text

    def move_clock(self, **wish: float) -> float:
        return float(self.post("/_sandbox/clock", json=wish).json()["now"])

    def bill(self, since: int = 0) -> dict[str, Any]:
        return dict(self.get(f"/_sandbox/bill?since={since}").json())

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        rows = self.get("/_sandbox/calls").json()["rows"]
        return [row for row in rows if row["endpoint"] == endpoint]


def client_of(sandbox: Sandbox, key: str = "llmtr-sandbox", timeout: float = 30.0) -> Client:
    return Client(base_url=sandbox.url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout)
