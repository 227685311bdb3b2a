"""People with browsers: each asks for try-ons, and presses again when no answer comes.

A process of its own: `python -m tests.chaos.shoppers` reads the fields of a Party and prints
`{"asked", "pages"}`, in the form of `tests.chaos.history`.
"""

from __future__ import annotations

import io
import json
import queue
import re
import sys
import threading
import time
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.chaos.history import Asked, Failure
from tests.chaos.schedule import FAULTS, UPLOAD_FAULTS, Job

PATIENCE = 90  # seconds for which somebody presses again
WAITS = 10  # and for which somebody waits for a picture before asking for another one
ADDRESS = re.compile(r"/tryons/([0-9a-f-]{36})/$")


@dataclass
class Pages:
    """What all of them saw of the web."""

    begun: float
    seconds: list[float] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self) -> dict[str, Any]:
        taken = sorted(self.seconds) or [0.0]
        return {
            "count": len(self.seconds),
            "most": taken[int(0.95 * (len(taken) - 1))],
            "slowest": taken[-1],
            "failures": self.failures,
        }

    def saw(self, response: httpx.Response, seconds: float) -> httpx.Response:
        with self._lock:
            self.seconds.append(seconds)
            if response.status_code >= 500:
                at = round(time.time() - self.begun, 2)
                self.failures.append(Failure(at, response.status_code, response.url.path))
        return response


class Shopper:
    """One visitor's browser; a machine that gives no answer is left for another one."""

    def __init__(self, addresses: list[str], pages: Pages) -> None:
        self.addresses = addresses
        self.client = httpx.Client(timeout=15)
        self.pages = pages
        self.fields: dict[str, str] = {}

    def ask(self, job: Job) -> Asked:
        """Ask until an answer comes; the first try-on that was answered, and every status on the way."""
        end = time.monotonic() + PATIENCE
        statuses: list[int] = []
        while time.monotonic() < end:
            answers = self._pressed(job)
            statuses += [0 if answer is None else answer.status_code for answer in answers]
            for answer in answers:
                if answer is not None and (found := ADDRESS.search(answer.headers.get("location", ""))):
                    self._request("GET", f"/tryons/{found[1]}/")
                    return Asked(
                        job.nonce, found[1].replace("-", ""), job.wanted, job.clicks, statuses, job.fault
                    )
            time.sleep(0.3)
        return Asked(job.nonce, "", job.wanted, job.clicks, statuses, job.fault)

    def delete(self, tryon: str) -> float | None:
        """Press until it is gone; when that was, in the storm's time."""
        end = time.monotonic() + PATIENCE
        path = f"/tryons/{uuid.UUID(tryon)}/delete"
        while time.monotonic() < end:
            token = {"csrfmiddlewaretoken": self.fields["csrfmiddlewaretoken"]}
            answer = self._request("POST", path, data=token)
            if answer is not None and answer.status_code in (302, 404):
                return round(time.time() - self.pages.begun, 2)
            time.sleep(0.3)
        return None

    def see_through(self, tryon: str) -> None:
        """Look at its page until nothing on it is waited for, as the page itself does, or for long enough."""
        end = time.monotonic() + WAITS
        path = f"/tryons/{uuid.UUID(tryon)}/status"
        while time.monotonic() < end:
            page = self._request("GET", path)
            if page is not None and 'data-state="finished"' in page.text:
                return
            time.sleep(1)

    def _pressed(self, job: Job) -> list[httpx.Response | None]:
        """The answers to one press of the button, or two at once; None where none came."""
        if not self.fields and not self._open():
            return [None]
        with ThreadPoolExecutor(max_workers=job.clicks) as hands:
            return list(hands.map(lambda _: self._post(job), range(job.clicks)))

    def _open(self) -> bool:
        page = self._request("GET", "/")
        if page is None or page.status_code != 200:
            return False
        names = ("csrfmiddlewaretoken", "person_reference", "garment_reference")
        found = {name: re.search(rf'name="{name}"\s+value="([^"]+)"', page.text) for name in names}
        self.fields = {name: match[1] for name, match in found.items() if match}
        return len(self.fields) == len(names)

    def _post(self, job: Job) -> httpx.Response | None:
        data = self.fields | {
            "key": job.key,
            "note": f"worn as on ticket {job.nonce}",
            "n": str(job.wanted),
            "size": "512",
            "aspect_ratio": "auto",
            "category": "top",
        }
        files = None
        if job.own_photo:
            data = {name: value for name, value in data.items() if name != "person_reference"}
            data["consent"] = "1"
            files = {"person": ("me.jpg", _photo(job), "image/jpeg")}
        return self._request("POST", "/", data=data, files=files)

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response | None:
        begun = time.monotonic()
        address = self.addresses[0]
        try:
            response = self.client.request(method, address + path, headers={"Referer": address}, **content)
        except httpx.TransportError:
            self.addresses = [*(other for other in self.addresses if other != address), address]
            return None
        return self.pages.saw(response, round(time.monotonic() - begun, 2))


def _photo(job: Job) -> bytes:
    """A small photo that nobody else has."""
    file = io.BytesIO()
    shade = zlib.crc32(job.nonce.encode())
    Image.new("RGB", (300, 400), (shade & 255, shade >> 8 & 255, shade >> 16 & 255)).save(file, "JPEG")
    return file.getvalue()


@dataclass
class Party:
    """All the people, the wishes that are left, and what came of the others."""

    addresses: list[str]
    sandbox: str
    progress: str
    seconds: float
    people: int
    begun: float  # the storm's zero, since the epoch
    jobs: list[Job]
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pages = Pages(self.begun)

    def shop(self) -> dict[str, Any]:
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in self.jobs:
            self._waiting.put(job)
        with ThreadPoolExecutor(max_workers=self.people) as people:
            for running in [people.submit(self._go, number) for number in range(self.people)]:
                running.result()
        return {"asked": sorted(self.asked), "pages": self.pages.told()}

    def _go(self, number: int) -> None:
        """One of them: asks, sees it through, and asks for the next. They begin on different machines."""
        first = number % len(self.addresses)
        shopper = Shopper([*self.addresses[first:], *self.addresses[:first]], self.pages)
        while True:
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                return shopper.client.close()
            time.sleep(max(0.0, self.pages.begun + job.at * self.seconds - time.time()))
            _order_faults(self.sandbox, job)
            asked = shopper.ask(job)
            if asked.tryon and job.deleted_after is not None:
                time.sleep(job.deleted_after)
                asked = asked._replace(deleted=shopper.delete(asked.tryon))
            self.asked.append(asked)
            if asked.tryon and not self.seconds and not asked.deleted:
                shopper.see_through(asked.tryon)
            with Path(self.progress).open("a") as file:
                file.write(".")


def _order_faults(sandbox: str, job: Job) -> None:
    faults = [{"on": "generations", "match": job.nonce, **FAULTS[job.fault]}] if job.fault else []
    if job.upload_fault is not None:
        faults.append(UPLOAD_FAULTS[job.upload_fault])
    if faults:
        httpx.post(f"{sandbox}/_sandbox/faults", json=faults, timeout=30).raise_for_status()


if __name__ == "__main__":
    told = json.load(sys.stdin)
    told["jobs"] = [Job(**job) for job in told["jobs"]]
    report = Path(told.pop("report"))  # a pipe would hold them up, for it is read when they have ended
    report.write_text(json.dumps(Party(**told).shop()))
