"""Objects with fields that grow, the union of several types, and the envelope around a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Union, cast

from llm_strategy.schema.json_data import is_object
from llm_strategy.schema.partial.building import FINISHED, MISSING, WRITTEN
from llm_strategy.schema.partial.classes import PartialDict, grown, record_class
from llm_strategy.schema.partial.growth import Growth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llm_strategy.schema.partial.building import Building, Node
    from llm_strategy.schema.partial.classes import PartialRecord

__all__ = ["EnvelopeNode", "ObjectNode", "Part", "RootNode", "UnionNode"]

_MOST_SPELLINGS = 1000
"""How many keys that are no fields an object remembers."""


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of an object."""

    name: str
    """The attribute, or the key of a TypedDict."""
    node: Node
    """Reads it."""
    required: bool = True
    """Whether a whole value has it."""
    tag: bool = False
    """Whether it tells the members of a union apart."""


class ObjectNode:
    """An object with fields: a model, a dataclass, a TypedDict, a NamedTuple."""

    def __init__(
        self, annotation: Any, origin: Any, parts: Callable[[], dict[str, Part]], names: Sequence[str]
    ) -> None:
        self.kind = record_class(annotation, origin, names)
        self._make = parts
        self._names = dict.fromkeys(names)
        self._spelled: dict[str, Part | None] = {}

    @cached_property
    def _parts(self) -> dict[str, Part]:
        """The parts by their names in JSON."""
        return self._make()

    def _part_for(self, key: str) -> Part | None:
        if key in self._parts:
            return self._parts[key]
        if key not in self._spelled:
            if len(self._spelled) > _MOST_SPELLINGS:
                self._spelled.clear()
            near = [part for name, part in self._parts.items() if _folded(key) in {_folded(name), _folded(part.name)}]
            self._spelled[key] = near[0] if len(near) == 1 else None
        return self._spelled[key]

    def knows(self, key: str) -> bool:
        """Return whether a key is that of a field."""
        return self._part_for(key) is not None

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the fields so far."""
        if not is_object(raw):
            return MISSING
        if level == FINISHED:
            return building.once(self, raw, lambda: self._whole(raw, building))
        child = building.child(raw, level)
        count = len(raw) - (child is not None and child[2] != WRITTEN)
        kept = building.begun(self, raw, lambda: [0, {}])
        kept[1].update(self._next(raw, kept[0], count, building))
        kept[0] = count
        building.outline.append(len(kept[1]))
        fields = kept[1]
        part = None if child is None else self._part_for(child[0])
        if child is not None and part is not None:
            last = part.node.part(child[1], child[2], building)
            fields = fields if last is MISSING else {**fields, part.name: last}
        return self._value(fields, Growth(building.attempt, frozenset(kept[1])))

    def _whole(self, raw: dict[str, Any], building: Building) -> Any:
        fields = self._next(raw, 0, len(raw), building)
        return self._value(fields, Growth(building.attempt, frozenset(fields), whole=True))

    def _next(self, raw: dict[str, Any], start: int, end: int, building: Building) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, data in islice(raw.items(), start, end):
            part = self._part_for(key)
            value = MISSING if part is None else part.node.part(data, FINISHED, building)
            if part is not None and value is not MISSING:
                found[part.name] = value
        return found

    def _value(self, fields: dict[str, Any], reached: Growth) -> Any:
        kind = self.kind
        if issubclass(kind, PartialDict):
            return grown(kind(fields), reached)
        if issubclass(kind, tuple):
            return grown(cast("Any", kind)(**fields), reached)
        value = cast("PartialRecord", kind.__new__(kind))
        vars(value).update(self._names)
        vars(value).update(fields)
        return grown(value, reached)

    def fits(self, raw: Any, level: int) -> int:
        """Return how many fields are known of those that have come; below 0 where a tag says that it is another."""
        if not is_object(raw):
            return -1
        known = 0
        for number, (key, data) in enumerate(raw.items(), 1):
            part = self._part_for(key)
            known += part is not None
            finished = level == FINISHED or number < len(raw) or not isinstance(data, dict | list)
            if part is not None and part.tag and finished and part.node.fits(data, FINISHED) < 0:
                return -1
        whole = level == FINISHED and all(key in raw for key, part in self._parts.items() if part.required)
        return 2 * known + whole


class RootNode:
    """A model that is what its `root` is."""

    def __init__(self, annotation: Any, root: Callable[[], Node]) -> None:
        self.kind = record_class(annotation, annotation, ("root",))
        self._make = root

    @cached_property
    def _root(self) -> Node:
        return self._make()

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the model around its root so far."""
        root = self._root.part(raw, level, building)
        if root is MISSING:
            return MISSING
        whole = level == FINISHED
        return grown(self.kind(root=root), Growth(building.attempt, frozenset({"root"} if whole else ()), whole))

    def fits(self, raw: Any, level: int) -> int:
        """Return how well the root fits."""
        return self._root.fits(raw, level)


class UnionNode:
    """One of several types: the one that fits what has come, once it can be told."""

    def __init__(self, annotation: Any, members: Callable[[], Sequence[Node]]) -> None:
        self._annotation = annotation
        self._make = members

    @cached_property
    def _members(self) -> Sequence[Node]:
        return self._make()

    @cached_property
    def kind(self) -> Any:
        """The union of the classes of the partial values."""
        kinds = tuple(dict.fromkeys(member.kind for member in self._members))
        return Union[kinds]  # noqa: UP007 (a tuple of members, built here)

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the value so far, where it can be told what it is."""
        if raw is None:
            return None
        chosen = self._chosen(raw, level)
        return MISSING if chosen is None else chosen.part(raw, level, building)

    def _chosen(self, raw: Any, level: int) -> Node | None:
        rated = [(member.fits(raw, level), member) for member in self._members]
        best = max((rate for rate, _ in rated), default=-1)
        if best < 0:
            return None
        found = [member for rate, member in rated if rate == best]
        told = level == FINISHED or not is_object(raw) or len(found) == 1
        return found[0] if told else None

    def fits(self, raw: Any, level: int) -> int:
        """Return how well the best member fits."""
        return max((member.fits(raw, level) for member in self._members), default=-1)


class EnvelopeNode:
    """A value in the object that it was asked for in, or in one that nobody asked for."""

    def __init__(self, inner: Node, key: str | None) -> None:
        self.inner = inner
        self.key = key

    @property
    def kind(self) -> Any:
        """The class of its partial values."""
        return self.inner.kind

    def part(self, raw: Any, level: int, building: Building) -> Any:
        """Return the value so far."""
        if not is_object(raw) or level < 0:
            return self.inner.part(raw, level, building)
        return self._unasked(raw, level, building) if self.key is None else self._asked(self.key, raw, level, building)

    def _asked(self, key: str, raw: Any, level: int, building: Building) -> Any:
        child = building.child(raw, level)
        if child is not None and child[0] == key:
            return self.inner.part(child[1], child[2], building)
        if key in raw:
            return self.inner.part(raw[key], FINISHED, building)
        begun = child is not None or raw
        return self.inner.part(raw, level, building) if begun and self.inner.fits(raw, level) >= 0 else MISSING

    def _unasked(self, raw: Any, level: int, building: Building) -> Any:
        if len(raw) == 1 and isinstance(self.inner, ObjectNode):
            key, value = next(iter(raw.items()))
            child = building.child(raw, level)
            alone = child is None or child[0] == key
            if alone and is_object(value) and not self.inner.knows(key):
                return self.inner.part(value, FINISHED if child is None else child[2], building)
        return self.inner.part(raw, level, building)

    def fits(self, raw: Any, level: int) -> int:
        """Return how well the value fits."""
        return self.inner.fits(raw, level)


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
