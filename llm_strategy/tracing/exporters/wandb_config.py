"""What a trace was made with, as the configuration of a run."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["config_of"]


def config_of(traces: Sequence[RecordedTrace], before: object = None) -> dict[str, Any]:
    """Return what goes under `llm_strategy` in the configuration of a run.

    `hyperparameters` is everything that was set or used, `set` what scopes had set. The name of a function becomes a
    way through dictionaries: Weights & Biases cannot search for a key with a dot in it, and shows such a way with dots.

    Args:
        traces: what was recorded; where they differ, the last one counts.
        before: what stands there already, from traces that went into the run before.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> config_of([sample_trace(1)])["set"]
    {'shop': {'Catalogue': {'describe': {'temperature': 0.2}}}}
    """
    config: dict[str, Any] = {"version": version("llm-strategy"), "traces": [], "set": {}, "hyperparameters": {}}
    if isinstance(before, dict):
        config.update(cast("dict[str, Any]", before))
    config["traces"] = [*config["traces"], *(trace.id for trace in traces)]
    for trace in traces:
        changed = [_nested(one) for one in _set_in(trace)]
        for values in changed:
            config["set"] = _merged(config["set"], values)
        for values in (*changed, _nested(trace.hyperparameters)):
            config["hyperparameters"] = _merged(config["hyperparameters"], values)
        if trace.session is not None and (digest := trace.session.text(semconv.HYPERPARAMETERS_HASH)):
            config["hash"] = digest
    return config


def _set_in(trace: RecordedTrace) -> list[Any]:
    """What scopes had set: around the session, and around each function in it."""
    spans = [span for span in trace.spans if span.kind in {"session", "function"}]
    return [span.data(semconv.HYPERPARAMETERS) for span in spans]


def _nested(scope: object) -> dict[str, Any]:
    """Return the values of a scope by the parts of the names of their functions. What is no scope is empty."""
    nested: dict[str, Any] = {}
    for function, values in cast("dict[str, Any]", scope if isinstance(scope, dict) else {}).items():
        for part in reversed(function.split(".")):
            values = {part: values}  # noqa: PLW2901 (wrapped from the inside out)
        nested = _merged(nested, values)
    return nested


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, dictionaries inside them merged as well; where they differ, the second counts."""
    merged = dict(first)
    for key, value in second.items():
        old: object = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merged(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        else:
            merged[key] = value
    return merged
