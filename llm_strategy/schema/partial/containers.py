"""Collections that grow: lists, sets, tuples, dictionaries, and data of any kind."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.schema.partial.building import FINISHED, MISSING, WRITTEN, is_hashable
from llm_strategy.schema.partial.classes import PartialDict, PartialList, PartialSet, collection_class, grown
from llm_strategy.schema.partial.growth import Growth
from llm_strategy.schema.partial.leaves import TextNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llm_strategy.schema.partial.building import Building, Node

__all__ = ["ANY", "AnyNode", "ListNode", "MapNode"]


class AnyNode:
    """Data of which nothing is known."""

    kind: Any = Any

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the data, containers as partial ones."""
        if is_object(raw):
            return _ANY_OBJECT.part(raw, level, building)
        if is_list(raw):
            return _ANY_LIST.part(raw, level, building)
        return _TEXT.part(raw, level, building) if level == WRITTEN else raw

    def fits(self, raw: Any, level: int) -> int:  # noqa: ARG002 (one protocol)
        """Return that it fits, last of all."""
        return 0


class ListNode:
    """A list, a set, or a tuple: of items of one type, or each of its own."""

    def __init__(self, annotation: Any, parent: type, items: Callable[[], Sequence[Node]], *, each: bool) -> None:
        self.kind = collection_class(annotation, parent)
        self._make = items
        self._each = each

    @cached_property
    def _items(self) -> Sequence[Node]:
        return self._make()

    def _item(self, index: int) -> Node:
        return self._items[0 if self._each else min(index, len(self._items) - 1)] if self._items else ANY

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the items so far."""
        if not is_list(raw):
            return MISSING
        if level == FINISHED:
            return building.once(self, raw, lambda: self._whole(raw, building))
        child = building.child(raw, level)
        count = len(raw) - (child is not None and child[2] != WRITTEN)
        kept = building.begun(self, raw, lambda: [0, []])
        kept[1].extend(self._next(raw, kept[0], count, building))
        kept[0] = count
        building.outline.append(len(kept[1]))
        last = MISSING if child is None else self._item(count).part(child[1], child[2], building)
        return self._value(kept[1] if last is MISSING else [*kept[1], last], Growth(building.attempt))

    def _whole(self, raw: list[Any], building: Building) -> Any:
        items = self._next(raw, 0, len(raw), building)
        return self._value(items, Growth(building.attempt, whole=True))

    def _next(self, raw: list[Any], start: int, end: int, building: Building) -> list[Any]:
        read = (self._item(index).part(raw[index], FINISHED, building) for index in range(start, end))
        return [item for item in read if item is not MISSING]

    def _value(self, items: list[Any], reached: Growth) -> Any:
        if issubclass(self.kind, PartialSet):
            items = [item for item in items if is_hashable(item)]
        return grown(self.kind(items), reached)

    def fits(self, raw: Any, level: int) -> int:  # noqa: ARG002 (one protocol)
        """Return whether it is a list."""
        return 0 if is_list(raw) else -1


class MapNode:
    """A dictionary with any keys; also where it is written as pairs."""

    def __init__(self, annotation: Any, nodes: Callable[[], tuple[Node, Node]]) -> None:
        self.kind = collection_class(annotation, PartialDict)
        self._make = nodes

    @cached_property
    def _nodes(self) -> tuple[Node, Node]:
        return self._make()

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the entries so far."""
        if not (is_object(raw) or is_list(raw)):
            return MISSING
        if level == FINISHED:
            return building.once(self, raw, lambda: self._whole(raw, building))
        child = building.child(raw, level)
        count = len(raw) - (child is not None and child[2] != WRITTEN)
        kept = building.begun(self, raw, lambda: [0, {}])
        kept[1].update(self._entries(raw, kept[0], count, building))
        kept[0] = count
        building.outline.append(len(kept[1]))
        value = self.kind(kept[1])
        if child is not None and is_object(raw):
            last = self._nodes[1].part(child[1], child[2], building)
            if last is not MISSING:
                value[self._key(child[0], building)] = last
        return grown(value, Growth(building.attempt, frozenset(filter(_is_text, kept[1])), whole=False))

    def _whole(self, raw: Any, building: Building) -> Any:
        found = dict(self._entries(raw, 0, len(raw), building))
        return grown(self.kind(found), Growth(building.attempt, frozenset(filter(_is_text, found)), whole=True))

    def _entries(self, raw: Any, start: int, end: int, building: Building) -> Iterator[tuple[Any, Any]]:
        entries: Any = raw.items() if is_object(raw) else (_pair(one) for one in raw)
        for key, data in islice(entries, start, end):
            value = self._nodes[1].part(data, FINISHED, building)
            if value is not MISSING:
                yield self._key(key, building), value

    def _key(self, raw: Any, building: Building) -> Any:
        key = self._nodes[0].part(raw, FINISHED, building)
        return key if key is not MISSING and is_hashable(key) else str(raw)

    def fits(self, raw: Any, level: int) -> int:
        """Return whether it is an object: a finished one that has no fields in common with another type is this."""
        return int(level == FINISHED) if is_object(raw) else -1


def _pair(data: Any) -> tuple[Any, Any]:
    return (data.get("key"), data.get("value")) if is_object(data) else (None, data)


def _is_text(key: Any) -> bool:
    return isinstance(key, str)


ANY = AnyNode()
_TEXT = TextNode()
_ANY_LIST = ListNode(list[Any], PartialList, lambda: (ANY,), each=True)
_ANY_OBJECT = MapNode(dict[str, Any], lambda: (_TEXT, ANY))
