"""Copying a value with other texts in it, whatever it is made of."""

from __future__ import annotations

import copy
import dataclasses
import typing
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Union, cast

from pydantic import BaseModel

from llm_strategy.schema.annotations import expand_alias, origin_and_arguments, strip_annotated
from llm_strategy.schema.json_data import is_list, is_object, is_tuple
from llm_strategy.schema.marks import field_types
from llm_strategy.schema.partial.growth import PartialValue
from llm_strategy.schema.untrusted_bytes import UntrustedBytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["remarked"]

_COLLECTIONS = {dict, list, deque, set, frozenset}
"""What is copied with its items; of a subclass nobody knows how."""
_BYTES = {bytes, UntrustedBytes}


def remarked(
    value: Any,
    annotation: Any,
    *,
    text: Callable[[Any], Any],
    other: Callable[[object], None],
    narrow: tuple[type, ...],
) -> Any:
    """Return a copy of a value with each text changed; other objects in it stay what they are.

    Args:
        value: what is copied; values that contain themselves do so in the copy as well.
        annotation: its declared type: the words of a `Literal` are not changed.
        text: changes a text, or bytes of no class of their own.
        other: is told of each object whose inside cannot be changed, and of each copy of a model or dataclass.
        narrow: types whose values stay as they are.
    """
    return _Copy(text, other, narrow).of(value, annotation)


@dataclass(slots=True)
class _Copy:
    text: Callable[[Any], Any]
    other: Callable[[object], None]
    narrow: tuple[type, ...]
    made: dict[int, tuple[Any, Any]] = field(default_factory=dict[int, tuple[Any, Any]])
    """Copies by the id of what they were made from; with that, so that no other object takes its id meanwhile."""

    def of(self, value: Any, annotation: Any) -> Any:
        """Return the copy of a value."""
        if isinstance(value, self.narrow) or self._is_narrow(annotation):
            return value
        if isinstance(value, str) or type(value) in _BYTES:
            return self.text(value)
        known = self.made.get(id(value))
        return self._copied(value, annotation) if known is None else known[1]

    def _is_narrow(self, annotation: Any) -> bool:
        origin, arguments = origin_and_arguments(_plain(annotation))
        if origin is Literal:
            return True
        if origin is Union:
            return all(self._is_narrow(one) for one in arguments)
        return origin is None or (isinstance(origin, type) and issubclass(origin, self.narrow))

    def _copied(self, value: Any, annotation: Any) -> Any:
        if isinstance(value, PartialValue):
            return self._partial(value, annotation)
        if isinstance(value, BaseModel):
            return self._model(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._dataclass(value)
        if is_tuple(value):
            return self._tuple(value, annotation)
        if type(value) in _COLLECTIONS:
            return self._collection(value, annotation)
        self.other(value)
        return value

    def _partial(self, value: Any, annotation: Any) -> Any:
        """Return a copy of a value that grows still; it knows how far it has come."""
        own: dict[str, Any] = value.__dict__
        if is_tuple(value):
            of_class: Any = value.__class__
            parts = self._tuple(tuple(value), annotation)
            made: Any = of_class.__new__(of_class, parts)
            made.__dict__.update(own)
            return self._known(value, made)
        result: Any = self._known(value, copy.copy(value))
        if is_list(value):
            result[:] = [self.of(one, _inside(annotation, 0)) for one in value]
        elif is_object(value) or isinstance(value, set):
            parts = self._collection(dict(result) if is_object(value) else set(result), annotation)
            result.clear()
            result.update(parts)
        else:
            kinds = _fields(annotation)
            fields = {name: part for name, part in own.items() if not name.startswith("__")}
            result.__dict__.update({name: self.of(part, kinds.get(name, Any)) for name, part in fields.items()})
        return result

    def _collection(self, value: Any, annotation: Any) -> Any:
        if is_object(value):
            return self._dict(value, annotation)
        if type(value) in {set, frozenset}:  # neither can contain itself
            return type(value)(self.of(one, _inside(annotation, 0)) for one in value)
        result = self._known(value, type(value)())
        result.extend(self.of(one, _inside(annotation, 0)) for one in value)
        return result

    def _known(self, value: Any, result: Any) -> Any:
        self.made[id(value)] = (value, result)
        return result

    def _dict(self, value: dict[Any, Any], annotation: Any) -> dict[Any, Any]:
        result: dict[Any, Any] = self._known(value, {})
        plain = _plain(annotation)
        fields: dict[str, Any] = typing.get_type_hints(plain) if typing.is_typeddict(plain) else {}
        for key, part in value.items():
            declared = key in fields
            kind = fields[key] if declared else _inside(annotation, 1)
            result[key if declared else self.of(key, _inside(annotation, 0))] = self.of(part, kind)
        return result

    def _tuple(self, value: tuple[Any, ...], annotation: Any) -> Any:
        make: Callable[[Any], Any] | None = getattr(type(value), "_make", None)
        _, arguments = origin_and_arguments(_plain(annotation))
        kinds = arguments if len(arguments) == len(value) and Ellipsis not in arguments else None
        if make is not None:
            hints = getattr(type(value), "__annotations__", {})
            kinds = tuple(hints.get(name, Any) for name in getattr(type(value), "_fields", ()))
        parts = [self.of(one, kinds[i] if kinds else _inside(annotation, 0)) for i, one in enumerate(value)]
        if make is not None:
            return make(parts)
        return tuple(parts) if type(value) is tuple else value

    def _model(self, value: BaseModel) -> Any:
        result: Any = self._known(value, value.model_copy())
        kinds = field_types(type(value))
        result.__dict__.update({name: self.of(part, kinds.get(name, Any)) for name, part in value.__dict__.items()})
        for name, part in (value.__pydantic_extra__ or {}).items():
            result.__pydantic_extra__[name] = self.of(part, Any)
        self.other(result)
        return result

    def _dataclass(self, value: Any) -> Any:
        result: Any = self._known(value, copy.copy(value))
        kinds = field_types(cast("Any", type(result)))
        for one in dataclasses.fields(value):
            if hasattr(value, one.name):
                object.__setattr__(result, one.name, self.of(getattr(value, one.name), kinds[one.name]))
        self.other(result)
        return result


def _plain(annotation: Any) -> Any:
    """Return a type without `Annotated`, its alias, and `| None`."""
    annotation = strip_annotated(expand_alias(strip_annotated(annotation)))
    origin, arguments = origin_and_arguments(annotation)
    if origin is Union:
        some = [one for one in arguments if one is not type(None)]
        return strip_annotated(some[0]) if len(some) == 1 else annotation
    return annotation


def _fields(annotation: Any) -> dict[str, Any]:
    """Return the types of the fields of a model or dataclass; nothing of anything else."""
    plain: Any = _plain(annotation)
    origin: Any = origin_and_arguments(plain)[0]
    known = hasattr(origin, "model_fields") or dataclasses.is_dataclass(origin)
    return field_types(plain if isinstance(plain, type) else origin) if known else {}


def _inside(annotation: Any, place: int) -> Any:
    """Return the type of the items of a collection, or of the values of a mapping; `Any` where it is not said."""
    _, arguments = origin_and_arguments(_plain(annotation))
    return arguments[place] if place < len(arguments) and arguments[place] is not Ellipsis else Any
