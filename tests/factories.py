"""Rows with real small pictures behind them, for the tests of pages."""

from __future__ import annotations

import hashlib
import io
import itertools
import uuid
from functools import cache
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image as Pillow

from gallery.models import AuditEntry, Image
from gallery.models.audit import Action
from tryon.accounts.models import User
from tryon.models import Generation, Reference, Result, TryOn, TryOnInput
from tryon.samples.table import SAMPLES

_numbers = itertools.count(1)


@cache
def jpeg(colour: str = "teal", size: tuple[int, int] = (300, 400)) -> bytes:
    """A plain JPEG of one colour."""
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def make_user(name: str = "", **fields: Any) -> User:
    name = name or f"user{next(_numbers)}"
    return User.objects.create_user(name, f"{name}@example.com", "correct horse battery", **fields)


def make_guest() -> User:
    return User.objects.make_guest(uuid.uuid4())


def make_reference(
    owner: User | None, kind: str = "person", colour: str = "teal", *, consented: bool = True, **fields: Any
) -> Reference:
    """A kept photo of one colour; a person's with consent. No owner: it belongs to the house."""
    reference = Reference(
        owner=owner,
        kind=kind,
        sha256=uuid.uuid4().hex * 2,
        content_type="image/jpeg",
        width=300,
        height=400,
        **fields,
    )
    name = f"references/{reference.pk.hex}.jpg"
    reference.file.save(name, ContentFile(jpeg(colour)), save=False)
    reference.save(force_insert=True)
    if owner and kind == "person" and consented:
        reference.consent("person", "test")
    return reference


def make_samples(*slugs: str) -> dict[str, Reference]:
    """The samples, or these of them, as rows of the house, without their pictures."""
    rows = {}
    for position, each in enumerate((each for each in SAMPLES if each.slug in slugs or not slugs), 1):
        fields = {"slug": each.slug, "label": each.label, "category": each.category, "position": position}
        row = make_reference(None, each.kind, **fields)
        row.sha256 = hashlib.sha256(each.path.read_bytes()).hexdigest()
        row.save(update_fields=["sha256"])
        rows[each.slug] = row
    return rows


def make_tryon(owner: User, status: str = "queued", *, count: int = 1, **fields: Any) -> TryOn:
    """A try-on with its inputs and `count` generations in this state; `fields` are the generations' own."""
    tryon = TryOn.objects.create(
        owner=owner,
        model="google/gemini-3.1-flash-image",
        size="1K",
        aspect_ratio="3:4",
        wanted=count,
        key=uuid.uuid4().hex,
        body_digest=uuid.uuid4().hex,
    )
    inputs = [make_reference(owner), make_reference(owner, "garment", "crimson", category="top")]
    for n, (reference, slot) in enumerate(zip(inputs, ("person", "top"), strict=True), 1):
        TryOnInput.objects.create(tryon=tryon, reference=reference, position=n, role=slot)
    for number in range(1, count + 1):
        _generation(tryon, number, status, **fields)
    return tryon


def person_of(tryon: TryOn) -> Reference:
    return tryon.inputs.get(role=TryOnInput.PERSON).reference


def garments_of(tryon: TryOn) -> list[TryOnInput]:
    return [row for row in tryon.ordered_inputs() if row.role != TryOnInput.PERSON]


def _generation(tryon: TryOn, number: int, status: str, **fields: Any) -> Generation:
    now = timezone.now()
    companions: dict[str, Any] = {}
    if status == "running":
        companions = {"lease_until": now, "sent_at": now}
    elif status != "queued":
        companions = {"sent_at": now, "ended_at": now}
    if status in ("refused", "failed"):
        companions["reason"] = "no_picture" if status == "refused" else "too_many_sends"
    generation = Generation.objects.create(
        tryon=tryon, number=number, count=1, status=status, reserved_micros=67_000, **(companions | fields)
    )
    if status == "done":
        Result.objects.create(generation=generation, image=make_image(tryon.owner), position=1)
    return generation


def make_image(owner: User, review: str = "pending", colour: str = "olive", **fields: Any) -> Image:
    """A picture in somebody's gallery, without renditions yet."""
    image = Image(owner=owner, content_type="image/jpeg", width=300, height=400, **fields)
    image.original.save(f"originals/{image.pk.hex}.jpg", ContentFile(jpeg(colour)), save=False)
    if review != "pending":
        image.review, image.reviewed_at, image.priority = review, timezone.now(), None
        image.reason = "quality" if review == "rejected" else ""
    image.save(force_insert=True)
    if review != "pending":
        AuditEntry.objects.record(None, Action(review), image, reason=image.reason)
    return image
