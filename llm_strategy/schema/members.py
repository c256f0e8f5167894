"""The named parts of a value: fields of models and dataclasses, elements of a NamedTuple, under their JSON names.

What belongs to a class is worked out once for each class.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from dataclasses import dataclass
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel, PlainSerializer, RootModel, WrapSerializer
from pydantic.fields import FieldInfo

__all__ = ["has_members", "is_asked", "json_names", "members_of"]


@dataclass(frozen=True, slots=True)
class _Member:
    attribute: str
    name: str
    """Name in JSON: the alias that is read, so that what is shown and what is asked for agree."""
    hidden: bool = False
    settable: bool = True
    """Whether a value can be given when the object is made; false for computed fields and `init=False`."""
    own_serializer: bool = False


def has_members(kind: Any) -> bool:
    """Whether values of a type are shown as an object of named parts.

    >>> has_members(int)
    False
    """
    return issubclass(kind, BaseModel) or dataclasses.is_dataclass(kind) or _is_named_tuple(kind)


def members_of(value: Any, *, complete: bool) -> Any:
    """Return the parts of a value by their JSON names; for a value with a root or a serializer of its own, that.

    >>> @dataclass
    ... class User:
    ...     name: str
    ...     password: str = dataclasses.field(repr=False)
    >>> members_of(User("Ann", "secret"), complete=False)
    {'name': 'Ann'}

    Args:
        value: a value of a type with members.
        complete: hidden members as well, and only those that can be set.
    """
    kind: Any = value.__class__
    if issubclass(kind, RootModel):
        return value.root
    if issubclass(kind, BaseModel) and _has_model_serializer(kind):
        return value.model_dump(
            mode="json", exclude={name for name in kind.model_computed_fields if is_asked(kind, name)}
        )
    found = {
        member.name: _part(value, member)
        for member in _members(kind)
        if (member.settable if complete else not member.hidden) and hasattr(value, member.attribute)
    }
    extra: dict[str, Any] = getattr(value, "__pydantic_extra__", None) or {}
    return found | extra


def is_asked(kind: type, name: str) -> bool:
    """Whether a property is a question to a model: showing a value must not ask it.

    >>> is_asked(int, "real")
    False
    """
    member: Any = inspect.getattr_static(kind, name, None)
    getter = getattr(member, "func", None) or getattr(member, "fget", None)
    return getattr(getter, "asks_a_model", False) is True


def json_names(kind: Any) -> dict[str, str]:
    """Return the parts that a value is made with: the attribute (of a TypedDict the key), and its name in JSON.

    >>> json_names(typing.NamedTuple("Point", [("x", int), ("y", int)]))
    {'x': 'x', 'y': 'y'}
    """
    if issubclass(kind, dict):
        notes = {name: getattr(hint, "__metadata__", ()) for name, hint in _hints(kind).items()}
        infos = {name: next((one for one in own if isinstance(one, FieldInfo)), None) for name, own in notes.items()}
        return {name: _json_name(name, infos.get(name)) for name in kind.__annotations__}
    return {member.attribute: member.name for member in _members(kind) if member.settable}


def _part(value: Any, member: _Member) -> Any:
    if member.own_serializer:
        return value.model_dump(mode="json", include={member.attribute}).get(member.attribute)
    return getattr(value, member.attribute)


@functools.lru_cache(maxsize=1024)
def _members(kind: Any) -> tuple[_Member, ...]:
    if issubclass(kind, BaseModel):
        return _model_members(kind)
    if dataclasses.is_dataclass(kind):
        return tuple(_dataclass_members(kind))
    return tuple(_Member(name, name) for name in kind._fields)


def _model_members(kind: type[BaseModel]) -> tuple[_Member, ...]:
    serialized = {
        name for decorator in kind.__pydantic_decorators__.field_serializers.values() for name in decorator.info.fields
    }
    fields = (
        _Member(
            name,
            _json_name(name, info),
            hidden=not info.repr or bool(info.exclude),
            own_serializer=name in serialized or "*" in serialized or _serializes(info.metadata),
        )
        for name, info in kind.model_fields.items()
    )
    computed = (
        _Member(name, info.alias or name, hidden=not info.repr, settable=False)
        for name, info in kind.model_computed_fields.items()
        if not is_asked(kind, name)
    )
    return (*fields, *computed)


def _dataclass_members(kind: Any) -> typing.Iterator[_Member]:
    infos: dict[str, FieldInfo] = dict(getattr(kind, "__pydantic_fields__", {}))
    hints = _hints(kind)
    for part in dataclasses.fields(kind):
        notes = getattr(hints.get(part.name), "__metadata__", ())
        info = infos.get(part.name) or next((note for note in notes if isinstance(note, FieldInfo)), None)
        hidden = not part.repr or (info is not None and (not info.repr or bool(info.exclude)))
        yield _Member(part.name, _json_name(part.name, info), hidden=hidden, settable=part.init)


def _hints(kind: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except NameError:  # names that only exist inside a function: nothing can be said in their annotations
        return {}


def _json_name(name: str, info: FieldInfo | None) -> str:
    alias: Any = None if info is None else info.validation_alias or info.alias
    while isinstance(alias, AliasChoices):
        alias = alias.choices[0]
    if isinstance(alias, AliasPath):
        alias = alias.path[0] if len(alias.path) == 1 else None
    return alias if isinstance(alias, str) else name


def _serializes(metadata: list[Any]) -> bool:
    return any(isinstance(each, PlainSerializer | WrapSerializer) for each in metadata)


def _has_model_serializer(kind: type[BaseModel]) -> bool:
    return bool(kind.__pydantic_decorators__.model_serializers)


def _is_named_tuple(kind: Any) -> bool:
    return hasattr(kind, "_fields") and issubclass(kind, tuple)
