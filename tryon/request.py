"""From a try-on and the copies of its pictures to the one call that asks for them, and its words.

The prompt numbers the pictures as they are sent: files first, then addresses, each once.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from tryon.gateway import GenerationRequest
from tryon.models import TryOn, TryOnInput
from tryon.references import Copy
from tryon.rules import model_families, prompts


def wording(tryon: TryOn, inputs: Sequence[TryOnInput], copies: Sequence[Copy]) -> prompts.Prompt:
    """The prompt of its mode, with the numbers that the pictures have when they are sent."""
    sent = numbers(copies)
    if tryon.mode == TryOn.Mode.IMAGINE:
        return prompts.imagine(tryon.note)
    if tryon.mode == TryOn.Mode.REMIX:
        return prompts.remix(tryon.note)
    if tryon.mode == TryOn.Mode.COMPOSE:
        return prompts.compose(max(sent), tryon.note)
    person = next(n for n, row in zip(sent, inputs, strict=True) if row.slot == TryOnInput.PERSON)
    pieces = [
        prompts.Piece(row.slot, n, row.wear)
        for n, row in zip(sent, inputs, strict=True)
        if row.slot != TryOnInput.PERSON
    ]
    return prompts.try_on(pieces, tryon.note, person=person, style=settings.PROMPT_STYLE)


def numbers(copies: Sequence[Copy]) -> list[int]:
    """The number of each picture, from 1, in the order sent; the same picture twice has one number."""
    files = [copy for copy in copies if copy.file_id]
    addresses = [copy for copy in copies if copy.address]
    order = list(dict.fromkeys(files + addresses))
    return [order.index(copy) + 1 for copy in copies]


def sent_as(copies: Sequence[Copy]) -> str:
    """In words for staff how the pictures went out: "2 files, 1 link"."""
    once = set(copies)
    inside = sum(copy.address.startswith("data:") for copy in once)
    files = sum(bool(copy.file_id) for copy in once)
    kinds = {"file": files, "link": len(once) - files - inside, "inside the call": inside}
    return ", ".join(
        f"{count} {kind}{'s' if count > 1 and kind != 'inside the call' else ''}"
        for kind, count in kinds.items()
        if count
    )


def call(tryon: TryOn, prompt: str, copies: Sequence[Copy], count: int) -> GenerationRequest:
    """What is sent for `count` pictures."""
    pictures = len(set(copies))
    options = model_families.options(
        tryon.model,
        size=tryon.size,
        aspect_ratio=tryon.aspect_ratio,
        count=count,
        references=pictures,
    )
    return GenerationRequest(
        model=tryon.model,
        prompt=prompt,
        size=options.size,
        aspect_ratio=options.aspect_ratio,
        n=options.n,
        file_ids=tuple(copy.file_id for copy in copies if copy.file_id),
        image_urls=tuple(copy.address for copy in copies if copy.address),
        edit=bool(pictures) and model_families.family(tryon.model).edits,
    )
