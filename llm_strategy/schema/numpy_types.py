"""NumPy arrays and numbers as JSON: nested lists of numbers.

Covered: arrays of numbers and booleans with up to three dimensions as answers (any number of them as
arguments), and NumPy's own number types. Not covered: the dtype travels only as far as JSON tells integers,
numbers and booleans apart; structured and object arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from llm_strategy.schema.adapters import register_type

__all__ = ["register"]

_CELL: dict[str, Any] = {"type": "number"}
_ROW: dict[str, Any] = {"type": "array", "items": _CELL}
_MATRIX: dict[str, Any] = {"type": "array", "items": _ROW}
_ARRAY: dict[str, Any] = {
    "type": "array",
    "items": {"anyOf": [_CELL, _ROW, _MATRIX]},
    "description": "array of numbers, nested by dimension",
}


def register() -> None:
    """Register the array and the number types."""
    register_type(np.ndarray, schema=_ARRAY, to_json=_array_to_json, from_json=_array_from_json)
    register_type(np.bool_, schema={"type": "boolean"}, to_json=bool, from_json=np.bool_)
    integer: Any = np.integer  # abstract to the checkers; what is registered covers its subclasses
    register_type(integer, schema={"type": "integer"}, to_json=int, from_json=np.int64)
    floating: Any = np.floating
    register_type(floating, schema=_CELL, to_json=float, from_json=np.float64)


def _array_to_json(array: np.ndarray[Any, Any]) -> Any:
    return array.tolist()


def _array_from_json(data: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(data)
    if array.dtype.kind not in "biuf" and array.size:
        raise ValueError("an array of numbers, every row as long as the others, was expected")
    return array
