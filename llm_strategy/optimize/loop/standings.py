"""Which hyperparameters have done best so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.optimize.loop.optimization_info import ScoredHyperparameters
from llm_strategy.optimize.search.candidate import key_of
from llm_strategy.schema import to_jsonable

if TYPE_CHECKING:
    from llm_strategy.optimize.loop.task_info import TaskInfo

__all__ = ["Standings", "point_key"]

H = TypeVar("H")


def point_key(point: Any) -> str:
    """Return a short hash of hyperparameters: equal ones have equal keys."""
    return key_of({"point": to_jsonable(point)})


@dataclass(slots=True)
class _Standing(Generic[H]):
    point: H
    scores: list[float] = field(default_factory=list[float])
    comparable: list[float] = field(default_factory=list[float])


@dataclass(slots=True)
class Standings(Generic[H]):
    """The scores of everything that was tried, the seed first."""

    _entries: dict[str, _Standing[H]] = field(default_factory=dict[str, "_Standing[H]"])

    def add(self, info: TaskInfo[Any, Any, H], *, comparable: bool) -> None:
        """Note a run.

        Args:
            info: the run; a grade stands in for a score that nobody measured.
            comparable: whether all hyperparameters are tried at its input.
        """
        entry = self._entries.setdefault(point_key(info.hyperparameters), _Standing(info.hyperparameters))
        score = info.reflection.grade if info.score is None else info.score
        if score is not None:
            entry.scores.append(score)
            if comparable:
                entry.comparable.append(score)

    def has(self, point: H) -> bool:
        """Whether hyperparameters were tried."""
        return point_key(point) in self._entries

    @property
    def ranked(self) -> list[ScoredHyperparameters[H]]:
        """What has scores, the best first; of equal ones, what was tried first."""
        made: Any = ScoredHyperparameters
        found = [(one, one.comparable or one.scores) for one in self._entries.values()]
        scored = [
            made[type(one.point)](hyperparameters=one.point, score=sum(scores) / len(scores), runs=len(scores))
            for one, scores in found
            if scores
        ]
        return sorted(scored, key=lambda one: -one.score)
