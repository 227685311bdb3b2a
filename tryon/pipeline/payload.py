"""From a try-on and the copies of its pictures to the one call that asks for them, and its words.

The prompt numbers the pictures as they are sent: files first, then addresses, each once.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import File

from gallery import pictures
from tryon.gateway import GenerationRequest
from tryon.models import Site, TryOn, TryOnInput
from tryon.rules import model_families, prompts
from tryon.rules.model_families import Family

INLINE_WIDTHS = (1536, 1024, 640)  # pixels that a picture is taken down to until it fits


@dataclass(frozen=True, slots=True)
class OutgoingReference:
    """How one reference goes out: as a file of the gateway, or as an address (https, or a data URL)."""

    file_id: str = ""
    address: str = ""


def build_prompt(
    tryon: TryOn, inputs: Sequence[TryOnInput], copies: Sequence[OutgoingReference], mends: str = ""
) -> prompts.Prompt:
    """The prompt of its mode, with the numbers that the pictures have when they are sent.

    `mends` is the reason for which an earlier try was rejected.
    """
    sent, hint = image_numbers(copies), prompts.RETRY_HINTS.get(mends, "")
    rules = Site.objects.current().house_rules
    if tryon.mode == TryOn.Mode.IMAGINE:
        return prompts.imagine(tryon.note, hint, rules)
    if tryon.mode == TryOn.Mode.REMIX:
        return prompts.remix(tryon.note, hint, rules)
    if tryon.mode == TryOn.Mode.COMPOSE:
        return prompts.compose(max(sent), tryon.note, hint, rules)
    person = next(n for n, row in zip(sent, inputs, strict=True) if row.role == TryOnInput.PERSON)
    pieces = [
        prompts.Piece(row.role, n, row.fit)
        for n, row in zip(sent, inputs, strict=True)
        if row.role != TryOnInput.PERSON
    ]
    return prompts.try_on(
        pieces, tryon.note, person=person, style=settings.PROMPT_STYLE, retry_hint=hint, rules=rules
    )


def image_numbers(copies: Sequence[OutgoingReference]) -> list[int]:
    """The number of each picture, from 1, in the order sent; the same picture twice has one number."""
    files = [copy for copy in copies if copy.file_id]
    addresses = [copy for copy in copies if copy.address]
    order = list(dict.fromkeys(files + addresses))
    return [order.index(copy) + 1 for copy in copies]


def describe_transport(copies: Sequence[OutgoingReference]) -> str:
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


def build_request(
    tryon: TryOn, takes: Family, prompt: str, copies: Sequence[OutgoingReference], count: int
) -> GenerationRequest:
    """What is sent for `count` pictures to a model that takes this."""
    pictures = len(set(copies))
    options = model_families.options(
        takes,
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
        edit=bool(pictures) and takes.edits,
    )


def data_url(file: File[bytes], content_type: str, most: int) -> str:
    """The stored picture as `data:…;base64,…`, taken down in size until it has `most` bytes at most.

    Inside the call no copy stays at the gateway, and a third more bytes travel.
    """
    content = file.read(most + 1)
    if len(content) <= most:
        return _url(content_type, content)
    smaller = pictures.render(file, {str(width): width for width in INLINE_WIDTHS})
    fitting = (content for content in smaller.values() if len(content) <= most)
    return _url("image/webp", next(fitting, smaller[str(INLINE_WIDTHS[-1])]))


def _url(content_type: str, content: bytes) -> str:
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"
