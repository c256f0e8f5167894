"""Parallel coordinates: each run, or each call of one run, is a line through its hyperparameters and outcomes."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing.exporters.html.texts import plain
from llm_strategy.tracing.runs import call_table, run_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.exporters.html.spans import Forest
    from llm_strategy.tracing.flat_values import Scalar
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.runs import RunTable

__all__ = ["coordinates_of"]

_SUMS = ("cost", "tokens", "seconds")
_MOST_AXES = 12
"""How many axes stand beside each other on a screen."""
_MOST_SCORES = 5
"""How many of them are scores, so that there is room for hyperparameters, and the sums are always in sight."""


def coordinates_of(traces: Sequence[RecordedTrace], forests: Sequence[Forest]) -> dict[str, Any] | None:
    """Return axes and lines; None where no hyperparameter differs, as nothing could be compared.

    Drawn are the hyperparameters that have two different values at least, as many as there is room for. All others that
    are not the same everywhere are in the table alone.

    Several traces give one line each. One trace gives a line for each of its calls.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> from llm_strategy.tracing.exporters.html.spans import Forest
    >>> coordinates_of([sample_trace(9)], [Forest.of(sample_trace(9))])  # every call in the same scope
    """
    several = len(traces) > 1
    table = call_table(traces[0]) if len(traces) == 1 else run_table(traces)
    values = dict(zip(table.columns, zip(*table.rows, strict=True), strict=False))
    parameters = [_parameter(name, of, values[column], table) for column, of, name in _varying(table)]
    outcomes: list[dict[str, Any]] = [
        {
            "name": _shown(column, table),
            "of": "",
            "kind": "number",
            "outcome": True,
            "drawn": column not in table.scores[_MOST_SCORES:],
            "values": numbers,
        }
        for column, numbers in ((column, [*map(_number, values.get(column, ()))]) for column in (*table.scores, *_SUMS))
        if any(number is not None for number in numbers)
    ]
    _draw(parameters, _MOST_AXES - sum(axis["drawn"] for axis in outcomes))
    if len(table.rows) < 2 or not (any(axis["drawn"] for axis in parameters) or (several and len(outcomes) > 1)):
        return None
    return {
        "unit": "run" if several else "call",
        "axes": [*parameters, *outcomes],
        "lines": _lines(table, forests, several=several),
    }


def _draw(parameters: Sequence[dict[str, Any]], room: int) -> None:
    """Mark the axes that are drawn: of those with values that differ, the ones that most lines have."""
    differ = [axis for axis in parameters if len({json.dumps(one) for one in axis["values"] if one is not None}) > 1]
    differ.sort(key=lambda axis: axis["values"].count(None))
    drawn = {id(axis) for axis in differ[:room]}
    for axis in parameters:
        axis["drawn"] = id(axis) in drawn


def _lines(table: RunTable, forests: Sequence[Forest], *, several: bool) -> list[list[Any]]:
    """Return place of the trace, place of the span in it, and name, of each line."""
    rows = enumerate(zip(table.spans, table.names, strict=True))
    placed = ((row if several else 0, span, name) for row, (span, name) in rows)
    return [[trace, forests[trace].places.get(span, 0), name] for trace, span, name in placed]


def _varying(table: RunTable) -> list[tuple[str, str, str]]:
    """Return column, function, and a name as short as can be told from the others, where a hyperparameter differs."""
    used = Counter(name for _, name in table.keys)
    varying = set(table.varying)
    return [
        (column, function, name if used[name] == 1 else f"{function.rpartition('.')[2]}.{name}")
        for column, (function, name) in zip(table.parameters, table.keys, strict=True)
        if column in varying
    ]


def _parameter(name: str, of: str, values: Sequence[Scalar], table: RunTable) -> dict[str, Any]:
    """Return an axis: of numbers where all are numbers, else of labels, with the whole texts of those that are cut."""
    axis = {"name": name, "of": of, "outcome": False}
    if all(value is None or _number(value) is not None for value in values):
        return {**axis, "kind": "number", "values": list(values)}
    labels = [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]
    whole = {label: table.texts[label] for label in labels if label is not None and label in table.texts}
    return {**axis, "kind": "category", "values": labels, "texts": whole}


def _shown(column: str, table: RunTable) -> str:
    """Return the name of an outcome: that of a score alone, unless a figure is called the same."""
    name = column.removeprefix("score ")
    return column if column in table.figures or name in table.figures else name


def _number(value: Scalar) -> float | None:
    found = plain(value)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None
