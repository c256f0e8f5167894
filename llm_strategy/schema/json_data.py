"""Tell objects and lists apart in JSON data, in words that type checkers follow."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypeIs

__all__ = ["is_list", "is_object", "is_tuple"]


def is_object(data: Any) -> TypeIs[dict[str, Any]]:
    """Whether data is a JSON object.

    >>> is_object({}), is_object([])
    (True, False)
    """
    return isinstance(data, dict)


def is_list(data: Any) -> TypeIs[list[Any]]:
    """Whether data is a JSON array.

    >>> is_list({}), is_list([])
    (False, True)
    """
    return isinstance(data, list)


def is_tuple(data: Any) -> TypeIs[tuple[Any, ...]]:
    """Whether data is a tuple, which stands for an array in what Python code has put together.

    >>> is_tuple(()), is_tuple([])
    (True, False)
    """
    return isinstance(data, tuple)
