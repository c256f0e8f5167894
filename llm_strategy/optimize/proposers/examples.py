"""Few-shot examples out of training cases: what good runs gave, and what cases say that they should give.

Covered: functions whose inputs are the parameters of the task, or its one input. Validation and test cases are never
shown, nor anything that came from somebody who is not trusted. Not covered: functions that a task calls with inputs of
its own, as no record of a run holds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from llm_strategy.errors import HyperparameterError, InputError
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.optimize.search.orders import Order
from llm_strategy.optimize.streams import stream
from llm_strategy.schema import to_jsonable
from llm_strategy.schema.json_data import is_object
from llm_strategy.schema.taint import is_untrusted

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from llm_strategy.optimize.data import Dataset
    from llm_strategy.optimize.rollouts.run_book import RunBook
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Leaf, Space

__all__ = ["ExamplesProposer"]

_LOOKED_AT = 20
_TRIES = 4


class ExamplesProposer:
    """Gives an LLM function other few-shot examples: more, fewer or others, from as many groups as it can."""

    name = "examples"

    def __init__(self, space: Space, runs: RunBook, train: Dataset) -> None:
        """Begin.

        Args:
            space: what may be changed.
            runs: the details of runs.
            train: the training cases, which alone are shown.
        """
        self._space = space
        self._runs = runs
        self._train = train
        self._leaves = [leaf for leaf in space.leaves if leaf.kind == "examples"]

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return the parent with other examples."""
        if not self._leaves:
            return [Proposal(None, problem="the space has no few-shot examples")]
        draws = stream(request.stream, "examples")
        parent = request.parents[0].values
        known = {key_of(one.candidate.values) for one in request.tried}
        leaf = draws.choice(self._leaves)
        values = self._known_values(request)
        for _ in range(_TRIES):
            count = _size(leaf, len(parent[leaf.path] or []), draws)
            shown, cases = self._shown(leaf, parent, values, self._spread(list(values), draws), count)
            if len(shown) < _least(leaf):
                return [Proposal(None, problem=_too_few(leaf, len(shown)))]
            proposed = self._space.checked({**parent, leaf.path: shown})
            if key_of(proposed) not in known:
                told = f"{len(shown)} examples ({', '.join(cases)})"
                return [Proposal(proposed, f"{leaf.function.rpartition('.')[2]} does better with {told}")]
        return [Proposal(None, problem="such examples were tried before")]

    def _known_values(self, request: Propose) -> dict[str, Any]:
        """Return the value that each case should give: as it says itself, or as the best run at it gave it."""
        found: dict[str, Any] = {}
        scores: dict[str, float] = {}
        best = sorted(request.tried, key=lambda one: (-one.mean, one.candidate.number))[:_LOOKED_AT]
        for case in self._train.ids:
            for one in best:
                record = self._runs.run(Order(one.candidate.key, "train", case).key)
                if record is None or record["exception"] or record["shortened"] or record["untrusted"]:
                    continue
                if record["split"] == "train" and record["score"] > scores.get(case, float("-inf")):
                    scores[case], found[case] = record["score"], record["result"]
        middle = sorted(scores.values())[len(scores) // 2] if scores else 0.0
        good = {case: value for case, value in found.items() if scores[case] >= middle and scores[case] > 0}
        return {**good, **dict(self._told())}

    def _told(self) -> Iterator[tuple[str, Any]]:
        for name in self._train.ids:
            case = self._train.case(name)
            if _is_case(case) and case.expected is not None and not is_untrusted(case.expected):
                try:
                    yield name, to_jsonable(case.expected)
                except InputError:
                    continue

    def _spread(self, names: list[str], draws: random.Random) -> list[str]:
        """Return cases in an order in which those of a group are far apart."""
        draws.shuffle(names)
        seen: dict[str, int] = {}
        turn: dict[str, int] = {}
        for name in names:
            group = self._train.group(name)
            turn[name] = seen[group] = seen.get(group, -1) + 1
        return sorted(names, key=turn.__getitem__)

    def _shown(
        self, leaf: Leaf, parent: Values, values: dict[str, Any], names: Sequence[str], count: int
    ) -> tuple[list[Any], list[str]]:
        """Return as many examples as wanted that fit the function, with the cases that they are of."""
        shown: list[Any] = []
        cases: list[str] = []
        for name in names:
            if len(shown) >= count:
                break
            for inputs in self._inputs(leaf, self._train.parameters(name)):
                example = {"inputs": inputs, "value": values[name], "reasoning": ""}
                try:
                    self._space.checked({**parent, leaf.path: [example] * _least(leaf)})
                except (HyperparameterError, InputError):
                    continue
                shown.append(example)
                cases.append(name)
                break
        return shown, cases

    def _inputs(self, leaf: Leaf, parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield what a function may be given for the parameters of the task."""
        if is_untrusted(parameters):
            return
        try:
            data = to_jsonable(parameters)
        except InputError:
            return
        if is_object(data):
            yield data
        names = self._space.inputs(leaf.function)
        if len(names) == 1:
            yield {names[0]: data}


def _is_case(value: object) -> TypeGuard[Case[Any, Any]]:
    return isinstance(value, Case)


def _least(leaf: Leaf) -> int:
    return max(1, int(leaf.low or 0))


def _too_few(leaf: Leaf, count: int) -> str:
    if not count:
        return f"no training case makes an example of {leaf.function!r}"
    cases = "1 training case makes an example" if count == 1 else f"{count} training cases make examples"
    return f"{cases} of {leaf.function!r}, and there are to be {_least(leaf)}"


def _size(leaf: Leaf, now: int, draws: random.Random) -> int:
    """Draw how many examples there are to be: about as many as now, or any number."""
    least, most = _least(leaf), int(leaf.high or 1)
    if draws.random() < 0.5:
        return draws.randint(least, most)
    return min(most, max(least, now + draws.choice((-1, 0, 1, 2))))
