"""Hyperparameters as they stand in a page: what was set, and what was used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.tracing import semconv
from llm_strategy.tracing.flat_values import flat_values

if TYPE_CHECKING:
    from llm_strategy.tracing.exporters.html.texts import Texts
    from llm_strategy.tracing.flat_values import Scalar
    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["flat", "parameters_of", "set_on"]


def set_on(span: SpanRecord) -> dict[tuple[str, str], Scalar]:
    """Return what the scopes in force had set when a span began, by function and name."""
    return flat(span.data(semconv.HYPERPARAMETERS))


def flat(values: object) -> dict[tuple[str, str], Scalar]:
    """Return values by function and name, from a mapping of mappings; what is none gives nothing.

    >>> flat({"shop.find": {"temperature": 0.2}})
    {('shop.find', 'temperature'): 0.2}
    """
    found = cast("dict[str, Any]", values) if isinstance(values, dict) else {}
    return {(one.function, one.name): one.value for one in flat_values(found)}


def parameters_of(trace: RecordedTrace, texts: Texts) -> list[list[Any]]:
    """Return `[function, name, values set, value used]`, texts numbered; -1 where no value was used.

    Several values were set where calls ran in different scopes.
    """
    changed: dict[tuple[str, str], dict[str, None]] = {}
    for span in trace.spans:
        for key, value in set_on(span).items():
            changed.setdefault(key, {})[_shown(value)] = None
    used = flat(trace.hyperparameters)
    return [
        [
            texts.number(function),
            texts.number(name),
            [texts.number(value) for value in changed.get((function, name), {})],
            texts.number(_shown(used[function, name])) if (function, name) in used else -1,
        ]
        for function, name in sorted({*changed, *used})
    ]


def _shown(value: Scalar) -> str:
    return value if isinstance(value, str) else json.dumps(value)
