"""Reading a growing value: what is finished is read once and kept, and only the outline of the rest is made anew.

So reading a value again and again while it grows takes linear time altogether.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FINISHED", "MISSING", "WRITTEN", "Building", "Node", "UnderWay", "is_hashable"]

FINISHED: Final = -1
"""The level of data that will not change."""
WRITTEN: Final = -2
"""The level of a text that is being written."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""Nothing that could be shown has come."""


class UnderWay(Protocol):
    """JSON data that is being written."""

    root: Any
    """What has come, as plain data; the parser's own mark where nothing has."""
    open: list[Any]
    """The containers that are not closed, outermost first."""
    key: str | None
    """The key whose value is being written in the innermost one."""

    @property
    def text(self) -> str | None:
        """The text that is being written, as far as it goes."""
        ...


class Node(Protocol):
    """Reads the data of one type."""

    @property
    def kind(self) -> Any:
        """The class of its partial values."""
        ...

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the value of data at a level (its index among the open containers), or MISSING."""
        ...

    def fits(self, raw: Any, level: int) -> int:
        """Return how well data of its JSON kind fits, for the choice in a union; below 0 for not at all."""
        ...


@dataclass(slots=True)
class Building:
    """The reading of one growing value."""

    attempt: int = 0
    """The number of the answer that it is read from."""
    under_way: UnderWay | None = None
    """The data, as far as they go."""
    outline: list[int] = field(default_factory=list[int])
    """How much of each part under way could be seen last time: the same numbers are the same value."""
    _finished: dict[tuple[int, int], Any] = field(default_factory=dict[tuple[int, int], Any])
    _begun: dict[tuple[int, int], Any] = field(default_factory=dict[tuple[int, int], Any])

    def value(self, node: Node, data: UnderWay) -> Any:
        """Return the value so far, or MISSING."""
        self.under_way = data
        self.outline = []
        if data.open:
            return node.part(data.root, 0, self)
        return MISSING if data.text is None else node.part(data.text, WRITTEN, self)

    def child(self, raw: Any, level: int) -> tuple[Any, Any, int] | None:
        """Return the part of an open container that is being written: its key or index, its data, its level."""
        data = cast("UnderWay", self.under_way)
        if level + 1 < len(data.open):
            place: Any = next(reversed(raw)) if is_object(raw) else len(raw) - 1
            return place, data.open[level + 1], level + 1
        text = data.text
        return None if text is None else (data.key if is_object(raw) else len(raw), text, WRITTEN)

    def once(self, node: Node, raw: Any, make: Callable[[], Any]) -> Any:
        """Return what is made of a finished container, made once."""
        key = id(raw), id(node)
        if key not in self._finished:
            self._finished[key] = make()
        return self._finished[key]

    def begun(self, node: Node, raw: Any, empty: Callable[[], Any]) -> Any:
        """Return what was kept of an open container, at first what `empty` makes."""
        key = id(raw), id(node)
        if key not in self._begun:
            self._begun[key] = empty()
        return self._begun[key]


def is_hashable(value: Any) -> bool:
    """Return whether a value can be a key, or an element of a set."""
    try:
        hash(value)
    except TypeError:
        return False
    return True
