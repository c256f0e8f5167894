"""Tell lists and objects apart in plain JSON data, in a way that type checkers follow."""

from __future__ import annotations

from typing import Any, TypeGuard

__all__ = ["is_list", "is_object"]


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Return whether plain data is a list."""
    return isinstance(value, list)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether plain data is an object; its keys are texts, as in all JSON."""
    return isinstance(value, dict)
