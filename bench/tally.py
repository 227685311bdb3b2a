"""What the guests of a load saw: times by kind of request, errors, and the fate of each try-on."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

KINDS = ("studio", "gallery", "picture", "try-on page", "poll", "held", "upload", "submit", "bytes", "static")
MOST_TOLD = 10


@dataclass
class Tally:
    """Seconds by kind of request; sizes of answers to polls in bytes as they travel; waits in seconds."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    poll_bytes: list[int] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    waiting: int = 0
    _waited: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    @property
    def requests(self) -> int:
        return sum(map(len, self.seconds.values()))

    @property
    def lost(self) -> int:
        return self.accepted - sum(self.ends.values())

    def waits_now(self, change: int) -> None:
        """One more, or one less, looks at a page that is not finished."""
        self.waited_seconds()
        self.waiting += change

    def waited_seconds(self) -> float:
        """Seconds that all guests together have waited until now."""
        now = time.monotonic()
        self._waited += self.waiting * (now - self._since)
        self._since = now
        return self._waited

    def told_errors(self) -> str:
        return "; ".join(f"{count} x {what}" for what, count in self.errors.most_common(MOST_TOLD)) or "none"
