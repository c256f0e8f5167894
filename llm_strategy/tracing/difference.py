"""Two traces side by side: what became cheaper, faster or better, and which hyperparameters differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing.flat_values import flat_values
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from llm_strategy.tracing.functions import FunctionRow
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.totals import Totals

__all__ = ["Change", "FunctionDifference", "HyperparameterDifference", "TraceDifference", "difference"]

_FIGURES = (
    *("calls", "chats", "actions", "retries", "errors", "cache_hits"),
    *("input_tokens", "output_tokens", "cost", "seconds"),
)
_OF_FUNCTIONS = ("calls", "errors", "retries", "tokens", "cost", "seconds")
_SUMS_OF_TOKENS = frozenset({"input_tokens", "output_tokens"})
_WIDEST = 60
_SHOWN_BEFORE = 20
"""How much of a long value is shown before the place where it differs."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in both traces."""

    name: str
    """What is counted."""
    before: float | None
    """The figure in the first trace; None where it is not known."""
    after: float | None
    """The figure in the second trace."""

    @property
    def by(self) -> float | None:
        """How much it grew; None where one of the two is not known."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def ratio(self) -> float | None:
        """How much it grew, as a part of what it was; None where that is not known, or was nothing."""
        return self.by / self.before if self.by is not None and self.before else None


@dataclass(frozen=True, slots=True)
class FunctionDifference:
    """A function in both traces."""

    name: str
    """Module and qualified name."""
    before: FunctionRow | None
    """Its calls in the first trace; None where it was not called."""
    after: FunctionRow | None
    """Its calls in the second trace."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """Calls, errors, retries, tokens, cost and mean seconds; only calls where one trace did not call it."""
        if self.before is None or self.after is None:
            return (Change("calls", *(row.calls if row else 0 for row in (self.before, self.after))),)
        return _changes(_OF_FUNCTIONS, self.before, self.after)


@dataclass(frozen=True, slots=True)
class HyperparameterDifference:
    """A hyperparameter that differs."""

    name: str
    """Function and name."""
    before: str | None
    """The value in the first trace, as JSON; None where it was not used."""
    after: str | None
    """The value in the second trace."""


@dataclass(frozen=True, slots=True)
class TraceDifference:
    """Two traces side by side; `str` makes it readable."""

    names: tuple[str, str]
    """Names of the traces."""
    before: Totals
    """Totals of the first trace."""
    after: Totals
    """Totals of the second trace."""
    scores: tuple[Change, ...]
    """The scores of both."""
    functions: tuple[FunctionDifference, ...]
    """Every function that either of them called."""
    hyperparameters: tuple[HyperparameterDifference, ...]
    """The hyperparameters that differ, but for those of functions that only one of the two called."""

    @property
    def totals(self) -> tuple[Change, ...]:
        """Calls, tokens, cost and the like."""
        return _changes(_FIGURES, self.before, self.after)

    def __str__(self) -> str:
        """Show the difference as text, safe for terminals."""
        return "\n".join(_lines(self))


def difference(before: RecordedTrace, after: RecordedTrace) -> TraceDifference:
    """Return two traces side by side.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> print(difference(sample_trace(1), sample_trace(2)).totals[0])
    Change(name='calls', before=1, after=2)
    """
    old, new = ({row.name: row for row in trace.functions()} for trace in (before, after))
    names = dict.fromkeys([*old, *new])
    scores = [(before.scores.get(name), after.scores.get(name), name) for name in {**before.scores, **after.scores}]
    return TraceDifference(
        names=(before.name, after.name),
        before=before.totals,
        after=after.totals,
        scores=tuple(Change(name, one, other) for one, other, name in scores),
        functions=tuple(FunctionDifference(name, old.get(name), new.get(name)) for name in names),
        hyperparameters=tuple(_differing(before.hyperparameters, after.hyperparameters, apart=old.keys() ^ new.keys())),
    )


def _changes(names: Sequence[str], before: object, after: object) -> tuple[Change, ...]:
    return tuple(Change(name, _known(before, name), _known(after, name)) for name in names)


def _known(row: object, name: str) -> float | None:
    """Return a figure; sums of tokens that leave out what was not reported are not known."""
    figure: float | None = getattr(row, name)
    unmeasured: int = getattr(row, "unmeasured", 0)
    return None if unmeasured and name in _SUMS_OF_TOKENS else figure


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any], *, apart: Collection[str]
) -> Iterator[HyperparameterDifference]:
    old, new = (
        {one.full_name: one.json for one in flat_values(values) if one.function not in apart}
        for values in (before, after)
    )
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield HyperparameterDifference(name, old.get(name), new.get(name))


def _lines(found: TraceDifference) -> Iterator[str]:
    first, second = map(printable_line, found.names)
    yield f"{first} -> {second}"
    yield from _table(found.totals)
    if found.scores:
        yield from ("", "Scores", *_table(found.scores))
    for function in found.functions:
        name, changes = printable_line(function.name), function.changes
        yield ""
        if function.before is None or function.after is None:
            yield f"{name}: calls {_figure(changes[0].before)} -> {_figure(changes[0].after)}"
        else:
            yield from (name, *_table(changes))
    if found.hyperparameters:
        yield from ("", "Hyperparameters that differ")
    for one in found.hyperparameters:
        start = max(0, _same(one.before or "", one.after or "") - _SHOWN_BEFORE)
        yield f"  {printable_line(one.name)}: {_value(one.before, start)} -> {_value(one.after, start)}"


def _table(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        ratio = f"  {change.ratio:+.0%}" if change.ratio else ""
        name = printable_line(change.name.replace("_", " "))
        yield f"  {name:<14} {_figure(change.before):>12} -> {_figure(change.after):>12}{ratio}"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _same(before: str, after: str) -> int:
    """Return how many characters two texts begin with that are the same."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))


def _value(value: str | None, start: int) -> str:
    """Show a value from where it differs on: prompts are long, and most changes of them are small."""
    if value is None:
        return "(not used)"
    return printable_line(value, _WIDEST) if len(value) <= _WIDEST else _excerpt(value, start)


def _excerpt(value: str, start: int) -> str:
    return f"{'...' if start else ''}{printable_line(value[start:], _WIDEST)}"
