"""Hyperparameters as they stand in a page: what was set, and what was used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing.parameters import by_key, set_on

if TYPE_CHECKING:
    from llm_strategy.tracing.exporters.html.texts import Texts
    from llm_strategy.tracing.flat_values import Scalar
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["parameters_of"]


def parameters_of(trace: RecordedTrace, texts: Texts) -> list[list[Any]]:
    """Return `[function, name, values set, value used]`, texts numbered; -1 where no value was used.

    Several values were set where calls ran in different scopes.
    """
    changed: dict[tuple[str, str], dict[str, None]] = {}
    for span in trace.spans:
        for key, value in set_on(span).items():
            changed.setdefault(key, {})[_shown(value)] = None
    used = by_key(trace.hyperparameters)
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
