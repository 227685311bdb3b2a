"""Try-ons as the form makes them, and the messages that wake workers.

`python -m bench.orders accept N` prints nothing; `… send SECONDS` waits for a line on stdin, spreads the
messages over that time, and prints for each its generation and when it was sent, in wall time.
"""

import logging
import sys
import time
import uuid

import django

from tryon.pipeline import enqueue

django.setup()

from tryon.accounts.models import User  # noqa: E402
from tryon.models import Generation, Reference  # noqa: E402
from tryon.pipeline import submission  # noqa: E402
from tryon.pipeline.enqueue import TaskMessage  # noqa: E402
from tryon.pipeline.submission import ChosenReference, TryOnRequest  # noqa: E402

MODEL = "google/gemini-3.1-flash-image"


def accept(count: int) -> None:
    """Try-ons of one picture each, of the house's own person and garment."""
    owner, _ = User.objects.get_or_create(username="bench")
    house = Reference.objects.of_the_house()
    person, garment = (house.filter(kind=kind)[0] for kind in ("person", "garment"))
    inputs = (ChosenReference(person, "person"), ChosenReference(garment, "top"))
    for _ in range(count):
        key = uuid.uuid4().hex
        submission.accept(owner, TryOnRequest("try_on", MODEL, inputs, 1, "1K", "auto", "", key))


def send(seconds: float) -> None:
    waiting = list(Generation.objects.due().values_list("pk", flat=True))
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.time()
    for number, pk in enumerate(waiting):
        time.sleep(max(0.0, began + seconds * number / len(waiting) - time.time()))
        print(f"{pk.hex} {time.time()}", flush=True)
        enqueue.enqueue([TaskMessage("generate", pk)])


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    step, number = sys.argv[1:]
    accept(int(number)) if step == "accept" else send(float(number))
