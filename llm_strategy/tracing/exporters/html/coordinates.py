"""Parallel coordinates: each run, or each call of one run, is a line through its hyperparameters and outcomes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing.exporters.html.parameters import flat, set_on
from llm_strategy.tracing.exporters.html.texts import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.exporters.html.spans import Forest
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["coordinates_of"]

_Key = tuple[str, str]
_SUMS = ("cost", "tokens", "seconds")


@dataclass(frozen=True, slots=True)
class _Line:
    trace: int
    """Place of the trace."""
    span: int
    """Place of the span in it."""
    label: str
    parameters: dict[_Key, Any]
    outcomes: dict[str, float | None] = field(default_factory=dict[str, "float | None"])


def coordinates_of(traces: Sequence[RecordedTrace], forests: Sequence[Forest]) -> dict[str, Any] | None:
    """Return axes and lines; None where no hyperparameter differs, as nothing could be compared.

    Several traces give one line each. One trace gives a line for each of its calls.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> from llm_strategy.tracing.exporters.html.spans import Forest
    >>> coordinates_of([sample_trace(9)], [Forest.of(sample_trace(9))])  # every call in the same scope
    """
    several = len(traces) > 1
    lines = _runs(traces, forests) if len(traces) != 1 else _calls(traces[0], forests[0])
    parameters = [_parameter(key, name, lines) for key, name in _names(lines).items()]
    parameters = [axis for axis in parameters if axis is not None]
    found = dict.fromkeys(name for line in lines for name in line.outcomes)
    names = sorted(found, key=lambda name: name in _SUMS)  # scores first: they are what the rest is for
    outcomes = [_outcome(name, lines) for name in names]
    outcomes = [axis for axis in outcomes if axis is not None]
    if len(lines) < 2 or not (parameters or (several and len(outcomes) > 1)):
        return None
    return {
        "unit": "run" if several else "call",
        "axes": [*parameters, *outcomes],
        "lines": [[line.trace, line.span, line.label] for line in lines],
    }


def _runs(traces: Sequence[RecordedTrace], forests: Sequence[Forest]) -> list[_Line]:
    lines: list[_Line] = []
    for number, (trace, forest) in enumerate(zip(traces, forests, strict=True)):
        place = forest.places.get(trace.session.span, 0) if trace.session else 0
        totals = trace.totals
        sums = {"cost": totals.cost if totals.chats else None, "tokens": totals.tokens, "seconds": totals.seconds}
        changed = set_on(trace.session) if trace.session else {}
        lines.append(_Line(number, place, trace.name, changed | flat(trace.hyperparameters), {**trace.scores, **sums}))
    return lines


def _calls(trace: RecordedTrace, forest: Forest) -> list[_Line]:
    lines: list[_Line] = []
    for call in trace.calls():
        place = forest.places[call.span]
        changed = set_on(forest.nodes[place].span)
        sums = {"cost": call.cost if call.chats else None, "tokens": call.tokens, "seconds": call.seconds}
        if changed:
            lines.append(_Line(0, place, call.name, changed, {**call.scores, **sums}))
    return lines


def _number(value: object) -> float | None:
    found = plain(value)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _names(lines: Sequence[_Line]) -> dict[_Key, str]:
    """Return every hyperparameter with a name as short as can be told from the others."""
    keys = dict.fromkeys(key for line in lines for key in line.parameters)
    used = Counter(name for _, name in keys)
    return {
        (function, name): name if used[name] == 1 else f"{function.rpartition('.')[2]}.{name}"
        for function, name in keys
    }


def _parameter(key: _Key, name: str, lines: Sequence[_Line]) -> dict[str, Any] | None:
    """Return an axis for a hyperparameter; None where all lines have the same value."""
    values = [line.parameters.get(key) for line in lines]
    if len({json.dumps(plain(value)) for value in values}) < 2:
        return None
    if all(value is None or _number(value) is not None for value in values):
        return {"name": name, "of": key[0], "kind": "number", "outcome": False, "values": values}
    texts = [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]
    return {"name": name, "of": key[0], "kind": "category", "outcome": False, "values": texts}


def _outcome(name: str, lines: Sequence[_Line]) -> dict[str, Any] | None:
    """Return an axis for a score or a sum; None where nobody knows it for any line."""
    values = [_number(line.outcomes.get(name)) for line in lines]
    if all(value is None for value in values):
        return None
    return {"name": name, "of": "", "kind": "number", "outcome": True, "values": values}
