"""How large a storm is to be."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Order:
    """What to raise: the same order gives the same schedule.

    `broker_kills` are among the `kills`; `restarts` are of PostgreSQL; `rolling` is the seconds from one
    orderly restart to the next (0: none); `build` names a deliberately wrong one of `tests.chaos.builds`.
    Of two `machines` a whole one is killed and brought back `machine_kills` times, in turn; `deletions` is
    the part of try-ons that are deleted soon after they were asked for, wherever their answers are by then.
    The storm lasts `seconds`; where that is 0 each of the `people` asks again when the last wish has come to
    its end, and the blows fall by how much has been asked, so that a slow machine sees the same storm.
    """

    seed: int = 1
    database: str = "sqlite"
    build: str = ""
    jobs: int = 100
    kills: int = 40
    broker_kills: int = 5
    empties: int = 2
    pauses: int = 4
    restarts: int = 2
    seconds: float = 0
    people: int = 8
    faults: float = 0.25
    photos: float = 0.1
    rolling: float = 0
    no_redis: bool = False
    slow_uploads: float = 0
    machines: int = 1
    machine_kills: int = 0
    deletions: float = 0

    @property
    def name(self) -> str:
        variant = "-rolling" if self.rolling else "-no-redis" if self.no_redis else ""
        variant += f"-{self.machines}-machines" if self.machines > 1 else ""
        return "-".join(
            part for part in (self.database, self.build + variant.lstrip("-"), str(self.seed)) if part
        )


SHORT = Order()
HALF = Order(jobs=50, kills=20, broker_kills=3, empties=1, pauses=2)
FULL = Order(jobs=1000, kills=500, broker_kills=20, empties=5, pauses=100, restarts=10)
CALM = Order(kills=0, broker_kills=0, empties=0, pauses=0, restarts=0, faults=0)
NO_REDIS = replace(CALM, jobs=8, seconds=4, people=2, photos=0, no_redis=True)


def rolling(every: float) -> Order:
    """Each process in turn is asked to end and started again, one every so many seconds; nothing else."""
    seconds = 7 * every
    return replace(CALM, jobs=int(1.2 * seconds), seconds=seconds, rolling=every)


def on_two_machines(order: Order) -> Order:
    """The same, and beside its other blows one in twelve try-ons sees a whole machine go."""
    kills = order.jobs // 12
    return replace(order, database="postgres", machines=2, machine_kills=kills, deletions=0.2)
