"""Where a worker dies, what the gateway had to say, and what was promised for that.

A point is the call of, or the return from, a function of the product: nothing in the product knows of it.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


class Stage(enum.IntEnum):
    """How far a generation had got when its worker died; this alone decides what may be promised."""

    UNSENT = 1  # nobody meant to send yet: done again as if nothing had happened
    INTENDED = 2  # the intent is on disk: nobody can tell any more that nothing was sent
    SENT = 3  # bytes have left, and no answer of use to anybody is on disk
    ON_DISK = 4  # a whole answer is in the spool: it is adopted
    SETTLED = 5  # rows and money are committed


class Part(enum.Flag):
    """What of an answer comes."""

    HEAD = enum.auto()
    END = enum.auto()  # the last byte
    WHOLE = enum.auto()  # of a 2xx answer with a body: worth keeping
    PICTURE = enum.auto()


NOTHING = Part(0)


@dataclass(frozen=True, slots=True)
class Spot:
    """`event` (call or return) of `function` in `module`, for the `nth` time since `after` was called."""

    module: str
    function: str
    event: str
    after: tuple[str, str] | None = None
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Point:
    """The first of `spots` that is passed; reached by answers of which `needs` comes."""

    name: str
    stage: Stage
    spots: tuple[Spot, ...]
    needs: Part = NOTHING

    def stage_of(self, answer: Answer) -> Stage:
        """An error that was read and not written down is no better than one that never came."""
        return Stage.SENT if self.stage == Stage.ON_DISK and Part.WHOLE not in answer.parts else self.stage


@dataclass(frozen=True, slots=True)
class Ending:
    """How a generation ends, and how many pictures were billed for it."""

    status: str
    billed: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The gateway's answer to the first call; those after it bring a picture. `first` is that call's bill."""

    name: str
    parts: Part
    ending: Ending
    first: int = 0
    fault: dict[str, Any] = field(default_factory=dict)


PAID = ("tryon.gateway.client", "Gateway.generate")
OUTCOME = Spot("tryon.pipeline.outcomes", "without_answer", "return")

POINTS = (
    Point("accepted", Stage.UNSENT, (Spot("tryon.pipeline.enqueue", "enqueue_after_response", "call"),)),
    Point(
        "after claim", Stage.UNSENT, (Spot("tryon.models.generation", "GenerationQuerySet.claim", "return"),)
    ),
    Point("in upload", Stage.UNSENT, (Spot("tryon.models.gateway_file", "GatewayFile.arrived", "call"),)),
    Point("after upload", Stage.UNSENT, (Spot("tryon.pipeline.references", "ready", "return"),)),
    Point("after intent", Stage.INTENDED, (Spot("tryon.models.generation", "Generation.intend", "return"),)),
    Point("after send", Stage.SENT, (Spot("tryon.gateway.deadline", "TimedStream.read", "call", PAID),)),
    Point(
        "after head",
        Stage.SENT,
        (
            Spot("tryon.gateway.client", "_spool", "call"),
            Spot("tryon.gateway.client", "_read_error_body", "call", PAID),
        ),
        Part.HEAD,
    ),
    Point(
        "after answer",
        Stage.SENT,
        (
            Spot("tryon.gateway.spool", "sync", "call", PAID),
            Spot("tryon.gateway.errors", "classify_error", "return", PAID),
        ),
        Part.END,
    ),
    Point("before rename", Stage.SENT, (Spot("tryon.gateway.spool", "keep", "call", PAID),), Part.WHOLE),
    Point("after spool", Stage.ON_DISK, (Spot("tryon.gateway.spool", "keep", "return", PAID),), Part.WHOLE),
    Point(
        "before rows",
        Stage.ON_DISK,
        (Spot("tryon.models.generation", "Generation.finish", "call"),),
        Part.WHOLE,
    ),
    Point(
        "amid rows",
        Stage.ON_DISK,
        (
            Spot("tryon.models.money.budget", "BudgetQuerySet.move", "return"),
            Spot("tryon.models.generation", "Generation.requeue", "return"),
        ),
    ),
    Point(
        "before commit",
        Stage.ON_DISK,
        (
            Spot("tryon.models.attempt", "ResultQuerySet.keep", "return"),
            Spot("tryon.pipeline.outcomes", "_record", "return"),
        ),
    ),
    Point("after finish", Stage.SETTLED, (Spot("tryon.pipeline.run", "finish", "return"), OUTCOME)),
    Point(
        "amid renditions",
        Stage.SETTLED,
        (Spot("gallery.renditions", "_stored", "return", nth=2),),
        Part.PICTURE,
    ),
    Point("after renditions", Stage.SETTLED, (Spot("gallery.renditions", "make", "return"),), Part.PICTURE),
)


def _told(status: int, kind: str, ending: Ending) -> Answer:
    """An error in the gateway's own words."""
    fault = {"fault": "status", "status": status, "type": kind}
    return Answer(f"{status}", Part.HEAD | Part.END, ending, fault=fault)


ANSWERS = (
    Answer("picture", Part.HEAD | Part.END | Part.WHOLE | Part.PICTURE, Ending("done", 1), first=1),
    Answer("refusal", Part.HEAD | Part.END | Part.WHOLE, Ending("refused", 0), fault={"fault": "no_picture"}),
    _told(400, "invalid_request", Ending("failed", 0)),
    _told(429, "rate_limit_exceeded", Ending("done", 1)),
    _told(503, "provider_unavailable", Ending("done", 1)),
    _told(500, "internal_error", Ending("unknown", 0)),
    Answer("dropped", NOTHING, Ending("unknown", 1), first=1, fault={"fault": "drop_after"}),
    Answer("truncated", Part.HEAD, Ending("unknown", 1), first=1, fault={"fault": "truncate"}),
)


def reached_by(answer: Answer) -> list[Point]:
    """The points that a life with this answer passes."""
    return [point for point in POINTS if point.needs in answer.parts]


def matters(point: Point, answer: Answer) -> bool:
    """Whether anybody meets the answer, its first reader or a later one; else one of them is enough."""
    return point.stage != Stage.INTENDED or answer == ANSWERS[0]


def promised(point: Point, answer: Answer) -> Ending:
    """What becomes of a generation whose worker died there."""
    stage = point.stage_of(answer)
    if stage == Stage.INTENDED:
        return Ending("unknown", 0)
    return Ending("unknown", answer.first) if stage == Stage.SENT else answer.ending


CASES = [(point, answer) for answer in ANSWERS for point in reached_by(answer) if matters(point, answer)]


def spanning(cases: list[tuple[Point, Answer]]) -> list[tuple[Point, Answer]]:
    """Each point once and each answer once at least: a point gets the answer that was taken the least."""
    taken: Counter[str] = Counter()
    chosen = []
    for point in POINTS:
        answer = min((answer for at, answer in cases if at == point), key=lambda answer: taken[answer.name])
        taken[answer.name] += 1
        chosen.append((point, answer))
    return chosen


SPANNING = spanning(CASES)
