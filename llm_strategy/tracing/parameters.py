"""Hyperparameters by function and name: those that scopes had set, and any others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from llm_strategy.tracing import semconv
from llm_strategy.tracing.flat_values import flat_values

if TYPE_CHECKING:
    from llm_strategy.tracing.flat_values import Scalar
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["by_key", "set_on"]


def set_on(span: SpanRecord) -> dict[tuple[str, str], Scalar]:
    """Return what the scopes in force had set when a span began, by function and name."""
    return by_key(span.data(semconv.HYPERPARAMETERS))


def by_key(values: object) -> dict[tuple[str, str], Scalar]:
    """Return values by function and name, from a mapping of mappings; what is none gives nothing.

    >>> by_key({"shop.find": {"temperature": 0.2}})
    {('shop.find', 'temperature'): 0.2}
    """
    found = cast("dict[str, Any]", values) if isinstance(values, dict) else {}
    return {(one.function, one.name): one.value for one in flat_values(found)}
