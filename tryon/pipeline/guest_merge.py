"""Move all that a guest has made to an account, in one transaction, without losing a picture or a cent."""

from __future__ import annotations

import uuid

from django.db import transaction

from gallery.models import Image, ShareLink
from tryon.accounts.models import User
from tryon.models import Budget, Generation, ImageInput, Reference, TryOn, TryOnInput
from tryon.models.money.budget import owner_day


def merge_guest_into_account(guest: User, account: User) -> None:
    """References, try-ons, pictures, links and today's allowance of `guest` become the account's."""
    with transaction.atomic():  # all of it changes hands in one moment; running calls see one owner
        User.objects.lock(guest.pk)  # what is being accepted comes along, and what comes later stays
        moved = _move_tryons(guest, account)
        _move_references(guest, account)
        Image.objects.filter(owner=guest).update(owner=account)
        ImageInput.objects.filter(owner=guest).update(owner=account)
        ShareLink.objects.filter(owner=guest).update(owner=account)
        # What the guest used counts for the account, and its running calls settle there from now on. What
        # they took of the guests' share and of their address stays where it was taken.
        theirs, mine = owner_day(guest.pk), owner_day(account.pk)
        Generation.objects.filter(tryon__in=moved).recount(theirs, mine)
        Budget.objects.merge(theirs, mine)


def _move_tryons(guest: User, account: User) -> list[uuid.UUID]:
    """Which they are. A form sent once as a guest and once signed in made two with one key: both stay."""
    moved = list(TryOn.objects.filter(owner=guest).values_list("pk", flat=True))
    theirs = TryOn.objects.filter(owner=account).values("key")
    for tryon in TryOn.objects.filter(owner=guest, key__in=theirs):
        TryOn.objects.filter(pk=tryon.pk).update(key=uuid.uuid4().hex)
    TryOn.objects.change_owner(guest, account)
    return moved


def _move_references(guest: User, account: User) -> None:
    """A photo that both had uploaded is kept once: the account's row takes the guest's place everywhere."""
    for reference in Reference.objects.owned_by(guest):
        same = (
            Reference.objects.owned_by(account).filter(kind=reference.kind, sha256=reference.sha256).first()
        )
        if same:  # the constraint would refuse a second row of one owner, kind and bytes
            _replace(reference, same)
    Reference.objects.filter(owner=guest).update(owner=account)


def _replace(double: Reference, kept: Reference) -> None:
    TryOnInput.objects.filter(reference=double).update(reference=kept)
    double.image_inputs.update(reference=kept)
    for consent in double.consents.all():
        if not kept.consents.filter(role=consent.role, text_version=consent.text_version).exists():
            consent.move_to(kept)
    if double.source_type:
        kept.remember_source(double.source_type)
    kept.touch()
    double.wipe()
    transaction.on_commit(double.remove_files, robust=True)
