"""The way through the whole product without a browser, as a person without JavaScript goes it."""

from __future__ import annotations

import re
from typing import Self

import httpx

from tests.live import until

SAMPLES = ("person_reference", "garment_reference")  # the fields in which a picture of the shelf is chosen


class Visitor:
    """One person's session: opens pages, posts forms with their token, and remembers the last page."""

    def __init__(self, address: str, **headers: str) -> None:
        self.client = httpx.Client(base_url=address, follow_redirects=True, timeout=30, headers=headers)
        self.page = ""
        self.path = "/"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def open(self, path: str) -> str:
        return self._read(self.client.get(path))

    def post(self, path: str, data: dict | None = None, files: dict | None = None) -> str:
        data = {"csrfmiddlewaretoken": self.field("csrfmiddlewaretoken")} | (data or {})
        headers = {"Referer": str(self.client.base_url.join(self.path))}
        return self._read(self.client.post(path, data=data, files=files, headers=headers))

    def _read(self, response: httpx.Response) -> str:
        assert response.is_success, (response.status_code, response.text[-2000:])
        self.page, self.path = response.text, response.url.path
        return self.page

    def field(self, name: str) -> str:
        """The value of the first field of this name on the page."""
        return re.search(rf'name="{name}"\s+value="([^"]+)"', self.page)[1]

    def finished(self, path: str, seconds: float = 60) -> str:
        """The page of a try-on once nothing on it is waited for any more."""
        return until(lambda: 'data-state="finished"' in self.open(path) and self.page, seconds, path)
