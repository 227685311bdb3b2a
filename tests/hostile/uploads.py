"""Small files of many pixels, all at once: 40 PNGs of 6 KB and 50 megapixels, each from another browser."""

from __future__ import annotations

import io
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from PIL import Image

SIDES = (7071, 7071)  # 50 megapixels, just
TOKEN = re.compile(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"')
PAUSE = 0.03  # seconds between two looks


@dataclass
class Figures:
    """What came of the burst, and what the site was like meanwhile."""

    answers: list[httpx.Response] = field(default_factory=list)
    seconds: float = 0.0  # until the last answer
    probes: list[float] = field(default_factory=list)  # seconds of each answer of /healthz meanwhile
    children: int = 0  # that decoded at a time, at most
    allowed_bytes: int = 0  # of address space that they might have taken together, at most
    resident_bytes: int = 0  # of memory that they did take together, at most
    niceness: set[int] = field(default_factory=set)

    @property
    def statuses(self) -> Counter[int]:
        return Counter(answer.status_code for answer in self.answers)

    @property
    def p95(self) -> float:
        """Seconds of /healthz."""
        return sorted(self.probes)[int(0.95 * (len(self.probes) - 1))]


def burst(address: str, root: int, count: int = 40) -> Figures:
    """Send them all at the same moment. `root` is the process from which all of the site's descend."""
    file = io.BytesIO()
    Image.new("1", SIDES, 1).save(file, "PNG")
    gun, over, figures = threading.Barrier(count + 1), threading.Event(), Figures()
    watchers = [
        threading.Thread(target=_probe, args=(figures, over, address)),
        threading.Thread(target=_watch, args=(figures, over, root)),
    ]
    with ThreadPoolExecutor(count) as pool:
        # Other bytes each time: equal ones would be opened once.
        files = [file.getvalue() + str(nonce).encode() for nonce in range(count)]
        sent = [pool.submit(_send, address, content, gun) for content in files]
        gun.wait(60)
        begun = time.monotonic()
        for watcher in watchers:
            watcher.start()
        figures.answers = [one.result() for one in sent]
        figures.seconds = time.monotonic() - begun
    over.set()
    for watcher in watchers:
        watcher.join()
    return figures


def _send(address: str, content: bytes, gun: threading.Barrier) -> httpx.Response:
    with httpx.Client(base_url=address, headers={"Referer": address}, timeout=120, verify=False) as browser:
        token = TOKEN.search(browser.get("/").text)[1]
        gun.wait(60)
        data = {"csrfmiddlewaretoken": token, "kind": "garment"}
        return browser.post("/references/", data=data, files={"file": ("photo.png", content, "image/png")})


def _probe(figures: Figures, over: threading.Event, address: str) -> None:
    """As a balancer does: a line of its own for each question."""
    while not over.is_set():
        begun = time.monotonic()
        httpx.get(f"{address}/healthz", timeout=120, verify=False).raise_for_status()
        figures.probes.append(time.monotonic() - begun)
        over.wait(PAUSE)


def _watch(figures: Figures, over: threading.Event, root: int) -> None:
    while not over.is_set():
        allowed, resident = [], []
        for child in _decoding(root):
            with suppress(OSError, ValueError):  # it has ended
                limits = (child / "limits").read_text()
                allowed.append(int(re.search(r"Max address space\s+(\d+)", limits)[1]))
                resident.append(int((child / "statm").read_text().split()[1]) * 4096)
                figures.niceness.add(int((child / "stat").read_text().rpartition(")")[2].split()[16]))
        figures.children = max(figures.children, len(allowed))
        figures.allowed_bytes = max(figures.allowed_bytes, sum(allowed))
        figures.resident_bytes = max(figures.resident_bytes, sum(resident))
        over.wait(PAUSE)


def _decoding(root: int) -> list[Path]:
    """The children that open a picture: of what forks them each is known by a limit on its memory."""
    parents: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    found = []
    for pid in (pid for pid in parents if root in _ancestors(pid, parents)):
        with suppress(OSError):
            process = Path(f"/proc/{pid}")
            is_decoder = b"gallery.decode" in (process / "cmdline").read_bytes()
            if is_decoder and not re.search(
                r"Max address space\s+unlimited", (process / "limits").read_text()
            ):
                found.append(process)
    return found


def _ancestors(pid: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while (pid := parents.get(pid, 0)) and pid not in found:
        found.add(pid)
    return found
