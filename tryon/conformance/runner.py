"""From rows to outcomes: what may be sent, what came, what is expected of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tryon.conformance.budget import Budget
from tryon.conformance.expectations import Answer, Expectation
from tryon.conformance.http_client import HttpClient, NotReachedError, NoUploadError
from tryon.conformance.row import Address, Row
from tryon.gateway import CatalogueModel

OK, DIFFERS, SKIPPED = "ok", "differs", "skipped"
# Going on after one of these would be rude, and could tell nothing.
ENDS = (401, 402, 429)
ALIKE = Expectation("a size in every shape or in none", Answer.briefly)


@dataclass(frozen=True)
class Outcome:
    """`mark` is OK, DIFFERS or SKIPPED; `failed` is the expectation that does not hold, `held` those that do;
    `micros` is the most that the call can have cost."""

    row: Row
    mark: str
    came: str
    failed: Expectation | None = None
    held: tuple[Expectation, ...] = ()
    pictures: int = 0
    micros: int = 0

    @property
    def documented(self) -> bool:
        """Whether it differs from the documents, not from an assumption alone."""
        return self.failed is not None and not self.failed.assumed


class Runner:
    """One pass over some rows; `stopped` says why it ended early, "" where it did not."""

    def __init__(
        self, client: HttpClient, budget: Budget, models: Iterable[CatalogueModel], *, rude: bool
    ) -> None:
        self._client, self._budget, self._rude = client, budget, rude
        self._listed = frozenset(model.id for model in models)
        self._refused: dict[tuple[str, str], bool] = {}  # whether a model refuses a size
        self.stopped = ""

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        for row in rows:
            reason = self._not_sent(row)
            yield Outcome(row, SKIPPED, reason) if reason else self._sent(row)

    def _not_sent(self, row: Row) -> str:
        """Why this row stays at home; "" for one that goes."""
        if row.skip:
            return row.skip
        if self.stopped:
            return f"stopped: {self.stopped}"
        if row.rude and not self._rude:
            return "sent with --rude only: accounts were suspended for calls of this kind"
        if row.needs(Address) and not self._client.address:
            return "needs --address, a public https picture"
        if not self._rude and row.model and self._listed and row.model not in self._listed:
            return f"the catalogue does not list {row.model}"
        if not self._budget.allows(row):
            most, left = self._budget.most(row), self._budget.left
            return f"may cost {usd(most)}, and {usd(left)} of {usd(self._budget.bound)} are left"
        return ""

    def _sent(self, row: Row) -> Outcome:
        try:
            answer = self._client.send(row)
        except NotReachedError as exc:
            self.stopped = str(exc)
            return Outcome(row, SKIPPED, self.stopped)
        except KeyboardInterrupt:
            self.stopped = "interrupted"
            micros = self._budget.lose(row)
            return Outcome(row, SKIPPED, "interrupted; it may have been charged", micros=micros)
        except NoUploadError as exc:
            self._stop_at(exc.answer)
            return Outcome(row, SKIPPED, str(exc))
        micros = self._budget.book(row, answer)
        return self._optional(row, answer, micros) or self._judged(row, answer, micros)

    def _optional(self, row: Row, answer: Answer, micros: int) -> Outcome | None:
        """A refusal that is no difference; or one, where another row with the same value fared otherwise."""
        refused = bool(row.optional) and answer.refuses(row.optional)
        if not row.optional or not (refused or answer.pictures):
            return None
        before = self._refused.setdefault((row.model, row.size), refused)
        if refused and before:
            return Outcome(row, SKIPPED, f"not offered at {row.size} ({answer.briefly()})")
        if refused == before:
            return None
        came = f"{answer.briefly()}, and in another shape {'a refusal' if before else 'a picture'}"
        return Outcome(row, DIFFERS, came, ALIKE, (), answer.pictures, micros)

    def _judged(self, row: Row, answer: Answer, micros: int) -> Outcome:
        held: list[Expectation] = []
        for expectation in row.expectations:
            if came := answer.briefly() if answer.trouble else expectation.check(answer):
                mark = SKIPPED if self._stop_at(answer) else DIFFERS
                failed = None if mark == SKIPPED else expectation
                return Outcome(row, mark, came, failed, tuple(held), answer.pictures, micros)
            held.append(expectation)
        return Outcome(row, OK, answer.briefly(), None, tuple(held), answer.pictures, micros)

    def _stop_at(self, answer: Answer) -> bool:
        if answer.status in ENDS:
            self.stopped = answer.briefly()
        return answer.status in ENDS


def usd(micros: int) -> str:
    return f"{micros / 1_000_000:.3f} USD"
