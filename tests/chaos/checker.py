"""Judges a history: the gateway's own bill against what the product says, for each try-on by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.chaos.facts import A_SECOND, Facts
from tests.chaos.history import History

ENDED = ("done", "refused", "failed", "unknown", "cancelled")
WAITS_AT_MOST = 60.0  # seconds from the broker's return to the end of what waited for it
ADOPTED_AT_MOST = 60.0  # seconds from a machine's return to the adoption of the answers in its spool


def violations(history: History) -> list[str]:
    """What was promised and not kept, a sentence each; none at all is the proof."""
    facts = Facts(history)
    return [f"{name}: {said}" for name, rule in RULES.items() for said in rule(facts)]


def _lost(facts: Facts) -> Iterator[str]:
    """Everything accepted is there and has ended."""
    known = {row.id for row in facts.history.tryons}
    for nonce, pk in facts.accepted.items():
        if pk not in known:
            yield f"{nonce} was accepted and is not there"
    wanted = {row.nonce: row.wanted for row in facts.history.asked}
    for nonce in facts.accepted:
        rows = facts.generations[nonce]
        if any(row.status not in ENDED for row in rows):
            yield f"{nonce} has not ended: {', '.join(row.status for row in rows)}"
        if sum(row.count for row in rows) != wanted[nonce]:
            yield f"{nonce} asked for {wanted[nonce]} pictures, and {sum(row.count for row in rows)} are kept"


def _twice_accepted(facts: Facts) -> Iterator[str]:
    """A form is one try-on, however often it was sent."""
    for nonce, count in Counter(row.nonce for row in facts.history.tryons).items():
        if count > 1:
            yield f"{nonce} is there {count} times"


def _doubled(facts: Facts) -> Iterator[str]:
    """No try-on is billed for more pictures than it asked for."""
    wanted = {row.nonce: row.wanted for row in facts.history.asked}
    for nonce in facts.bill:
        if nonce not in wanted:
            yield f"a row of the bill names {nonce or 'no try-on'}, which nobody asked for"
        elif facts.billed(nonce) > wanted[nonce]:
            yield f"{nonce} asked for {wanted[nonce]} pictures and was billed for {facts.billed(nonce)}"


def _unknown(facts: Facts) -> Iterator[str]:
    """Unknown is only what nobody can know: after an ambiguous fault, or with a worker that was struck."""
    if len(facts.unknown()) > facts.could_be_unknown:
        yield f"{len(facts.unknown())} unknown, and no more than {facts.could_be_unknown} could not be known"
    unexplained = [row for row in facts.unknown() if not facts.is_explained(row)]
    for row in unexplained[facts.history.storm["late"] :]:
        nonce = facts.nonce_of[row.tryon]
        met = facts.met.get(nonce, "no fault")
        yield f"{nonce} is unknown, and what its call met is not ambiguous ({met})"


def _kept(facts: Facts) -> Iterator[str]:
    """What was answered whole a second before its worker was struck is in the gallery."""
    for nonce, pictures in facts.answered_in_time.items():
        if facts.readable(nonce) < pictures and nonce not in facts.deleted:
            yield f"{nonce} was answered {pictures} pictures, and has {facts.readable(nonce)} in the gallery"


def _money(facts: Facts) -> Iterator[str]:
    """For each try-on: what is booked was billed, and what was billed is booked or named as at risk."""
    for nonce, rows in facts.generations.items():
        attempts = [sent for row in rows for sent in facts.attempts[row.id]]
        spent = sum(row.pictures * row.price for row in attempts)
        at_risk = sum(row.reserved for row in rows if row.status == "unknown")
        billed = sum(row.micros for row in facts.bill[nonce])
        if billed > spent + at_risk:
            yield f"{nonce} was billed {billed}, and only {spent} + {at_risk} at risk are in the books"
        if spent > billed:
            yield f"{nonce} has {spent} in the books, and was billed {billed}"


def _books(facts: Facts) -> Iterator[str]:
    """The site's own sums are those of its rows."""
    ledger = facts.history.ledger
    yield from ledger["disagreements"]
    sums = {
        "reserved": sum(row.reserved for row in facts.history.generations if row.status not in ENDED),
        "at_risk": sum(row.reserved for row in facts.unknown()),
        "spent": sum(row.pictures * row.price for row in facts.history.attempts),
    }
    for name, whole in sums.items():
        if ledger[name] != whole:
            yield f"{name} is {ledger[name]} in the site's books, and {whole} by its rows"
    if sums["reserved"]:
        yield f"{sums['reserved']} is still reserved"


def _old_truth(facts: Facts) -> Iterator[str]:
    """What ended a generation was sent under its last claim, and nothing was sent twice under one."""
    for row in facts.history.generations:
        sent = facts.attempts[row.id]
        fences = [attempt.fence for attempt in sent]
        if len(set(fences)) < len(fences):
            yield f"{row.id} was sent twice under one claim"
        if row.status in ("done", "refused", "unknown") and sent and max(fences) != row.fence:
            yield f"{row.id} was ended by claim {max(fences)}, which claim {row.fence} had taken over"
        if sum(attempt.status in ("ok", "refused") for attempt in sent) > 1:
            yield f"{row.id} was answered more than once"


def _pages(facts: Facts) -> Iterator[str]:
    """No page fails, but while the database is away."""
    for row in facts.failures:
        yield f"{row.path} answered {row.status} after {row.at} s"
    storm = facts.history.storm
    if storm["order"]["no_redis"]:
        if facts.history.pages["most"] >= A_SECOND:
            yield f"without a broker a page took {facts.history.pages['most']} s"
        if storm["ended"] - storm["seconds"] > WAITS_AT_MOST:
            waited = storm["ended"] - storm["seconds"]
            yield f"what waited for the broker took {waited:.0f} s after its return"


def _adopted(facts: Facts) -> Iterator[str]:
    """A whole answer in the spool of a machine that died is settled soon after its return."""
    ends = {row.id: row for row in facts.history.attempts}
    for call, outage in facts.rested.items():
        end = ends[call]
        unreadable = end.http == 200 and end.status == "unknown"
        if end.status not in ("ok", "refused") and not unreadable:
            yield f"the answer to {call} rested in the spool of {outage.part}, and it is {end.status}"
        elif end.answered is None or end.answered > outage.until + ADOPTED_AT_MOST:
            yield f"{call} was adopted at {end.answered} s, and {outage.part} was back at {outage.until} s"


def _deleted(facts: Facts) -> Iterator[str]:
    """What was deleted is gone from every machine, also from one that was down."""
    for row in facts.history.asked:
        if row.deleted is not None and row.nonce not in facts.deleted:
            yield f"{row.nonce} was deleted after {row.deleted} s, and is there"
    for nonce, kept in facts.deleted.items():
        if kept.left or facts.readable(nonce):
            yield f"{nonce} is deleted, and {kept.left} of its files are left"


RULES = {
    "lost": _lost,
    "accepted twice": _twice_accepted,
    "doubled": _doubled,
    "unknown": _unknown,
    "answered, not kept": _kept,
    "money": _money,
    "books": _books,
    "old truth": _old_truth,
    "pages": _pages,
    "not adopted": _adopted,
    "not deleted": _deleted,
}
