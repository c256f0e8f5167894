"""The classes of partial values: objects with attributes, and collections."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from pydantic_core import to_json

from llm_strategy.schema.json_data import is_list, is_object, is_tuple
from llm_strategy.schema.partial.growth import PartialType, PartialValue
from llm_strategy.schema.type_names import type_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

from llm_strategy.schema.partial.growth import Growth

__all__ = [
    "PartialDict",
    "PartialList",
    "PartialRecord",
    "PartialSet",
    "PartialTuple",
    "collection_class",
    "grown",
    "record_class",
]

P = TypeVar("P", bound=PartialValue)


class PartialRecord(PartialValue):
    """A partial model or dataclass. It cannot be changed: its parts are shared by later ones."""

    __fields__: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **fields: Any) -> None:
        vars(self).update(dict.fromkeys(self.__fields__), **fields)

    def __getattr__(self, name: str) -> Any:
        fields = ", ".join(map(repr, self.__fields__))
        raise AttributeError(
            f"{type(self).__name__} has no {name!r} before it is whole. It has the fields {fields or 'none'}.",
            name=name,
            obj=self,
        )

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed. Copy what you need of it.", name=name, obj=self)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Give the names with the values, as pydantic's models do."""
        return iter(_fields_of(self).items())

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _fields_of(self) == _fields_of(other)

    __hash__ = None  # type: ignore[assignment]  # what it holds can be changed

    def __repr__(self) -> str:
        finished = self.__growth__.finished
        shown = (
            f"{name}={value!r}{'' if name in finished or isinstance(value, PartialValue) else '...'}"
            for name, value in _fields_of(self).items()
            if value is not None or name in finished
        )
        return f"{type(self).__name__}({', '.join(shown)})"


class PartialModel(PartialRecord):
    """A partial pydantic model: what has come of it can be exported as a model can."""

    @property
    def model_fields_set(self) -> set[str]:
        """The fields of which something has come."""
        finished = self.__growth__.finished
        return {name for name, value in self if value is not None or name in finished}

    def model_dump(self, *, exclude_unset: bool = False, **_options: Any) -> dict[str, Any]:
        """Return the fields as a dictionary, partial values inside it as well."""
        known = self.model_fields_set
        return {name: _plain(value) for name, value in self if not exclude_unset or name in known}

    def model_dump_json(self, **options: Any) -> str:
        """Return the fields as JSON."""
        return to_json(self.model_dump(**options)).decode()


class PartialList(list[Any], PartialValue):
    """A partial list: its items so far, the last of which may be partial itself."""


class PartialSet(set[Any], PartialValue):
    """A partial set: the elements that are finished."""


class PartialTuple(tuple[Any, ...], PartialValue):  # noqa: SLOT001 (it notes how far it has come)
    """A partial tuple: its elements so far."""


class PartialDict(dict[Any, Any], PartialValue):
    """A partial dictionary; of a TypedDict, the keys that have not come yet read as None."""

    __fields__: ClassVar[tuple[str, ...]] = ()

    def __missing__(self, key: Any) -> None:
        if key not in self.__fields__:
            raise KeyError(key)


def grown(value: P, growth: Growth) -> P:
    """Note how far a new value has come, and return it."""
    vars(value)["__growth__"] = growth
    return value


def record_class(annotation: Any, origin: Any, fields: Sequence[str]) -> Any:
    """Return the class of the partial values of a class with named parts."""
    if dataclasses.is_dataclass(origin):
        parts = {name: dataclasses.field(default=None) for name in fields}
        described = dataclasses.make_dataclass("Fields", [(name, Any, part) for name, part in parts.items()])
        return _class(annotation, (PartialRecord,), {"__fields__": tuple(fields)} | _as_dataclass(described))
    if issubclass(origin, tuple):
        shape: Any = namedtuple("Fields", fields, defaults=[None] * len(fields))  # type: ignore[misc]  # noqa: PYI024
        return _class(annotation, (shape, PartialValue), {"__repr__": PartialRecord.__repr__})
    parent = PartialDict if issubclass(origin, dict) else PartialModel
    return _class(annotation, (parent,), {"__fields__": tuple(fields)})


def _as_dataclass(described: Any) -> dict[str, Any]:
    """What makes `dataclasses.asdict` and `fields` work; the rest of a dataclass is none of a partial one."""
    return {name: getattr(described, name) for name in ("__dataclass_fields__", "__dataclass_params__")}


def collection_class(annotation: Any, parent: type) -> Any:
    """Return the class of the partial values of a collection."""
    return _class(annotation, (parent,), {})


def _class(annotation: Any, parents: tuple[type, ...], namespace: dict[str, Any]) -> Any:
    name = f"Partial[{type_name(annotation)}]"
    module = getattr(annotation, "__module__", __name__)
    return PartialType(
        name, parents, {**namespace, "__qualname__": name, "__module__": module, "__partial_of__": annotation}
    )


def _fields_of(record: Any) -> dict[str, Any]:
    named: Any = vars if isinstance(record, PartialRecord) else record.__class__._asdict
    found: dict[str, Any] = named(record)
    return {name: value for name, value in found.items() if name != "__growth__"}


def _plain(value: Any) -> Any:
    if isinstance(value, PartialRecord):
        return {name: _plain(part) for name, part in value}
    if is_object(value):
        return {key: _plain(part) for key, part in value.items()}
    if is_list(value) or isinstance(value, PartialSet):
        return [_plain(part) for part in value]
    if is_tuple(value):
        named: Any = getattr(type(value), "_asdict", None)
        return tuple(_plain(part) for part in value) if named is None else _plain(named(value))
    return value
