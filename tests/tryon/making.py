"""Ready-made rows for flows: an owner with a consented person and a garment."""

from __future__ import annotations

import io
from functools import cache

import httpx
from PIL import Image as Pillow

from tryon.accounts.models import User
from tryon.models import Attempt, Generation, Reference, TryOn
from tryon.pipeline import recovery, references, run, submission
from tryon.pipeline.enqueue import TaskMessage
from tryon.pipeline.submission import ChosenReference
from tryon.sandbox.server import Sandbox


@cache
def photo(colour: str, size: tuple[int, int] = (300, 400)) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def person(owner: User, colour: str = "tan") -> Reference:
    row = references.keep(owner, Reference.Kind.PERSON, photo(colour))
    row.consent("person", "test")
    return row


def garment(owner: User | None, colour: str = "navy") -> Reference:
    return references.keep(owner, Reference.Kind.GARMENT, photo(colour))


def wishes(owner: User, **changes) -> submission.TryOnRequest:
    """A person in one top; `person` and `garments` ((reference, slot), …) or whole `inputs` may be others."""
    usual = {
        "mode": "try_on",
        "model": "google/gemini-3.1-flash-image",
        "wanted": 1,
        "size": "512",
        "aspect_ratio": "auto",
        "note": "",
        "key": "one",
    }
    if "inputs" not in changes:
        wearer = changes.pop("person", None) or person(owner)
        garments = changes.pop("garments", None) or ((garment(owner), "top"),)
        usual["inputs"] = (
            ChosenReference(wearer, "person"),
            *(ChosenReference(what, slot) for what, slot in garments),
        )
    return submission.TryOnRequest(**(usual | changes))


def accepted(owner: User, **changes) -> TryOn:
    return submission.accept(owner, wishes(owner, **changes))


def only_generation(tryon: TryOn) -> Generation:
    return tryon.generations.select_related("tryon__owner").get()


def sent_and_died(tryon: TryOn) -> Attempt:
    """The call of a worker that nobody heard of again."""
    claimed = Generation.objects.claim(only_generation(tryon).pk)
    return claimed.intend(model="m", prompt="p", prompt_version="v", price_micros=45_000)


def spool_an_answer(gateway: Sandbox, attempt: Attempt) -> None:
    """A whole answer lies on disk, as a worker leaves it that dies before it keeps the picture."""
    request = {"model": attempt.generation.tryon.model, "prompt": "words", "size": "512", "n": 1}
    answer = httpx.post(
        f"{gateway.url}/v1/images/generations",
        json=request,
        headers={"Authorization": "Bearer llmtr-sandbox"},
    )
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    body.write_bytes(answer.content)


def swept() -> list[TaskMessage]:
    """What a machine's own worker and the schedule do, one after the other."""
    return [*recovery.sweep_spool(), *recovery.sweep()]
