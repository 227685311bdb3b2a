"""What follows from the rows of a history: by try-on, by generation, by blow."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

from tests.chaos.history import Charged, Failure, History, Kept, Made, Sent, Struck
from tests.chaos.schedule import AMBIGUOUS, FAULTS

A_SECOND = 1.0
AFTER_A_RESTART = 5.0  # seconds in which a page may fail because the database was just away


@dataclass
class Facts:
    """What follows from the rows of a history, by try-on."""

    history: History

    @cached_property
    def accepted(self) -> dict[str, str]:
        """Nonce -> id of each try-on that was answered as accepted."""
        return {row.nonce: row.tryon for row in self.history.asked if row.tryon}

    @cached_property
    def nonce_of(self) -> dict[str, str]:
        return {row.id: row.nonce for row in self.history.tryons}

    @cached_property
    def deleted(self) -> dict[str, Kept]:
        """By nonce; also those that were deleted while it was not known whether they were answered."""
        return {row.nonce: row for row in self.history.tryons if row.deleted}

    @cached_property
    def outages(self) -> list[Struck]:
        return [row for row in self.history.struck if row.kind == "machine"]

    @cached_property
    def rested(self) -> dict[str, Struck]:
        """Attempt -> the last outage of the machine in whose spool its whole answer rested."""
        return {call: outage for outage in self.outages for call in outage.rested}

    @cached_property
    def generations(self) -> dict[str, list[Made]]:
        """By nonce."""
        found: dict[str, list[Made]] = defaultdict(list)
        for row in self.history.generations:
            found[self.nonce_of.get(row.tryon, "")].append(row)
        return found

    @cached_property
    def attempts(self) -> dict[str, list[Sent]]:
        """By generation, in the order in which they were sent."""
        found: dict[str, list[Sent]] = defaultdict(list)
        for row in self.history.attempts:
            found[row.generation].append(row)
        return found

    @cached_property
    def bill(self) -> dict[str, list[Charged]]:
        """By nonce."""
        found: dict[str, list[Charged]] = defaultdict(list)
        for row in self.history.bill:
            found[row.nonce].append(row)
        return found

    def billed(self, nonce: str) -> int:
        return sum(row.pictures for row in self.bill[nonce])

    @cached_property
    def statuses(self) -> Counter[str]:
        """How the generations of accepted try-ons stand."""
        return Counter(row.status for nonce in self.accepted for row in self.generations[nonce])

    @cached_property
    def met(self) -> dict[str, str]:
        """Nonce -> fault, of those that a call has met."""
        unused = set(self.history.storm["unused"])
        return {row.nonce: row.fault for row in self.history.asked if row.fault and row.nonce not in unused}

    @cached_property
    def ambiguous(self) -> list[str]:
        return [nonce for nonce, fault in self.met.items() if fault in AMBIGUOUS]

    @cached_property
    def killed(self) -> list[Struck]:
        return [row for row in self.history.struck if row.kind == "kill"]

    @cached_property
    def taken_along(self) -> dict[str, Struck]:
        """Attempt -> the first blow that took it along: a kill or a pause of its worker, or the database."""
        found: dict[str, Struck] = {}
        for blow in self.history.struck:
            calls = blow.calls
            if blow.kind == "restart":
                calls = [row.id for row in self.history.attempts if _is_open(row, blow)]
            for call in calls:
                found.setdefault(call, blow)
        return found

    @property
    def could_be_unknown(self) -> int:
        """Ambiguous faults, answers that nobody can open, calls in flight at a blow, or held for too long."""
        unreadable = sum(row.reason == "unreadable" for row in self.unknown())
        known = len(self.ambiguous) + unreadable + len(self.taken_along)
        return known + int(self.history.storm["late"])

    def is_explained(self, row: Made) -> bool:
        if row.reason == "unreadable":
            return self.met.get(self.nonce_of[row.tryon]) == "no picture"
        struck = any(sent.id in self.taken_along for sent in self.attempts[row.id])
        return struck or self.nonce_of[row.tryon] in self.ambiguous

    def unknown(self) -> list[Made]:
        return [row for row in self.history.generations if row.status == "unknown"]

    @cached_property
    def answered_in_time(self) -> dict[str, int]:
        """Nonce -> pictures answered whole a second before the worker was struck, or its time was up."""
        return {nonce: self._in_time(nonce, rows) for nonce, rows in self.bill.items()}

    def _in_time(self, nonce: str, rows: list[Charged]) -> int:
        """Each call that was given up excuses one answer that came too late for it."""
        calls = [sent for made in self.generations[nonce] for sent in self.attempts[made.id]]
        given_up = [call for call in calls if call.status == "unknown"]
        hung = FAULTS["hang"]["seconds"] if self.met.get(nonce) == "hang" else 0
        pictures = 0
        for row in rows:
            at = row.at + hung
            late = (call for call in given_up if call.sent <= at and self._end_of(call) - at < A_SECOND)
            if row.delivered == "ok" and (call := next(late, None)):
                given_up.remove(call)
            elif row.delivered == "ok":
                pictures += row.pictures
        return pictures

    def _end_of(self, call: Sent) -> float:
        """When its worker could listen no longer."""
        up = call.sent + self.history.storm["times"]["GENERATION_SECONDS"]
        return min([up, *(blow.at for blow in self.history.struck if call.id in blow.calls)])

    @property
    def failures(self) -> list[Failure]:
        """Pages that failed while the database was there."""
        restarts = [row for row in self.history.struck if row.kind == "restart"]
        away = [(row.at, row.until + AFTER_A_RESTART) for row in restarts]
        return [row for row in self.history.failures if not any(a <= row.at <= b for a, b in away)]

    def readable(self, nonce: str) -> int:
        return sum(row.readable for row in self.generations[nonce])


def _is_open(row: Sent, blow: Struck) -> bool:
    return row.sent <= blow.until and (row.answered is None or row.answered >= blow.at)
