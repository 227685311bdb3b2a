"""Whether entries, generations and budgets tell the same; and what staff find out of unknown outcomes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from tryon.accounts.models import User
from tryon.models import Attempt, Budget, Entry, Generation
from tryon.models.money.budget import counted_before, counts_pictures
from tryon.models.money.price import usd
from tryon.models.states import UNFINISHED, GenerationStatus, Settled

SETTLED = register_action("settled", _("Unknown outcome settled"))
MOST_NAMED = 20  # disagreements that are told one by one


class Sums(NamedTuple):
    """What is set aside, spent and perhaps spent: micro-USD, or pictures for owners and addresses."""

    reserved: int = 0
    spent: int = 0
    at_risk: int = 0

    def plus(self, other: Sums) -> Sums:
        return Sums(*(mine + its for mine, its in zip(self, other, strict=True)))


def resolve_by_staff(generation: Generation, made: bool, by: User) -> bool:
    """Staff know whether a lost call was charged; False when it was settled, or its answer found, before."""
    settled = Settled.MADE if made else Settled.NOT_MADE
    with transaction.atomic():  # no money moves without a line that says who moved it
        if not generation.resolve_by_staff(settled):
            return False
        money = generation.reserved_micros
        AuditEntry.objects.record(by, SETTLED, generation, outcome=settled.value, micros=money)
    return True


def totals(since: dt.datetime, until: dt.datetime) -> Sums:
    """How each column changed in a period, in micro-USD."""
    columns = {column: Sum(f"{column}_micros", default=0) for column in Sums._fields}
    return Sums(**Entry.objects.filter(at__gte=since, at__lt=until).aggregate(**columns))


def disagreements() -> list[str]:
    """Each place where the books do not tell the same, in words; empty when all is right.

    Reads every generation, in one snapshot: seconds for 100,000 of them. Meanwhile others write.
    """
    with _snapshot():
        found = list(_disagreements())
    left = len(found) - MOST_NAMED
    return found if left <= 0 else [*found[:MOST_NAMED], f"and {left} more"]


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment of all tables, for reading; it keeps nobody from writing."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")  # atomic() would take SQLite's one lock for writing
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _disagreements() -> Iterator[str]:
    # The database adds up first; then one pass over the generations, which are read in parts.
    entered = _entered()
    paid = _paid()
    budgets: defaultdict[tuple[str, str], Sums] = defaultdict(Sums)
    of_row = ("pk", "status", "settled", "reserved_micros", "count")
    columns = (*of_row, "created_at", "tryon__owner", "budget_keys", "address_keys")
    for row in Generation.objects.values_list(*columns, named=True).iterator(2000):
        spent = paid.get(row.pk, (0, 0))
        money = _expected(row, row.reserved_micros, spent[0])
        if entered.get(row.pk, Sums()) != money:
            booked = in_words(entered.get(row.pk, Sums()))
            yield f"generation {row.pk}, {row.status}: {in_words(money)} by its row, {booked} in the ledger"
        pictures = _expected(row, row.count, spent[1])
        for scope, period in _counted_in(row):
            sums = pictures if counts_pictures(scope) else money
            budgets[scope, period] = budgets[scope, period].plus(sums)
    yield from _wrong_budgets(budgets)


def _counted_in(row: Any) -> list[list[str]]:
    """The scopes and periods of the budget rows that it says it counts in."""
    if row.budget_keys is None:
        return [key.stored for key in counted_before(row.tryon__owner, row.created_at)]
    return [*row.budget_keys, *(row.address_keys or ())]


def _expected(row: Any, set_aside: int, paid: int) -> Sums:
    """What its state says, in the money or the pictures that were set aside and paid for."""
    if row.status in UNFINISHED:
        return Sums(reserved=set_aside)
    if row.status == GenerationStatus.UNKNOWN:
        return {
            "": Sums(at_risk=set_aside),
            Settled.MADE: Sums(spent=set_aside),
            Settled.NOT_MADE: Sums(),
        }[row.settled]
    return Sums(spent=paid) if row.status in (GenerationStatus.DONE, GenerationStatus.REFUSED) else Sums()


def _entered() -> dict[uuid.UUID, Sums]:
    columns = [Sum(f"{column}_micros") for column in Sums._fields]
    rows = Entry.objects.order_by().values_list("generation").annotate(*columns)
    return {generation: Sums(*sums) for generation, *sums in rows.iterator(2000)}


def _paid() -> dict[uuid.UUID, tuple[int, int]]:
    """What the answers to each generation cost, and how many pictures they brought."""
    answered = Attempt.objects.filter(pictures__gt=0).order_by().values_list("generation")
    rows = answered.annotate(micros=Sum(F("price_micros") * F("pictures")), made=Sum("pictures"))
    return {generation: (micros, pictures) for generation, micros, pictures in rows.iterator(2000)}


def _wrong_budgets(expected: dict[tuple[str, str], Sums]) -> Iterator[str]:
    rows = {(row.scope, row.period): row for row in Budget.objects.all()}
    for key in sorted({*rows, *expected}):
        row = rows.get(key) or Budget(scope=key[0], period=key[1])
        booked, sums = Sums(row.reserved, row.spent, row.at_risk), expected.get(key, Sums())
        if booked != sums:
            yield f"budget {row}: {_words(row, booked)} in its row, {_words(row, sums)} by its generations"


def _words(budget: Budget, sums: Sums) -> str:
    return str(tuple(sums)) if budget.counts_pictures else in_words(sums)


def in_words(sums: Sums) -> str:
    """ "reserved $0.067, spent $1.005, at risk $0.000" of micro-USD."""
    told = zip(("reserved", "spent", "at risk"), sums, strict=True)
    return ", ".join(f"{name} {usd(micros)}" for name, micros in told)
