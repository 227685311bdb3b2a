"""Guests who look round, upload photos, order try-ons and wait, as a browser with our scripts would."""

import asyncio
import contextlib
import random
import re
import ssl
import time
import uuid
from dataclasses import dataclass
from html import unescape

import httpx

from bench.tally import Tally

PATIENCE = httpx.Timeout(80)  # seconds: longer than the proxy's own
HTMX = {"HX-Request": "true", "HX-Target": "pulse"}
FAILED = 3.0  # seconds after which the page asks again when a question failed
OWN_LINES = httpx.Limits(max_connections=6, max_keepalive_connections=6)
STATIC = re.compile(r'(?:href|src)="(/static/[^"#]+)')
PICTURES = re.compile(r'<img[^>]*? src="(/(?:gallery|references)/[^"]+)"')
PULSE = re.compile(
    r'id="pulse"[^>]*? hx-get="([^"]+)"[^>]*? data-ticket="([^"]+)"[^>]*? hx-trigger="[^"]*load delay:(\d+)ms'
)
STATES = re.compile(r'data-generation="([^"]+)" data-state="(\w+)"')
OPENED = re.compile(r'<a href="(/gallery/[0-9a-f-]{36}/)">')


class Trouble(Exception):
    """A request failed; it has been counted."""


@dataclass(frozen=True)
class Habits:
    """Pauses in seconds, pages between two try-ons, which part of the try-ons brings new photos, and whether
    questions are held."""

    pause: tuple[float, float]
    pages: int
    new_photos: float
    size: str
    holds: bool


@dataclass(frozen=True)
class Photos:
    """Two JPEGs; each guest's are made new by a comment of its own, so that none is known by its digest."""

    person: bytes
    garment: bytes

    def person_of(self, mark: str) -> bytes:
        return _marked(self.person, mark)

    def garment_of(self, mark: str) -> bytes:
        return _marked(self.garment, mark)


def _marked(jpeg: bytes, mark: str) -> bytes:
    text = mark.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]


class Browser:
    """One guest's cookies, lines and cache, and the page that is open.

    Where it shows nothing, pages are asked for without what belongs to them.
    """

    def __init__(
        self, address: str, tls: ssl.SSLContext, tally: Tally, *, shows: bool, visitor: str = ""
    ) -> None:
        self._shows = shows
        transport = httpx.AsyncHTTPTransport(verify=tls, limits=OWN_LINES)
        cookies = {"visitor": visitor} if visitor else {}
        self._client = httpx.AsyncClient(
            base_url=address, transport=transport, timeout=PATIENCE, cookies=cookies
        )
        self._tally = tally
        self._etags: dict[str, str] = {}
        self._kept: set[str] = set()
        self.page = ""

    @property
    def visitor(self) -> str:
        """Its cookie's value."""
        return self._client.cookies["visitor"]

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(
        self, kind: str, method: str, path: str, *, tries: int = 1, **content: object
    ) -> httpx.Response:
        """One request, timed to its last byte; Trouble for whatever a user would call an error.

        Where the site has too much to do it is sent again, so many `tries` in all.
        """
        begun = time.monotonic()
        try:
            answer = await self._sent(method, path, **content)
        except httpx.HTTPError as exc:
            self._tally.errors[f"{kind}: {type(exc).__name__}"] += 1
            raise Trouble from exc
        finally:
            self._tally.seconds[kind].append(time.monotonic() - begun)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and tries > 1:
            await asyncio.sleep(float(answer.headers.get("Retry-After", 5)) * random.uniform(1, 2))
            return await self.ask(kind, method, path, tries=tries - 1, **content)
        if answer.status_code >= 400:
            self._tally.errors[f"{kind}: {answer.status_code}"] += 1
            raise Trouble
        return answer

    async def _sent(self, method: str, path: str, **content: object) -> httpx.Response:
        """What met a kept connection at its end is sent once more, as browsers do."""
        try:
            return await self._client.request(method, path, **content)  # type: ignore[arg-type]
        except (httpx.RemoteProtocolError, httpx.ReadError):
            if method != "GET":
                raise
            return await self._client.request(method, path, **content)  # type: ignore[arg-type]

    async def open(self, kind: str, path: str) -> None:
        """A page with all that it shows; static files are kept, pictures revalidated by their ETag."""
        self.page = (await self.ask(kind, "GET", path)).text
        await self.load_static()
        await self.load_pictures(self.page)

    async def load_static(self) -> None:
        new = set(STATIC.findall(self.page)) - self._kept if self._shows else set()
        self._kept |= new
        await asyncio.gather(*(self.ask("static", "GET", path) for path in new))

    async def load_pictures(self, html: str) -> None:
        shown = dict.fromkeys(PICTURES.findall(html)) if self._shows else ()
        await asyncio.gather(*(self._picture(path) for path in shown))

    async def _picture(self, path: str) -> None:
        known = self._etags.get(path)
        answer = await self.ask(
            "bytes", "GET", unescape(path), headers={"If-None-Match": known} if known else {}
        )
        if etag := answer.headers.get("ETag"):
            self._etags[path] = etag

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}"\s+value="([^"]*)"', self.page)
        if not found:
            self._tally.errors[f"no field {name} on the page"] += 1
            raise Trouble
        return found[1]


class Guest:
    """One person at one browser; `stop` ends the visit when the next thing would begin."""

    def __init__(
        self, browser: Browser, tally: Tally, habits: Habits, photos: Photos, seed: int, stop: asyncio.Event
    ) -> None:
        self._browser, self._tally, self._habits, self._photos = browser, tally, habits, photos
        self._random = random.Random(seed)
        self._stop = stop
        self._number = 0
        self._seed = seed
        self._person = self._garment = ""

    async def visit(self) -> None:
        """Pages and try-ons with pauses between them, until the end; trouble ends one of them at most."""
        await self._pause(0)
        pages = self._random.randint(0, self._habits.pages)  # nobody comes with all the others
        while not self._stop.is_set():
            with contextlib.suppress(Trouble):
                await self.look_round(pages)
                pages = self._habits.pages
                if not self._stop.is_set():
                    await self.try_on()
            await self._pause()

    async def _pause(self, least: float | None = None) -> None:
        shortest, longest = self._habits.pause
        seconds = self._random.uniform(shortest if least is None else least, longest)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def look_round(self, pages: int) -> None:
        for _ in range(pages):
            path, kind = self._random.choice(
                (("/", "studio"), ("/gallery/", "gallery"), ("/gallery/", "gallery"))
            )
            await self._browser.open(kind, path)
            own = OPENED.findall(self._browser.page)
            if kind == "gallery" and own:
                await self._browser.open("picture", self._random.choice(own))
            await self._pause()
            if self._stop.is_set():
                return

    async def try_on(self) -> None:
        """With new photos, or with the ones of the last time; then wait for it and look at it."""
        await self._browser.open("studio", "/")
        if not self._garment or self._random.random() < self._habits.new_photos:
            self._number += 1
            mark = f"{self._seed}-{self._number}-{uuid.uuid4()}"
            self._person = await self._upload("person", self._photos.person_of(mark))
            self._garment = await self._upload("garment", self._photos.garment_of(mark))
        chosen = {"person_reference": self._person, "garment_reference": self._garment}
        await self.order({"mode": "try_on", "consent": "1", "category": "dress", **chosen})

    async def order(self, wishes: dict[str, str]) -> None:
        """Submit what the open form holds, and stay until it is done."""
        names = ("csrfmiddlewaretoken", "key")
        form = {name: self._browser.field(name) for name in names} | {"n": "1", "size": self._habits.size}
        answer = await self._browser.ask("submit", "POST", "/", data=form | wishes)
        if answer.status_code != 302:
            self._tally.errors[f"submit: {answer.status_code} without a redirect"] += 1
            raise Trouble
        self._tally.accepted += 1
        begun = time.monotonic()
        self._tally.waits_now(+1)
        try:
            await self._wait(answer.headers["Location"])
        finally:
            self._tally.waits_now(-1)
        self._tally.waits.append(time.monotonic() - begun)
        await self._browser.load_pictures(self._browser.page)

    async def _upload(self, kind: str, photo: bytes) -> str:
        form = {
            "kind": kind,
            "slot": "1",
            "consent": "1",
            "category": "dress" if kind == "garment" else "auto",
        }
        token = self._browser.field("csrfmiddlewaretoken")
        answer = await self._browser.ask(
            "upload",
            "POST",
            "/references/",
            data=form | {"csrfmiddlewaretoken": token},
            files={"file": ("photo.jpg", photo, "image/jpeg")},
            tries=4,  # as upload.js does
        )
        found = re.search(r'name="\w+" value="([0-9a-f-]{36})"', answer.text)
        if not found:
            self._tally.errors["upload: no reference in the answer"] += 1
            raise Trouble
        await self._browser.load_pictures(answer.text)
        return found[1]

    async def _wait(self, path: str) -> None:
        await self._until_opened(path)
        question = Question(self._browser, self._tally, holds=self._habits.holds)
        while await question.answer():
            pass
        for state in question.states.values():
            self._tally.ends[state] += 1

    async def _until_opened(self, path: str) -> None:
        while True:
            try:
                return await self._browser.open("try-on page", path)
            except Trouble:  # whoever ordered something loads the page again
                await asyncio.sleep(FAILED)


class Question:
    """What a page that waits asks, where and when each answer says; it lets its question be held or not."""

    def __init__(self, browser: Browser, tally: Tally, *, holds: bool) -> None:
        self._browser, self._tally, self._holds = browser, tally, holds
        self._html = browser.page
        self._asked = ""  # the last address: what is asked anew is not held at once
        self.states = dict(STATES.findall(self._html))

    async def answer(self) -> bool:
        """Ask once more; False where nothing is left to ask for."""
        pulse = PULSE.search(self._html)
        if not pulse:
            self._browser.page = self._html
            return False
        address, ticket, delay = unescape(pulse[1]), pulse[2], int(pulse[3]) / 1000
        if not self._holds:
            await asyncio.sleep(delay)
            await self._ask("poll", address)
        else:
            if address == self._asked:
                await asyncio.sleep(delay)
            self._asked = address
            await self._ask("held", f"{address}&ticket={ticket}")
        return True

    async def _ask(self, kind: str, address: str) -> None:
        """Where it failed, the page asks again after a while."""
        try:
            answer = await self._browser.ask(kind, "GET", address, headers=HTMX)
        except Trouble:
            await asyncio.sleep(FAILED)
            return
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
        self._tally.poll_bytes.append(answer.num_bytes_downloaded + head)
        if "HX-Refresh" in answer.headers:
            self._tally.errors["poll: the page was told to load itself again"] += 1
        if answer.status_code == httpx.codes.NO_CONTENT:
            self._asked = ""
            return
        self._html = answer.text
        self.states |= dict(STATES.findall(self._html))
