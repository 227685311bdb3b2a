"""`make hostile`: let an adversary loose on a site of its own on this machine, and print what came of it.

Bounded in time (about a minute) and count. Nothing but 127.0.0.1 is touched; addresses of adversaries are
told to the proxy, as a TLS proxy in front of it would.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests import nginx
from tests.hostile import consent, guests, logins, trickle, uploads
from tests.hostile.site import Site

P95 = 0.5  # seconds, for somebody else, whatever one address does
MEMORY = 2_000_000_000
Row = tuple[str, str, bool]


def _logins(site: Site) -> list[Row]:
    answers = logins.guess(site)
    checked = answers[200] + answers[302]
    return [
        (f"{logins.TRIES} wrong passwords, by any host and made-up address", _told(answers), checked <= 5),
        ("the account's owner signs in meanwhile", "yes" if (yes := logins.let_in(site)) else "no", yes),
    ]


def _trickle(site: Site) -> list[Row]:
    if not nginx.found():
        return [("100 trickling connections through nginx", "no nginx here", True)]
    return [
        (f"100 trickling connections: {name}, p95", f"{seconds * 1000:.0f} ms", seconds < P95)
        for name, seconds in trickle.look_around(site).items()
    ]


def _guests(site: Site) -> list[Row]:
    before, *_ = site.up.rows("SELECT count(*) FROM tryon_generation")
    accepted, other_served = guests.spend(site)
    mine = accepted - before[0]
    return [
        ("18 cookies of one address ask for 72 pictures", f"{mine} accepted", 0 < mine <= 20),
        ("a guest elsewhere gets one then", "yes" if other_served else "no", other_served),
    ]


def _uploads(site: Site) -> list[Row]:
    sent = guests.fill_the_disk(site)
    told = f"{sent.megabytes} MB kept ({_told(sent.statuses)})"
    return [("400 MB of photos from one address", told, sent.megabytes <= 300)]


def _burst(site: Site) -> list[Row]:
    figures = uploads.burst(site.address, site.up.process.pid)
    p95 = f"{figures.p95 * 1000:.0f} ms ({_told(figures.statuses)})"
    memory = f"{figures.resident_bytes / 1e6:.0f} MB, {figures.allowed_bytes / 1e6:.0f} MB allowed"
    return [
        ("40 PNGs of 50 megapixels at once: /healthz, p95", p95, figures.p95 < P95),
        ("memory of what decodes, at most", memory, figures.allowed_bytes <= MEMORY),
    ]


def _consent(site: Site) -> list[Row]:
    accepted, tried = consent.go_round(site, "198.51.100.7")
    ticked, _ = consent.go_round(site, "198.51.100.8", consent="on")
    return [
        ("a photo given as a garment is worked from, without a tick", f"{accepted} of {tried}", not accepted),
        ("the same with the tick", f"{ticked} of {tried}", ticked == tried - 1),  # nobody wears a person
    ]


def _told(statuses: Counter[int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))


SCRIPTS: tuple[Callable[[Site], list[Row]], ...] = (_consent, _logins, _trickle, _guests, _uploads)


def main() -> int:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        with Site(Path(folder) / "one") as site:
            for script in SCRIPTS:
                rows += script(site)
        # Sent to the web itself, which the burst is about; from one address, so without the bound of an hour.
        with Site(Path(folder) / "two", with_proxy=False, UPLOADS_PER_HOUR="none") as site:
            rows += _burst(site)
    for what, came, held in rows:
        sys.stdout.write(f"{'held' if held else 'GAVE WAY':9} {what}: {came}\n")
    return not all(held for *_, held in rows)


if __name__ == "__main__":
    sys.exit(main())
