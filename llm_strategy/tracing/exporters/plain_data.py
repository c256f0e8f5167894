"""Attributes as strict JSON can hold them, without signs that steer a terminal."""

from __future__ import annotations

import math
from typing import Any, cast

from llm_strategy.tracing.printable import printable

__all__ = ["plain_data"]

_DEEPEST = 50


def plain_data(value: Any, depth: int = 0) -> Any:
    r"""Return data as strict JSON can hold them, with printable texts.

    >>> plain_data({"a": (1, float("nan")), "b": "\x7f"})
    {'a': [1, 'nan'], 'b': ''}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict) and depth < _DEEPEST:
        members = cast("dict[object, object]", value).items()
        return {printable(str(name)): plain_data(one, depth + 1) for name, one in members}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [plain_data(one, depth + 1) for one in cast("list[object] | tuple[object, ...]", value)]
    return printable("..." if isinstance(value, dict | list | tuple) else str(value))
