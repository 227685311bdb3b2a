"""What is to happen when, drawn from the seed: the same order gives the same storm."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.chaos.order import Order

CALLS = ("calls-1", "calls-2", "calls-3")
MACHINES = {"machine-1": CALLS[:2], "machine-2": CALLS[2:]}  # where there are two
SHORT_OUTAGE = 4.0  # seconds: a machine that only starts anew
# Where a kill falls, beside those of the broker: mostly on what has paid calls in hand.
TARGETS = {"calls": 9, "web-worker": 5, "renditions": 2, "upkeep": 2, "beat": 2, "web": 1}
AIMS = {"any": 6, "calling": 6, "answering": 3, "answered": 5}
LATENCIES = (0.2, 1.5)  # seconds
CONSIDERED = {"Retry-After": "1"}

# Faults after which nobody can know whether the call was carried out and charged.
AMBIGUOUS: dict[str, dict[str, Any]] = {
    "answered 500": {"fault": "status", "status": 500},
    "answered 500, billed": {"fault": "status", "status": 500, "billed": True},
    "answered 502": {"fault": "status", "status": 502},
    "page 502": {"fault": "html", "status": 502},
    "page 504, billed": {"fault": "html", "status": 504, "billed": True},
    "drop before": {"fault": "drop_before"},
    "drop after": {"fault": "drop_after"},
    "cut": {"fault": "truncate"},
    "cut JSON": {"fault": "truncate_json"},
}
PLAIN: dict[str, dict[str, Any]] = {
    "answered 429": {"fault": "status", "status": 429, "headers": CONSIDERED},
    "answered 429 twice": {"fault": "status", "status": 429, "headers": CONSIDERED, "times": 2},
    "answered 503": {"fault": "status", "status": 503, "headers": CONSIDERED},
    "answered 503 twice": {"fault": "status", "status": 503, "headers": CONSIDERED, "times": 2},
    "hang": {"fault": "hang", "seconds": 3},
    "empty": {"fault": "empty"},
    "fewer": {"fault": "fewer"},
    "no picture": {"fault": "not_a_picture"},
    "file gone": {"fault": "file_gone", "delete": True},
    "file gone, by its id": {"fault": "file_gone", "shape": "id"},
    "JPEG": {"fault": "jpeg"},
    "data URL": {"fault": "data_url"},
}
FAULTS = AMBIGUOUS | PLAIN
UPLOAD_FAULTS: tuple[dict[str, Any], ...] = (
    {"on": "files", "fault": "status", "status": 503},
    {"on": "files", "fault": "drop_before"},
    {"on": "files", "fault": "drop_after"},
)


@dataclass(frozen=True, slots=True)
class Job:
    """One try-on that somebody asks for; `fault` names what the gateway does to its first call.

    `at` is the part of the storm, from 0 to 1, that is over by then.
    """

    at: float
    nonce: str
    key: str
    wanted: int
    clicks: int
    own_photo: bool
    fault: str
    upload_fault: int | None
    deleted_after: float | None = None  # seconds from its acceptance


class Blow(NamedTuple):
    """What is done to the product: `part` is a process or what it belongs to, `aim` the moment waited for."""

    at: float  # the part of the storm, from 0 to 1, that is over by then
    kind: str  # kill | pause | empty | restart | stop | latency | machine
    part: str = ""
    aim: str = "any"
    seconds: float = 0  # of a pause or an outage; of a call, for latency


@dataclass(frozen=True, slots=True)
class Schedule:
    jobs: list[Job]
    blows: list[Blow]


def drawn(order: Order, pauses: tuple[float, float]) -> Schedule:
    """The schedule of an order; `pauses` are the two lengths of a pause, past either lease."""
    chance = random.Random(f"{order.seed} {order.database}")
    jobs = [_job(chance, order, number) for number in range(order.jobs)]
    blows = [*_kills(chance, order), *_others(chance, order, pauses), *_latencies(chance, order)]
    blows += [*_restarts_in_turn(order), *_outages(chance, order, pauses)]
    return Schedule(sorted(jobs, key=lambda job: job.at), sorted(blows))


def _job(chance: random.Random, order: Order, number: int) -> Job:
    return Job(
        at=round(chance.random(), 4),
        nonce=f"k{order.seed}n{number:04d}z",
        key=f"{chance.getrandbits(128):032x}",
        wanted=chance.choice((2, 3, 4)) if chance.random() < 0.1 else 1,
        clicks=2 if chance.random() < 0.1 else 1,
        own_photo=chance.random() < order.photos,
        fault=chance.choice(list(FAULTS)) if chance.random() < order.faults else "",
        upload_fault=chance.randrange(len(UPLOAD_FAULTS)) if chance.random() < order.faults / 8 else None,
        deleted_after=_deletion(chance, order),
    )


def _deletion(chance: random.Random, order: Order) -> float | None:
    if not order.deletions or chance.random() >= order.deletions:
        return None
    return round(chance.uniform(0, 4), 2)


def _kills(chance: random.Random, order: Order) -> list[Blow]:
    others = order.kills - order.broker_kills
    parts = chance.choices(list(TARGETS), list(TARGETS.values()), k=others) + ["broker"] * order.broker_kills
    return [Blow(_moment(chance), "kill", _one_of(chance, part), _aim(chance, part)) for part in parts]


def _one_of(chance: random.Random, part: str) -> str:
    return chance.choice(CALLS) if part == "calls" else part


def _aim(chance: random.Random, part: str) -> str:
    return chance.choices(list(AIMS), list(AIMS.values()))[0] if part == "calls" else "any"


def _others(chance: random.Random, order: Order, pauses: tuple[float, float]) -> list[Blow]:
    restarts = order.restarts if order.database == "postgres" else 0
    paused = [
        Blow(
            _moment(chance),
            "pause",
            chance.choice([*CALLS, *CALLS, "renditions", "upkeep"]),
            chance.choice(("calling", "claimed")),
            chance.choice(pauses),
        )
        for _ in range(order.pauses)
    ]
    emptied = [Blow(_moment(chance), "empty", "broker") for _ in range(order.empties)]
    restarted = [Blow(_moment(chance), "restart", "database") for _ in range(restarts)]
    return paused + emptied + restarted


def _latencies(chance: random.Random, order: Order) -> list[Blow]:
    changes = max(10, order.jobs // 5)
    return [
        Blow(n / changes, "latency", seconds=round(chance.uniform(*LATENCIES), 2)) for n in range(changes)
    ]


def _restarts_in_turn(order: Order) -> list[Blow]:
    if not order.rolling:
        return []
    parts = (*CALLS, "renditions", "upkeep", "beat", "web")
    turns = int(order.seconds / order.rolling)
    return [Blow((n + 1) / (turns + 1), "stop", parts[n % len(parts)]) for n in range(turns)]


def _outages(chance: random.Random, order: Order, pauses: tuple[float, float]) -> list[Blow]:
    """Whole machines, in turn: gone for a moment, or for longer than any lease."""
    names, lengths = list(MACHINES), (SHORT_OUTAGE, max(pauses))
    return [
        Blow(
            (n + 0.5) / order.machine_kills,
            "machine",
            names[n % len(names)],
            "any" if n % 4 == 3 else "answered",
            lengths[n // 2 % 2],
        )
        for n in range(order.machine_kills)
    ]


def _moment(chance: random.Random) -> float:
    return round(chance.uniform(0.02, 0.98), 4)
