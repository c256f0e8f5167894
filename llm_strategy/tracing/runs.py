"""Many traces, or the calls of one, as a table: hyperparameters beside what came of them, for parallel coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from llm_strategy.tracing.parameters import by_key, set_on
from llm_strategy.tracing.usage import usage_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llm_strategy.tracing.flat_values import Scalar
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.sums import Sums
    from llm_strategy.tracing.totals import Totals

__all__ = ["RunTable", "call_table", "run_table"]

_LONGEST_LABEL = 40
_FIGURES = ("calls", "errors", "retries", "tokens", "cost", "seconds")

_Key: TypeAlias = "tuple[str, str]"
"""Function and name of a hyperparameter."""


@dataclass(frozen=True, slots=True)
class RunTable:
    """A table with a row for each trace, or for each call of one."""

    columns: tuple[str, ...]
    """Names of the columns: those of `parameters`, then of `scores`, then of `figures`."""
    rows: tuple[tuple[Scalar, ...], ...]
    """A value for each column; None where there is none, or nobody knows it."""
    names: tuple[str, ...]
    """Names of the traces or calls, row by row."""
    spans: tuple[str, ...] = ()
    """Ids of the spans that the rows are about; empty for a trace whose session was not recorded."""
    keys: tuple[tuple[str, str], ...] = ()
    """Function and name of each column of hyperparameters."""
    scores: tuple[str, ...] = ()
    """Columns of scores: `score`, and `score NAME` for other names."""
    figures: tuple[str, ...] = _FIGURES
    """Columns of counters, cost and time. Cost is unknown where nobody was asked, too."""
    texts: dict[str, str] = field(default_factory=dict[str, str])
    """Whole texts of the labels that stand for long ones."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Columns of hyperparameters, as `function.name`."""
        return self.columns[: len(self.keys)]

    @property
    def varying(self) -> tuple[str, ...]:
        """The columns of hyperparameters that are not the same in every row."""
        places = enumerate(self.parameters)
        return tuple(name for place, name in places if len({_identity(row[place]) for row in self.rows}) > 1)


def run_table(traces: Iterable[RecordedTrace]) -> RunTable:
    """Return the hyperparameters, scores, tokens, cost, time and errors of traces as a table.

    The hyperparameters are those that were set when a trace began, and those that were used in it. Traces are looked
    at one by one, so that a generator of them need not be held in memory.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> table = run_table([sample_trace(1), sample_trace(2)])
    >>> table.scores, [row[table.columns.index("tokens")] for row in table.rows]
    (('score',), [150, 301])
    """
    rows = _Rows()
    for trace in traces:
        session = trace.session
        used = {**(set_on(session) if session else {}), **by_key(trace.hyperparameters)}
        span = session.span if session else ""
        rows.add(trace.name, span, used, trace.scores, _figures(trace.totals, trace.totals.seconds))
    return rows.table()


def call_table(trace: RecordedTrace) -> RunTable:
    """Return the same for each call of a trace that ran in a scope which had set hyperparameters.

    Usage includes that of the functions which were called inside.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> call_table(sample_trace(2)).rows  # none of its calls ran in such a scope
    ()
    """
    nodes = [node for _, node in trace.tree().walk()] if trace.spans else []
    spans = {node.span.span: node.span for node in nodes}
    usage = usage_of(nodes)
    rows = _Rows()
    for call in trace.calls():
        used = set_on(spans[call.span])
        if used:
            rows.add(call.name, call.span, used, call.scores, _figures(usage[call.span], call.seconds))
    return rows.table()


class _Rows:
    """Collects rows, and gives them the same columns in the end."""

    def __init__(self) -> None:
        self._names: list[tuple[str, str]] = []
        self._rows: list[tuple[dict[_Key, Scalar], dict[str, Scalar], dict[str, Scalar]]] = []
        self._texts: dict[str, str] = {}

    def add(
        self,
        name: str,
        span: str,
        used: Mapping[_Key, Scalar],
        scores: Mapping[str, float],
        figures: dict[str, Scalar],
    ) -> None:
        labels = {key: _label(value, self._texts) for key, value in used.items()}
        self._names.append((name, span))
        self._rows.append((labels, {_score_column(score): value for score, value in scores.items()}, figures))

    def table(self) -> RunTable:
        keys = tuple(dict.fromkeys(key for row in self._rows for key in row[0]))
        scores = tuple(dict.fromkeys(name for row in self._rows for name in row[1]))
        return RunTable(
            columns=(*(f"{function}.{name}" for function, name in keys), *scores, *_FIGURES),
            rows=tuple(
                (*map(used.get, keys), *map(noted.get, scores), *map(figures.get, _FIGURES))
                for used, noted, figures in self._rows
            ),
            names=tuple(name for name, _ in self._names),
            spans=tuple(span for _, span in self._names),
            keys=keys,
            scores=scores,
            texts=self._texts,
        )


def _figures(sums: Sums | Totals, seconds: float | None) -> dict[str, Scalar]:
    return {
        "calls": sums.calls,
        "errors": sums.errors,
        "retries": sums.retries,
        "tokens": None if sums.unmeasured else sums.tokens,
        "cost": sums.cost if sums.chats else None,
        "seconds": seconds,
    }


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


def _identity(value: Scalar) -> tuple[type, str]:
    return type(value), repr(value)
