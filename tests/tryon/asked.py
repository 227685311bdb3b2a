"""Try-ons of every way of asking with their inputs, for the pages that show them."""

from __future__ import annotations

from gallery.models import Image
from tests.factories import make_reference, make_tryon
from tryon.accounts.models import User
from tryon.models import Attempt, ImageInput, Reference, Result, TryOn, TryOnInput
from tryon.pipeline import references

WORDS = "at night, in the rain"
COAT = "https://images.shop.example.com/coat.jpg?w=800&h=1200"
HOST = "images.shop.example.com"
LINKED = f"Linked picture at {HOST}"


def photo(owner: User) -> Reference:
    return make_reference(owner, "other")


def link(owner: User, kind: str = "garment", **fields) -> Reference:
    reference = references.keep_link(owner, kind, COAT, **fields)
    reference.consent("picture", "test")
    return reference


def asked_for(owner: User, mode: str, *inputs: Reference, status: str = "done", **fields) -> TryOn:
    """A try-on of this mode from these pictures, and where it is done, with the attempt that made it."""
    tryon = make_tryon(owner, status)
    tryon.inputs.all().delete()
    usual = {"mode": mode, "note": "" if mode == "try_on" else WORDS}
    TryOn.objects.filter(pk=tryon.pk).update(**(usual | fields))
    for position, reference in enumerate(inputs, 1):
        TryOnInput.objects.create(
            tryon=tryon, reference=reference, position=position, **_place(mode, reference)
        )
    if status == "done":
        Attempt.objects.create(
            generation=tryon.generations.get(),
            fence=1,
            status="ok",
            model="google/the-one-that-made-it",
            prompt="p",
            prompt_version=f"{mode}-9",
            sent_as="2 files, 1 link",
        )
        ImageInput.objects.fill(100)
    tryon.refresh_from_db()
    return tryon


def _place(mode: str, reference: Reference) -> dict[str, str]:
    if mode != "try_on":
        return {"role": "picture"}
    return {"role": "person" if reference.kind == "person" else reference.category}


def picture_of(tryon: TryOn) -> Image:
    return Result.objects.get(generation__tryon=tryon).image
