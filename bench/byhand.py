"""The peer: a try-on as a script of three plain calls makes it, with a picture in memory at the end."""

import base64
import io
import time
from pathlib import Path

import httpx
from PIL import Image

from bench.photos import Pair
from tryon.rules import model_families, prompts
from tryon.sandbox.server import KEY

MODEL = "google/gemini-3.1-flash-image"
SIZE = "1K"


class Script:
    """Its connection stays open from one try-on to the next."""

    def __init__(self, gateway: str) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        self._client = httpx.Client(base_url=gateway, headers=headers, timeout=180, trust_env=False)

    def try_on(self, photos: Pair, note: str) -> float:
        """Seconds from the files on disk to the decoded picture; words and shape are those of the product."""
        began = time.perf_counter()
        with Image.open(photos.person) as person:
            shape = model_families.nearest_ratio(*person.size)
        order = {
            "model": MODEL,
            "prompt": prompts.try_on([prompts.Piece("auto", 2)], note).text,
            "file_ids": [self._upload(photos.person), self._upload(photos.garment)],
            "size": SIZE,
            "aspect_ratio": shape,
            "n": 1,
        }
        answer = self._client.post("/v1/images/generations", json=order).raise_for_status().json()
        with Image.open(io.BytesIO(base64.b64decode(answer["data"][0]["b64_json"]))) as picture:
            picture.load()
        return time.perf_counter() - began

    def _upload(self, photo: Path) -> str:
        file = {"file": (photo.name, photo.read_bytes(), "image/jpeg")}
        answer = self._client.post("/v1/files", data={"purpose": "vision_reference"}, files=file)
        return str(answer.raise_for_status().json()["id"])

    def close(self) -> None:
        self._client.close()
