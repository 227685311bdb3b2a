"""What must be true after every step; each function gives sentences about what is not."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.files.storage import default_storage
from django.db.models import F

from gallery.models import Image
from tests.tryon.pipeline.machine.shop import ADDRESS
from tests.tryon.pipeline.machine.wire import Wire
from tryon.billing import reconcile
from tryon.models import Attempt, Budget, Generation, Result, TryOn

Key = tuple[str, str]


@dataclass
class Books:
    """All rows at one moment."""

    generations: list[Generation]
    attempts: list[Attempt]
    budgets: list[Budget]
    tryons: dict[uuid.UUID, TryOn]

    @classmethod
    def now(cls) -> Books:
        return cls(
            list(Generation.objects.all()),
            list(Attempt.objects.all()),
            list(Budget.objects.all()),
            TryOn.objects.in_bulk(),
        )


@dataclass
class Memory:
    """What was true a step ago."""

    ended: dict[uuid.UUID, str] = field(default_factory=dict)
    settled: dict[uuid.UUID, str] = field(default_factory=dict)
    fences: dict[uuid.UUID, int] = field(default_factory=dict)


def broken(books: Books, wire: Wire, memory: Memory) -> list[str]:
    return [
        *wire.wrongs,
        *_paid_twice(books, wire),
        *_booked_wrong(books, wire),
        *_wrong_budgets(books),
        *reconcile.disagreements(),
        *_wrong_states(books),
        *_changed_after_the_end(books, memory),
        *_deleted_and_still_there(),
    ]


def _paid_twice(books: Books, wire: Wire) -> Iterator[str]:
    """Each try-on: billed <= asked x (1 + explicit run-agains); each attempt is sent once."""
    asked: defaultdict[uuid.UUID, int] = defaultdict(int)
    billed: defaultdict[uuid.UUID, int] = defaultdict(int)
    tryons = {row.pk: row.tryon_id for row in books.generations}
    for row in books.generations:
        asked[row.tryon_id] += row.count
    for attempt in books.attempts:
        # What came beyond the question is the gateway's own doing.
        billed[tryons[attempt.generation_id]] += min(
            wire.billed[str(attempt.pk)], wire.asked.get(str(attempt.pk), 0)
        )
    for pk, count in billed.items():
        if count > asked[pk]:
            yield f"{books.tryons[pk]}: {count} pictures billed, {asked[pk]} asked for"
    for pk, tryon in books.tryons.items():
        first = sum(row.count for row in books.generations if row.tryon_id == pk and not row.repeats_id)
        if first != tryon.wanted:
            yield f"{tryon}: {first} pictures to be made, {tryon.wanted} wanted"
    yield from (f"attempt {pk} was sent {n} times" for pk, n in wire.billed_calls.items() if n > 1)


def _booked_wrong(books: Books, wire: Wire) -> Iterator[str]:
    """Every charge is in the books, as spent or as at risk; nothing else is."""
    known = {str(attempt.pk): attempt for attempt in books.attempts}
    yield from (f"attempt {pk} was billed and is in no row" for pk in wire.billed if pk not in known)
    per_generation: defaultdict[uuid.UUID, int] = defaultdict(int)
    for pk, attempt in known.items():
        billed = wire.billed[pk]
        per_generation[attempt.generation_id] += bool(billed)
        if attempt.status in ("ok", "refused") and attempt.pictures != billed:
            yield f"{attempt}, {attempt.status}: {billed} billed, {attempt.pictures} booked"
        if attempt.status in ("rejected", "unbilled", "settled_not_made") and billed:
            yield f"{attempt}, {attempt.status}: {billed} billed, nothing booked"
    yield from (f"generation {pk} was billed {n} times" for pk, n in per_generation.items() if n > 1)


def _wrong_budgets(books: Books) -> Iterator[str]:
    """Each budget row is the sum of what its generations have reserved, spent and at risk."""
    expected: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    paid: defaultdict[uuid.UUID, list[int]] = defaultdict(lambda: [0, 0])
    for attempt in books.attempts:
        if attempt.status in ("ok", "refused"):
            paid[attempt.generation_id][0] += attempt.pictures * attempt.price_micros
            paid[attempt.generation_id][1] += attempt.pictures
    for row in books.generations:
        owner = books.tryons[row.tryon_id].owner_id
        for key, in_pictures in _rows_of(row, owner):
            for column, part in enumerate(_parts(row, paid[row.pk], in_pictures)):
                expected[key][column] += part
    found = {(row.scope, row.period): [row.reserved, row.spent, row.at_risk] for row in books.budgets}
    for key in {*found, *expected}:
        if found.get(key, [0, 0, 0]) != expected[key]:
            yield f"budget {key}: {found.get(key)} in its row, {expected[key]} by its generations"
    yield from (f"budget {key}: below nothing" for key, columns in found.items() if min(columns) < 0)


def _rows_of(row: Generation, owner: int) -> Iterator[tuple[Key, bool]]:
    yield ("site month", f"{row.created_at:%Y-%m}"), False
    yield ("site day", f"{row.created_at:%Y-%m-%d}"), False
    yield (f"owner {owner} day", f"{row.created_at:%Y-%m-%d}"), True
    # Who was a guest when it was accepted is told by the row alone; an address only for two days.
    if ["guests day", f"{row.created_at:%Y-%m-%d}"] in row.budget_keys:
        yield ("guests month", f"{row.created_at:%Y-%m}"), False
        yield ("guests day", f"{row.created_at:%Y-%m-%d}"), False
    if row.address_keys:
        yield (f"address {ADDRESS} day", f"{row.created_at:%Y-%m-%d}"), True
        yield (f"address {ADDRESS} hour", f"{row.created_at:%Y-%m-%dT%H}"), True


def _parts(row: Generation, paid: list[int], in_pictures: bool) -> tuple[int, int, int]:
    """Reserved, spent, at risk."""
    set_aside = row.count if in_pictures else row.reserved_micros
    unfinished = row.status in ("queued", "running")
    at_risk = row.status == "unknown" and not row.settled
    lost = set_aside * (row.settled == "made")
    return set_aside * unfinished, paid[in_pictures] + lost, set_aside * at_risk


def _wrong_states(books: Books) -> Iterator[str]:
    running = {row.pk: row for row in books.generations if row.status == "running"}
    yield from (f"{row} runs without a lease" for row in running.values() if row.lease_until is None)
    for attempt in books.attempts:
        row = running.get(attempt.generation_id)
        if attempt.status == "sending" and not (row and row.fence == attempt.fence):
            yield f"{attempt} is open, and no claim holds its generation"


def _changed_after_the_end(books: Books, memory: Memory) -> Iterator[str]:
    for row in books.generations:
        before = memory.ended.get(row.pk)
        allowed = ("unknown", "done", "refused") if before == "unknown" else (before,)
        if before and row.status not in allowed:
            yield f"{row} had ended as {before}, and is {row.status}"
        if row.is_ended:
            memory.ended[row.pk] = row.status
        if row.fence < memory.fences.get(row.pk, 0):
            yield f"{row}: its fence fell"
        memory.fences[row.pk] = row.fence
    for attempt in books.attempts:
        was = memory.settled.get(attempt.pk)
        if was and was != attempt.status:
            yield f"{attempt} was {was}, and is {attempt.status}"
        if attempt.status not in Attempt.ADOPTABLE:
            memory.settled[attempt.pk] = attempt.status


def _deleted_and_still_there() -> Iterator[str]:
    """Whoever deleted a try-on sees none of its pictures, whatever comes later."""
    left = Result.objects.filter(image__deleted_at=None, generation__tryon__deleted_at__isnull=False)
    yield from (f"{row.image} of a deleted try-on is there" for row in left)


# When all has come to rest --------------------------------------------------------------------------
def broken_at_rest(wire: Wire) -> list[str]:
    return [*_thrown_away(wire), *_bytes_left(), *_bytes_missing()]


def _thrown_away(wire: Wire) -> Iterator[str]:
    """Every answer that was whole on the disk is kept, or was dropped because its owner deleted it."""
    for attempt in Attempt.objects.filter(pk__in=wire.spooled).select_related("generation"):
        if attempt.raw_answer:
            continue  # it cannot be opened: it is kept as it came, for staff
        if attempt.status not in ("ok", "refused"):
            yield f"{attempt}: its answer was on the disk, and it is {attempt.status}"
        row = attempt.generation
        kept = row.results.count() if attempt.status == "ok" else attempt.pictures
        if not row.dropped_at and kept != attempt.pictures:
            yield f"{attempt}: {attempt.pictures} paid, {kept} kept"


def _bytes_left() -> Iterator[str]:
    """A deleted try-on leaves no picture behind."""
    for attempt in Attempt.objects.exclude(generation__tryon__deleted_at=None):
        for number in range(1, 1 + max(attempt.pictures, 4)):
            name = f"originals/{attempt.pk.hex[:2]}/{attempt.pk.hex}-{number}.jpg"
            if default_storage.exists(name):
                yield f"{name} of a deleted try-on is on the disk"


def _bytes_missing() -> Iterator[str]:
    for image in Image.objects.present():
        if not default_storage.exists(image.original.name):
            yield f"{image} has lost its bytes"


# Caps -----------------------------------------------------------------------------------------------
def over_a_cap(newest: Generation) -> list[str]:
    """Right after something was accepted: its rows. Others may be over: a price rose, a guest logged in."""
    keys = [key for key, _ in _rows_of(newest, newest.tryon.owner_id)]
    rows = Budget.objects.exclude(cap=None).filter(cap__lt=F("reserved") + F("spent") + F("at_risk"))
    return [f"{row}: {row.taken} of {row.cap}" for row in rows if (row.scope, row.period) in keys]
