"""What a storm came to, in figures."""

from __future__ import annotations

from collections import Counter
from statistics import median

from tests.chaos.checker import violations
from tests.chaos.facts import Facts
from tests.chaos.history import History


def figures(history: History) -> dict[str, str]:
    """One line each; every figure is counted anew from the raw history."""
    facts = Facts(history)
    storm, pages, statuses = history.storm, history.pages, facts.statuses
    found = violations(history)
    return {
        "storm": f"{storm['database']}, seed {storm['seed']}, commit {storm['commit']}{_build(history)}",
        "duration": f"{storm['seconds']:.0f} s, all ended after {storm['ended']:.0f} s",
        "accepted": f"{len(facts.accepted)} of {len(history.asked)} try-ons, {_pictures(facts)} pictures",
        "pressed": f"{sum(len(row.statuses) for row in history.asked)} times",
        "done": f"{statuses['done']}",
        "refused": f"{statuses['refused']}",
        "failed": f"{statuses['failed']}",
        "unknown": f"{statuses['unknown']} of at most {facts.could_be_unknown}",
        "lost": f"{sum(said.startswith('lost') for said in found)}",
        "billed": f"{sum(row.pictures for row in history.bill)} pictures, {_usd(history)} USD",
        "doubled": f"{sum(said.startswith('doubled') for said in found)}",
        "adopted": f"{history.ledger['adopted']} answers kept after the death of their worker",
        "kills": _counted(row.part.partition("-1")[0] for row in facts.killed),
        "moments met": _counted(row.aim for row in facts.killed if row.aim != "any"),
        "other blows": _counted(
            f"{row.kind} {_kind(row.part)}" for row in history.struck if row.kind != "kill"
        ),
        **_machines(facts),
        "faults met": f"{len(facts.met)}, {len(facts.ambiguous)} of them ambiguous",
        "held past the deadline": f"{storm['late']} calls, by a gateway that was too slow",
        "taken along by one death": _taken_along(facts),
        "whole a second before": _kept(facts),
        "pages": f"{pages['count']}, 19 of 20 within {pages['most']} s, {len(facts.failures)} failed",
        "violations": f"{len(found)}",
    }


def text(history: History) -> str:
    """The figures under each other, and then what was not kept."""
    rows = figures(history)
    wide = max(map(len, rows))
    lines = [f"{name:<{wide}}  {value}" for name, value in rows.items()]
    return "\n".join([*lines, *(f"NOT KEPT: {said}" for said in violations(history))]) + "\n"


def _build(history: History) -> str:
    return f", the wrong build {history.storm['build']!r}" if history.storm["build"] else ""


def _pictures(facts: Facts) -> int:
    return sum(row.wanted for row in facts.history.asked if row.tryon)


def _usd(history: History) -> str:
    return f"{sum(row.micros for row in history.bill) / 1_000_000:.2f}"


def _kind(part: str) -> str:
    return "calls" if part.startswith("calls") else part


def _counted(names) -> str:
    counts = Counter(map(_kind, names))
    whole = f"{counts.total()}: " if counts else "none"
    return whole + ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _machines(facts: Facts) -> dict[str, str]:
    """What became of whole machines; nothing to say where there was one."""
    if not facts.outages:
        return {}
    ends = {row.id: row.answered or 0 for row in facts.history.attempts}
    late = [ends[call] - outage.until for call, outage in facts.rested.items() if ends[call] > outage.at]
    down = sum(row.kind == "delete" for row in facts.history.struck)
    after = f", {max(late):.1f} s after its return at most" if late else ""
    return {
        "machines killed": f"{len(facts.outages)}, with {len(facts.rested)} whole answers in their spools",
        "adopted on return": f"{len(late)}{after}",
        "deleted": f"{len(facts.deleted)} try-ons, {down} of them while their answer lay on a machine that "
        f"was down; {sum(row.left for row in facts.deleted.values())} files left",
    }


def _taken_along(facts: Facts) -> str:
    calls = [len(row.calls) for row in facts.killed if row.part.startswith("calls")]
    if not calls:
        return "nobody died"
    return f"{min(calls)} calls at least, {median(calls):g} in the middle, {max(calls)} at most"


def _kept(facts: Facts) -> str:
    early = sum(facts.answered_in_time.values())
    kept = sum(min(count, facts.readable(nonce)) for nonce, count in facts.answered_in_time.items())
    return f"{early} pictures, {kept} of them in the gallery"
