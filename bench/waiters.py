"""Guests whose call is under way, and the ends of those calls: rows alone, so that nothing but the web works.

`python -m bench.waiters make N` prints try-on and visitor's cookie of each; `… end N SECONDS` ends N of those
that wait, one after the other in so many seconds, and prints each with the time of its commit, in wall time.
"""

import datetime as dt
import logging
import sys
import time
import uuid

import django

django.setup()

from django.core.signing import get_cookie_signer  # noqa: E402
from django.utils import timezone  # noqa: E402

from tryon.accounts.current_user import VISITOR_COOKIE  # noqa: E402
from tryon.accounts.models import User  # noqa: E402
from tryon.models import Generation, TryOn  # noqa: E402

LONG_AGO = dt.timedelta(minutes=2)  # the page says already that it takes longer than usual
MODEL = "google/gemini-3.1-flash-image"


def make(count: int) -> None:
    signer = get_cookie_signer(salt=VISITOR_COOKIE + VISITOR_COOKIE)
    for _ in range(count):
        visitor, sent = uuid.uuid4(), timezone.now() - LONG_AGO
        names = {"key": uuid.uuid4().hex, "body_digest": uuid.uuid4().hex, "model": MODEL, "mode": "imagine"}
        owner = User.objects.make_guest(visitor)
        tryon = TryOn.objects.create(owner=owner, size="1K", aspect_ratio="3:4", wanted=1, note="x", **names)
        under_way = {"status": "running", "sent_at": sent, "lease_until": sent + dt.timedelta(hours=1)}
        Generation.objects.create(tryon=tryon, number=1, count=1, reserved_micros=0, **under_way)
        print(tryon.pk, signer.sign(str(visitor)))


def end(count: int, seconds: float) -> None:
    waiting = list(Generation.objects.filter(status="running").values_list("pk", "tryon_id")[:count])
    for pk, tryon_id in waiting:
        ended = {"status": "refused", "reason": "no_picture", "lease_until": None, "ended_at": timezone.now()}
        Generation.objects.filter(pk=pk).update(**ended)
        print(tryon_id, time.time(), flush=True)
        time.sleep(seconds / len(waiting))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    step, number, *seconds = sys.argv[1:]
    make(int(number)) if step == "make" else end(int(number), float(*seconds))
