"""The figures of a run as plain, frozen data: what can be drawn, and why the rest cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from llm_strategy.planner.figures.contexts import contexts_of, contexts_of_chats
from llm_strategy.planner.figures.heat import HeatMap, heat_of
from llm_strategy.planner.figures.reading import Reading
from llm_strategy.planner.figures.steps import plans_of, requirements_of, retention_of, steps_of
from llm_strategy.planner.figures.turns import turns_of
from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.planner.figures.contexts import ContextSize
    from llm_strategy.planner.figures.steps import Retention, Step
    from llm_strategy.planner.figures.turns import Turn
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["PANELS", "Figures", "Panel", "figures_of"]

Panel = Literal["retention", "files", "errors", "tests", "context"]
"""Name of one figure."""
PANELS: tuple[Panel, ...] = ("retention", "files", "errors", "tests", "context")
"""All figures, in the order in which they are shown."""
_NO_PLANNER = "The trace is not of a planner."


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run was like, from its spans alone."""

    name: str = ""
    """Name of the run."""
    turns: tuple[Turn, ...] = ()
    """The turns of a planner, in the order in which they were first begun; empty for any other trace."""
    steps: tuple[Step, ...] = ()
    """The steps of a planner, in the order in which they were first begun."""
    requirements: tuple[tuple[str, str], ...] = ()
    """What the task requires: id and text of each."""
    retention: tuple[Retention, ...] = ()
    """How many of the requirements were kept, step by step."""
    heat: HeatMap = field(default_factory=HeatMap)
    """Which files were touched, write by write."""
    contexts: tuple[ContextSize, ...] = ()
    """How long the requests were: one for each turn of a planner, else one for each chat."""

    def why_empty(self, panel: Panel) -> str:
        """Say why a figure is empty; '' where it is not.

        >>> figures_of([]).why_empty("files")
        'No access to a file was recorded.'
        """
        match panel:
            case "retention":
                return "" if self.retention and self.requirements else self._why_no_retention()
            case "files":
                return "" if self.heat.cells else "No access to a file was recorded."
            case "errors":
                return self._why_none(
                    any(turn.errors is not None for turn in self.turns), "The workspace was not checked."
                )
            case "tests":
                return self._why_none(any(turn.passed is not None for turn in self.turns), "No tests were run.")
            case "context":
                return "" if self.contexts else "No size of a request was recorded."

    def _why_no_retention(self) -> str:
        if not (self.turns or self.steps):
            return _NO_PLANNER
        if not self.requirements:
            return "The trace holds no requirements of the task."
        return "No step has sent a request."

    def _why_none(self, known: bool, why: str) -> str:  # noqa: FBT001 (one case of two, inside)
        return "" if known else why if self.turns else _NO_PLANNER


def figures_of(spans: Iterable[SpanRecord]) -> Figures:
    """Return the figures of a run.

    Args:
        spans: of one trace, or of all traces of a run that was resumed. The last span for each step, epoch, attempt and
            turn counts; what it does not tell is taken from those before it.

    >>> from llm_strategy.testing.sample_planner_traces import sample_planner_trace
    >>> figures = figures_of(sample_planner_trace(steps=2).spans)
    >>> [(turn.key.turn, turn.errors, turn.failed) for turn in figures.turns]
    [(1, 0, 0), (1, 3, None), (2, 0, 0)]
    """
    reading = Reading(spans, owns=semconv.PLANNER_TURN)
    turns = turns_of(reading)
    steps = steps_of(reading, turns)
    plans = plans_of(reading.spans)
    session = next((span.name for span in reading.spans if span.kind == "session"), "")
    is_planner = bool(turns or steps or plans)
    return Figures(
        name=session,
        turns=turns,
        steps=steps,
        requirements=requirements_of(plans, steps),
        retention=retention_of(plans, steps),
        heat=heat_of(reading, turns),
        contexts=contexts_of(turns) if is_planner else contexts_of_chats(reading.spans),
    )
