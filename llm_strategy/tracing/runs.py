"""Many traces as one table: hyperparameters beside what came of them, for parallel coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from llm_strategy.tracing.flat_values import flat_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.tracing.flat_values import Scalar
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["RunTable", "run_table"]

_LONGEST_LABEL = 40
_FIGURES = ("calls", "errors", "retries", "tokens", "cost", "seconds")


@dataclass(frozen=True, slots=True)
class RunTable:
    """A table with a row for each trace."""

    columns: tuple[str, ...]
    """Names of the columns: those of `parameters`, then of `scores`, then of `figures`."""
    rows: tuple[tuple[Scalar, ...], ...]
    """A value for each column; None where the trace has none."""
    names: tuple[str, ...]
    """Names of the traces, row by row."""
    parameters: tuple[str, ...] = ()
    """Columns of hyperparameters, as `function.name`."""
    scores: tuple[str, ...] = ()
    """Columns of scores: `score`, and `score NAME` for other names."""
    figures: tuple[str, ...] = _FIGURES
    """Columns of counters, cost and time."""
    texts: dict[str, str] = field(default_factory=dict[str, str])
    """Whole texts of the labels that stand for long ones."""

    @property
    def varying(self) -> tuple[str, ...]:
        """The columns of hyperparameters that are not the same in every row."""
        places = {name: place for place, name in enumerate(self.columns)}
        return tuple(name for name in self.parameters if len({_key(row[places[name]]) for row in self.rows}) > 1)


def run_table(traces: Iterable[RecordedTrace]) -> RunTable:
    """Return the hyperparameters, scores, tokens, cost, time and errors of traces as a table.

    Traces are looked at one by one, so that a generator of them need not be held in memory.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> table = run_table([sample_trace(1), sample_trace(2)])
    >>> table.scores, [row[table.columns.index("tokens")] for row in table.rows]
    (('score',), [150, 301])
    """
    names: list[str] = []
    rows: list[tuple[dict[str, Scalar], dict[str, Scalar], dict[str, Scalar]]] = []
    texts: dict[str, str] = {}
    for trace in traces:
        names.append(trace.name)
        parameters = {one.full_name: _label(one.value, texts) for one in flat_values(trace.hyperparameters)}
        scores: dict[str, Scalar] = {_score_column(name): value for name, value in trace.scores.items()}
        rows.append((parameters, scores, {name: getattr(trace.totals, name) for name in _FIGURES}))
    parameter_columns = tuple(dict.fromkeys(name for row in rows for name in row[0]))
    score_columns = tuple(dict.fromkeys(name for row in rows for name in row[1]))
    return RunTable(
        columns=(*parameter_columns, *score_columns, *_FIGURES),
        rows=tuple(
            (*map(row[0].get, parameter_columns), *map(row[1].get, score_columns), *map(row[2].get, _FIGURES))
            for row in rows
        ),
        names=tuple(names),
        parameters=parameter_columns,
        scores=score_columns,
        texts=texts,
    )


def _score_column(name: str) -> str:
    return name if name == "score" else f"score {name}"


def _label(value: Scalar, texts: dict[str, str]) -> Scalar:
    """Return a value as it can stand on an axis; a long text gets a label that differs for each text."""
    if not isinstance(value, str) or (len(value) <= _LONGEST_LABEL and "\n" not in value):
        return value
    digest = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    label = f"{' '.join(value.split())[: _LONGEST_LABEL - 12]}... {digest}"
    texts[label] = value
    return label


def _key(value: Scalar) -> tuple[type, str]:
    return type(value), repr(value)
