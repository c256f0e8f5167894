"""The plain way to ask a small model for a better text: one short prompt, one short reply, one text.

What runs hold, and texts that were tried, may hold orders, and the text that is written is an order to all later calls:
they are shown as data, as in the typed way (see `loop.about_runs`, which says what is covered).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.chat import ModelLike  # noqa: TC001 (read when it runs)
from llm_strategy.errors import HyperparameterError
from llm_strategy.function import llm_function
from llm_strategy.optimize.loop.chat_chains import shortened
from llm_strategy.optimize.proposers.llm_answer import WrittenValues
from llm_strategy.schema import Untrusted, distrust, to_jsonable, trust
from llm_strategy.schema.fenced import Verbatim  # noqa: TC001 (read when it runs)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.loop.task_run import TaskRun
    from llm_strategy.optimize.proposers.llm_looked_at import LookedAt
    from llm_strategy.optimize.search.requests import Propose, Scored
    from llm_strategy.optimize.space import Leaf, Space

__all__ = ["Attempt", "Mistake", "PlainWriter", "better_instruction"]

_SHOWN_MISTAKES = 3
_SHOWN_ATTEMPTS = 3
_LONGEST_PART = 240
"""Characters of each part of a mistake that are shown."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A run that went wrong."""

    input: str
    answer: str
    wanted: str
    remark: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """An instruction that was tried, with its score."""

    instruction: str
    score: float


@llm_function(temperature=0.8, max_tokens=160, attempts=2)
def better_instruction(
    model: ModelLike | None,
    instruction: str,
    mistakes: Untrusted[list[Mistake]],
    attempts: Untrusted[list[Attempt]],
) -> Verbatim:
    """Write a better instruction: one that avoids the mistakes, in one to three short sentences.

    Say how to find the answer, and in which form to give it. Do not mention the examples. Write only the instruction.
    """
    raise NotImplementedError


class PlainWriter:
    """Asks for one text, in a short prompt.

    Args:
        space: what may be changed.
        model: who is asked.
    """

    def __init__(self, space: Space, model: ModelLike | None) -> None:
        self._space = space
        self._model = model
        texts = [leaf for leaf in space.leaves if leaf.kind == "text" and leaf.default]
        instructions = [leaf for leaf in texts if leaf.field == "instruction"]
        self._leaves = instructions or texts
        if not self._leaves:
            raise HyperparameterError(
                "There is no text in the space that a model could write anew. Leave the proposer 'llm' out, or include "
                "an instruction in the space."
            )

    @property
    def prompts(self) -> list[str]:
        """What the model is told, which does not belong into values."""
        known: Any = better_instruction.config_model_type()
        return [known.instruction]

    def write(self, request: Propose, runs: Sequence[LookedAt]) -> WrittenValues:
        """Ask for a text; see `TypedWriter.write` for what is raised."""
        draws = random.Random(request.stream)  # noqa: S311 (for drawing, not for secrets)
        leaf = draws.choice(self._leaves)
        parent = request.parents[0].values
        asking = better_instruction.using(seed=draws.randrange(2**31))
        mistakes = [_mistake(one.run) for one in runs[:_SHOWN_MISTAKES]]
        text = asking(self._model, parent[leaf.path], mistakes, self._attempts(request.pool, leaf, parent[leaf.path]))
        if not any(one.run.untrusted for one in runs):
            text = trust(text)  # it was shown as data because nobody knows what models wrote
        return WrittenValues(values=(({**parent, leaf.path: text.strip()}, ""),))

    def _attempts(self, pool: Sequence[Scored], leaf: Leaf, now: str) -> list[Attempt]:
        """Return the best other texts, the best last: what stands last is remembered best."""
        scores: dict[str, float] = {}
        for one in pool:
            text = one.candidate.values[leaf.path]
            if one.count and text != now:
                scores[text] = max(one.mean, scores.get(text, one.mean))
        best = sorted(scores.items(), key=lambda item: item[1])[-_SHOWN_ATTEMPTS:]
        return [Attempt(shortened(text, 2 * _LONGEST_PART), round(score, 2)) for text, score in best]


def _mistake(run: TaskRun[Any, Any, Any]) -> Mistake:
    answer = "; ".join(run.exception) if isinstance(run.exception, list) else run.exception or run.return_value
    parts = [run.task_parameters, answer, run.expected, run.feedback]
    made = Mistake(*(_text(part) for part in parts))
    return distrust(made) if run.untrusted else made


def _text(value: Any) -> str:
    data = to_jsonable(value)
    return shortened("" if data is None else str(data), _LONGEST_PART)
