"""From a type to the node that reads its growing values."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import typing
from typing import Annotated, Any, Literal, NewType, Union

import typing_extensions
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    RootModel,
    TypeAdapter,
    WrapSerializer,
    WrapValidator,
)

from llm_strategy.errors import DefinitionError
from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.annotations import (
    expand_alias,
    is_type_variable,
    origin_and_arguments,
    parameters,
    substitute,
)
from llm_strategy.schema.definitions import compile_output
from llm_strategy.schema.members import json_names
from llm_strategy.schema.partial.classes import PartialList, PartialSet, PartialTuple
from llm_strategy.schema.partial.containers import ANY, ListNode, MapNode
from llm_strategy.schema.partial.growth import Whole
from llm_strategy.schema.partial.leaves import LeafNode, TextNode, WholeNode
from llm_strategy.schema.partial.objects import ObjectNode, Part, RootNode, UnionNode

if typing.TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.schema.partial.building import Node

__all__ = ["node_of"]

_LISTS = frozenset(
    {list, collections.deque, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable,
     collections.abc.Collection}
)  # fmt: skip
_SETS = frozenset({set, frozenset, collections.abc.Set, collections.abc.MutableSet})
_MAPS = frozenset(
    {dict, collections.OrderedDict, collections.defaultdict, collections.abc.Mapping, collections.abc.MutableMapping}
)
_UNKNOWN: tuple[Any, ...] = (Any, object)
_VALIDATORS = (AfterValidator, BeforeValidator, PlainValidator, WrapValidator, PlainSerializer, WrapSerializer, Whole)
_QUALIFIERS = (
    *(typing.Required, typing.NotRequired, typing_extensions.Required, typing_extensions.NotRequired),
    *(typing_extensions.ReadOnly, typing.Final),
)

_nodes: dict[tuple[Any, str], Node] = {}


def node_of(annotation: Any) -> Node:
    """Return the node of a type, made once.

    >>> node_of(list[int]).kind.__name__
    'Partial[list[int]]'
    """
    key = annotation, repr(annotation)  # `int | str` equals `str | int`
    try:
        known = _nodes.get(key)
    except TypeError:  # metadata in an Annotated may be unhashable
        return _made(annotation)
    return _nodes.setdefault(key, _made(annotation)) if known is None else known


def _made(annotation: Any) -> Node:
    annotation = expand_alias(annotation)
    origin, arguments = origin_and_arguments(annotation)
    if origin is typing_extensions.Annotated:
        return _annotated(annotation)
    stands_for = _meant(annotation, origin, arguments)
    if stands_for is not None:
        return node_of(stands_for)
    if origin is Union:
        return _union(annotation, arguments)
    if annotation in _UNKNOWN or is_type_variable(annotation) or isinstance(annotation, str | typing.ForwardRef):
        return ANY
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _of_class(annotation, annotation, ())  # a parametrised model is a class of its own
    return _of_class(annotation, origin, arguments) if isinstance(origin, type) else _leaf(annotation)


def _meant(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    """The type that a type stands for, or None."""
    if origin in _QUALIFIERS:
        return arguments[0]
    if is_type_variable(annotation):
        return getattr(annotation, "__bound__", None)
    return annotation.__supertype__ if isinstance(annotation, NewType) else None


def _annotated(annotation: Any) -> Node:
    """A type without its validators and constraints, as long as nothing else says how it is read."""
    inner = annotation.__origin__
    reads = [note for note in annotation.__metadata__ if _reads(note)]
    node = node_of(inner)
    if reads and isinstance(node, TextNode | LeafNode):
        node = _leaf(Annotated[(inner, *reads)])
    return WholeNode(node) if any(_is_whole(note) for note in annotation.__metadata__) else node


def _reads(note: Any) -> bool:
    """Whether a note in an annotation makes another reader of the type."""
    return hasattr(note, "__get_pydantic_core_schema__") and not isinstance(note, _VALIDATORS) and not _is_whole(note)


def _is_whole(note: Any) -> bool:
    return note is Whole or isinstance(note, Whole)


def _union(annotation: Any, arguments: tuple[Any, ...]) -> Node:
    def members() -> list[Node]:
        nodes = [node_of(one) for one in arguments if one is not type(None)]
        texts = [node for node in nodes if isinstance(node, TextNode)]
        leaves = [one for one in arguments if isinstance(node_of(one), LeafNode)]
        others = [node for node in nodes if not isinstance(node, TextNode | LeafNode)]
        known = [one for one in leaves if one is not type(None)]
        return [*texts, *([_leaf(Union[tuple(known)])] if known else []), *others]  # noqa: UP007 (a tuple, built here)

    return UnionNode(annotation, members)


def _of_class(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Node:
    if registered_type(origin) is not None or issubclass(origin, enum.Enum):
        return _leaf(annotation)
    if issubclass(origin, RootModel):
        return RootNode(origin, lambda: node_of(origin.model_fields["root"].annotation))
    if _has_fields(origin):
        return _object(annotation, origin, arguments)
    if issubclass(origin, str) and (origin is str or origin.__module__.startswith("llm_strategy.")):
        return TextNode(origin)
    return _collection(annotation, origin, arguments) or _leaf(annotation)


def _collection(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Node | None:
    one = arguments[0] if arguments else Any
    if origin in _LISTS:
        return ListNode(annotation, PartialList, lambda: (node_of(one),), each=True)
    if origin in _SETS:
        return ListNode(annotation, PartialSet, lambda: (node_of(one),), each=True)
    if origin is tuple:
        each = not arguments or arguments[-1] is Ellipsis
        items = (one,) if each else arguments
        return ListNode(annotation, PartialTuple, lambda: tuple(map(node_of, items)), each=each)
    if origin in _MAPS:
        keys, values = arguments or (Any, Any)
        return MapNode(annotation, lambda: (node_of(keys), node_of(values)))
    return None


def _leaf(annotation: Any) -> LeafNode:
    def adapter() -> TypeAdapter[Any] | None:
        try:
            return compile_output(annotation, where="a part of a growing value").reading
        except DefinitionError:
            return None

    return LeafNode(annotation, adapter)


def _has_fields(origin: Any) -> bool:
    return issubclass(origin, BaseModel) or dataclasses.is_dataclass(origin) or _is_named(origin)


def _is_named(origin: Any) -> bool:
    """Whether a class is a TypedDict or a NamedTuple."""
    return typing_extensions.is_typeddict(origin) or (hasattr(origin, "_fields") and issubclass(origin, tuple))


def _object(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Node:
    names = json_names(origin)

    def parts() -> dict[str, Part]:
        bindings = dict(zip(parameters(origin), arguments, strict=False))
        hints = {name: substitute(hint, bindings) for name, hint in _hints(origin)}
        needed = _required(origin)
        return {
            json_name: Part(name, node_of(hints.get(name, Any)), name in needed, _is_tag(hints.get(name, Any)))
            for name, json_name in names.items()
        }

    return ObjectNode(annotation, origin, parts, tuple(names))


def _hints(origin: Any) -> Iterator[tuple[str, Any]]:
    if issubclass(origin, BaseModel):
        for name, info in origin.model_fields.items():
            notes = [note for note in info.metadata if _reads(note) or _is_whole(note)]
            yield name, Annotated[(info.annotation, *notes)] if notes else info.annotation
        return
    try:
        yield from typing_extensions.get_type_hints(origin, include_extras=True).items()
    except NameError:  # names that only exist inside a function: nothing can be said in their annotations
        return


def _required(origin: Any) -> frozenset[str]:
    if issubclass(origin, BaseModel):
        return frozenset(name for name, info in origin.model_fields.items() if info.is_required())
    if dataclasses.is_dataclass(origin):
        absent = dataclasses.MISSING
        parts = dataclasses.fields(origin)
        return frozenset(one.name for one in parts if one.default is absent and one.default_factory is absent)
    fields, defaults = getattr(origin, "_fields", ()), getattr(origin, "_field_defaults", ())
    return frozenset(getattr(origin, "__required_keys__", fields)) - frozenset(defaults)


def _is_tag(annotation: Any) -> bool:
    origin, arguments = origin_and_arguments(annotation)
    if origin is typing_extensions.Annotated:
        return _is_tag(annotation.__origin__)
    return origin is Literal and bool(arguments)
