"""What has no parts: text, which grows, and everything that is there when it is finished."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from llm_strategy.schema.partial.building import FINISHED, MISSING, WRITTEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import TypeAdapter

    from llm_strategy.schema.partial.building import Building, Node

__all__ = ["LeafNode", "TextNode", "WholeNode"]


class TextNode:
    """Text, which grows."""

    def __init__(self, kind: Any = str) -> None:
        self.kind = kind

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the text so far."""
        if level == WRITTEN:
            building.outline.append(len(raw))
        return self.kind(raw) if isinstance(raw, str) else MISSING

    def fits(self, raw: Any, level: int) -> int:  # noqa: ARG002 (one protocol)
        """Return whether it is text."""
        return 0 if isinstance(raw, str) else -1


class LeafNode:
    """What is there when it is finished, and not before: numbers, dates, choices, and what only its own type reads."""

    def __init__(self, kind: Any, adapter: Callable[[], TypeAdapter[Any] | None]) -> None:
        self.kind = kind
        self._make = adapter

    @cached_property
    def _adapter(self) -> TypeAdapter[Any] | None:
        return self._make()

    def part(self, raw: Any, level: int, building: Building) -> Any:  # noqa: ARG002 (one protocol)
        """Return the value, where it is finished."""
        return self.read(raw) if level == FINISHED else MISSING

    def read(self, raw: Any) -> Any:
        """Return the value of finished data, or MISSING where it is none."""
        if type(raw) is self.kind and self.kind in {int, float, bool}:
            return raw
        if self._adapter is None:
            return MISSING
        try:
            return self._adapter.validate_json(to_json(raw))
        except Exception:  # noqa: BLE001 (a type of the user's may raise anything; the whole reply is judged at its end)
            return MISSING

    def fits(self, raw: Any, level: int) -> int:
        """Return whether it can be read."""
        return 0 if level == FINISHED and self.read(raw) is not MISSING else -1


class WholeNode:
    """A part that is shown when it is finished, and not before."""

    def __init__(self, inner: Node) -> None:
        self.inner = inner

    @property
    def kind(self) -> Any:
        """The class of its partial values."""
        return self.inner.kind

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the value, where it is finished."""
        return self.inner.part(raw, level, building) if level == FINISHED else MISSING

    def fits(self, raw: Any, level: int) -> int:
        """Return how well it fits."""
        return self.inner.fits(raw, level)
