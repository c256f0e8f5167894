"""How far a search has come, put together from what happens: what any view of it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.events import (
    Accepted,
    Asked,
    Began,
    CandidateMade,
    Done,
    Ended,
    Grown,
    Noted,
    Proposing,
    Rejected,
    Warned,
)

if TYPE_CHECKING:
    from llm_strategy.optimize.budget.view import LedgerView
    from llm_strategy.optimize.events import Event
    from llm_strategy.optimize.search.candidate import Candidate

__all__ = ["Progress"]


class Progress:
    """How far a search has come.

    >>> from llm_strategy.optimize.search.candidate import Candidate
    >>> progress = Progress()
    >>> progress.take(CandidateMade(Candidate(1, {"a:x": 2}, (0,), "llm", "say less"), step=1))
    >>> progress.take(Accepted(1, 0.75))
    >>> progress.best, progress.mean, progress.accepted.hypothesis
    (1, 0.75, 'say less')
    """

    def __init__(self) -> None:
        self.books: LedgerView | None = None
        """What was spent by now; None before the search has begun."""
        self.resumed = False
        """Whether the search goes on that was begun before."""
        self.seed_mean: float | None = None
        """The mean of the seed's validation scores; None as long as there are none."""
        self.best = 0
        """The best candidate so far, by validation."""
        self.scores: list[float] = []
        """The best mean, each time that it was known anew."""
        self.made = 0
        """Candidates that were made."""
        self.kept = 0
        """Those that got past their gates."""
        self.rejected: dict[str, int] = {}
        """Those that did not, by the gate."""
        self.front: tuple[int, ...] = ()
        """The candidates that no other one dominates, by the validation scores that were seen."""
        self.accepted: Candidate | None = None
        """The last one that got past its gates."""
        self.validation = 0
        """Validation cases in use; 0 as long as nobody has told."""
        self.step = 0
        """The step that is under way."""
        self.doing = "beginning"
        """What is under way, in words."""
        self.warnings: list[str] = []
        """What somebody should know."""
        self.reason = ""
        """Why it ended; '' as long as it has not."""
        self._candidates: dict[int, Candidate] = {}
        self._seed_scores: list[float] = []
        self._scores: dict[str, dict[str, float]] = {}
        self._pool: dict[int, dict[str, float]] = {}
        self._asked = self._done = 0
        self._purpose = ""

    @property
    def mean(self) -> float | None:
        """The mean of the best candidate; that of the seed as long as nothing is better."""
        return self.scores[-1] if self.scores else self.seed_mean

    @property
    def seconds_left(self) -> float | None:
        """How long it may go on, at the pace so far, until the budget is used up; None as long as nobody knows."""
        if self.books is None or self.reason or not (0 < self.books.left < 1) or self.books.seconds <= 0:
            return None
        return self.books.seconds * self.books.left / (1 - self.books.left)

    def take(self, event: Event) -> None:  # noqa: C901  one case an event
        """Take up what has happened."""
        match event:
            case Began(books=books):
                self.books, self.resumed = books, event.resumed
            case Asked(purpose=purpose, count=count):
                self._purpose, self._asked, self._done = purpose, count - event.known, 0
                self._tell_rollouts()
            case Done():
                self._take_rollout(event)
            case Proposing(proposer=proposer, step=step):
                self.step, self.doing = step, f"asking {proposer!r} for new values"
            case CandidateMade(candidate=candidate, step=step):
                self.made, self.step = self.made + 1, max(step, self.step)
                self._candidates[candidate.number] = candidate
            case Accepted():
                self._accept(event)
            case Rejected(number=number, why=why):
                gate = why.removeprefix("rejected:").partition(":")[0].strip() or "gate"
                self.rejected[gate] = self.rejected.get(gate, 0) + 1
                gone = self._candidates.pop(number, None)
                self._scores.pop(gone.key if gone else "", None)
            case Grown(size=size):
                self.validation = size
            case Noted(kind=kind):
                self._take_note(kind, event)
            case Warned(message=message):
                self.warnings.append(message)
            case Ended(reason=reason, books=books):
                self.books, self.reason, self.doing = books, reason, "over"

    def _take_rollout(self, event: Done) -> None:
        self.books = event.books
        self._done += 1
        order, score = event.rollout.order, event.rollout.score
        if event.purpose == "seed":
            self._seed_scores.append(score)
            self.seed_mean = sum(self._seed_scores) / len(self._seed_scores)
            self._pool[0] = self._scores.setdefault(order.candidate, {})
            self.front = self.front or (0,)
        if order.split == "val":
            self._scores.setdefault(order.candidate, {})[order.case] = score
        self._tell_rollouts()

    def _tell_rollouts(self) -> None:
        self.doing = f"{_PURPOSES.get(self._purpose, self._purpose)}: {self._done:,} of {self._asked:,} rollouts"

    def _accept(self, event: Accepted) -> None:
        self.kept += 1
        self.accepted = candidate = self._candidates.pop(event.number, None) or self.accepted
        if candidate is not None and candidate.number == event.number:
            self._pool[event.number] = self._scores.setdefault(candidate.key, {})
            self.front = _front(self._pool)
        if self.mean is None or event.mean > self.mean:
            self.best = event.number
            self.scores.append(event.mean)

    def _take_note(self, kind: str, event: Noted) -> None:
        if kind == "winner" and isinstance(number := event.data.get("number"), int):
            self.best = number
        elif kind in {"invalid", "duplicate"}:
            self.rejected[kind] = self.rejected.get(kind, 0) + 1


_PURPOSES = {
    "seed": "scoring the seed",
    "minibatch": "runs to learn from",
    "gate": "a gate",
    "val": "validation",
    "grow": "more validation cases",
    "rescore": "scoring the best ones again",
    "test": "the test",
}


def _front(pool: dict[int, dict[str, float]]) -> tuple[int, ...]:
    """Return those that no other one dominates: is as good at all cases that both know, and better at one."""
    return tuple(number for number, scores in pool.items() if not any(_beats(one, scores) for one in pool.values()))


def _beats(one: dict[str, float], other: dict[str, float]) -> bool:
    if one is other or not other or not one.keys() >= other.keys():
        return False
    return all(one[case] >= score for case, score in other.items()) and any(
        one[case] > score for case, score in other.items()
    )
