"""Methods of reasoning as data: `{"method": "SelfConsistency", "samples": 5, ...}`, and back.

A method is a dataclass, known by the name of its class. Those of the library are loaded when they are first named: this
room lies below theirs. A user's own are made known with `register_reasoning`. Nothing is imported by a name that comes
from data.
"""

from __future__ import annotations

import dataclasses
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, cast, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import core_schema

from llm_strategy.errors import DefinitionError, HyperparameterError
from llm_strategy.function.named_texts import mapping_or_none
from llm_strategy.function.reasoning import Reasoning
from llm_strategy.schema import output_schema, to_jsonable
from llm_strategy.schema.annotations import origin_and_arguments, union_of
from llm_strategy.schema.schema_generator import own_docstring

if TYPE_CHECKING:
    from collections.abc import Hashable

    from _typeshed import DataclassInstance
    from pydantic import GetCoreSchemaHandler

__all__ = ["METHODS", "ReasoningForm", "read_reasoning", "reasoning_data", "register_reasoning"]

M = TypeVar("M")

METHODS = {
    "Direct": "llm_strategy.reasoning.direct:Direct",
    "ChainOfThought": "llm_strategy.reasoning.chain_of_thought:ChainOfThought",
    "CodeAct": "llm_strategy.reasoning.code_act.code_act:CodeAct",
    "SelfConsistency": "llm_strategy.reasoning.self_consistency:SelfConsistency",
}
"""The library's own methods by name, and where they are."""

_registered: dict[str, type] = {}
_METHOD = "method"


def register_reasoning(cls: type[M]) -> type[M]:
    """Make a method of reasoning known, so that it can be written as data and read back; usable as a decorator.

    >>> from dataclasses import dataclass
    >>> @register_reasoning
    ... @dataclass(frozen=True)
    ... class Again:
    ...     times: int = 2
    ...     def solve(self, question): ...
    >>> reasoning_data(Again(3))
    {'method': 'Again', 'times': 3}

    Raises:
        DefinitionError: it is no dataclass with a `solve`, a field has no JSON form, or another one has its name.
    """
    name = cls.__name__
    if not (hasattr(cls, "__dataclass_fields__") and callable(getattr(cls, "solve", None))):
        raise DefinitionError(f"{cls!r} is no method of reasoning that can be data. It needs @dataclass and a `solve`.")
    known = _registered.get(name)
    another = known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__)
    if name in METHODS or another:
        raise DefinitionError(f"There is a method of reasoning called {name!r} already. Give {cls!r} another name.")
    _form_of(cls)
    _registered[name] = cls
    _form_by_name.cache_clear()
    return cls


def reasoning_data(method: Reasoning | None) -> dict[str, Any] | None:
    """Return a method of reasoning as JSON data.

    >>> from llm_strategy.reasoning import ChainOfThought
    >>> reasoning_data(ChainOfThought(instruction="Think."))["instruction"]
    'Think.'

    Raises:
        HyperparameterError: the method is not known, and could not be read back.
    """
    if method is None:
        return None
    kind = type(method)
    known = _registered.get(kind.__name__)
    if METHODS.get(kind.__name__) != f"{kind.__module__}:{kind.__qualname__}" and (
        known is None or (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__)
    ):
        raise HyperparameterError(
            f"{kind.__qualname__!r} is no known method of reasoning, so it could not be read back. Make it known with "
            f"register_reasoning({kind.__name__})."
        )
    fields = dataclasses.fields(cast("DataclassInstance", method))
    hints = _hints(kind)
    values = {one.name: _data(getattr(method, one.name), hints.get(one.name)) for one in fields if one.init}
    return {_METHOD: kind.__name__, **values}


def _data(value: Any, hint: Any = None) -> Any:
    if callable(getattr(value, "solve", None)):
        return reasoning_data(value)
    if get_origin(hint) is Annotated:
        return to_jsonable(value, hint)
    if isinstance(value, list | tuple):
        return [_data(part) for part in cast("list[Any]", value)]
    return to_jsonable(value)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    """The types of a method's fields. Raises NameError."""
    return get_type_hints(cast("type[Any]", kind), localns={"Reasoning": Reasoning}, include_extras=True)


def read_reasoning(data: Any) -> Any:
    """Return the method of reasoning that data stand for; a method itself is passed through.

    >>> read_reasoning({"method": "SelfConsistency", "samples": 3}).samples
    3

    Raises:
        HyperparameterError: there is no such method, or its fields do not fit.
    """
    if callable(getattr(data, "solve", None)) and not isinstance(data, type):
        return data
    fields = mapping_or_none(data) or {}
    if not isinstance(fields.get(_METHOD), str):
        raise HyperparameterError(
            f"{data!r} is no method of reasoning. Use an instance such as ChainOfThought(), or an object such as "
            "{'method': 'ChainOfThought'}."
        )
    kind, form = _form_by_name(fields[_METHOD])
    try:
        read = form.model_validate(fields)
        return kind(**{field: value for field, value in _values(read) if field in read.model_fields_set})
    except (ValidationError, DefinitionError) as error:
        raise HyperparameterError(f"{kind.__name__}: {_said(error)}") from error


def _values(read: BaseModel) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in read if name != _METHOD]


def _said(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    problems = error.errors(include_url=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}, got {one['input']!r}" for one in problems)


@cache
def _form_by_name(name: str) -> tuple[type, type[BaseModel]]:
    kind = _class_named(name)
    return kind, _form_of(kind)


def _class_named(name: str) -> type:
    if name in _registered:
        return _registered[name]
    if name not in METHODS:
        names = [*METHODS, *_registered]
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise HyperparameterError(
            f"There is no method of reasoning {name!r}. {hint}Known are {', '.join(map(repr, names))}; make a class of "
            "your own known with register_reasoning(cls)."
        )
    module, _, kind = METHODS[name].partition(":")
    found: type = getattr(import_module(module), kind)
    return found


def _form_of(kind: type[Any]) -> type[BaseModel]:
    """Return a pydantic model of what stands for a method in JSON. Raises DefinitionError."""
    try:
        hints = _hints(cast("Hashable", kind))
    except NameError as error:
        raise DefinitionError(
            f"{kind.__qualname__!r}: an annotation cannot be evaluated: {error}. Import what it names outside of "
            "`if TYPE_CHECKING`."
        ) from error
    fields: dict[str, Any] = {_METHOD: (Literal[kind.__name__], ...)}
    for one in dataclasses.fields(kind):
        if one.name == _METHOD:
            raise DefinitionError(f"{kind.__qualname__!r}: a field cannot be called 'method'. Give it another name.")
        if one.init:
            fields[one.name] = (_readable(kind, one.name, hints[one.name]), _default(one))
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())
    return create_model(kind.__name__, __config__=config, __doc__=_about(kind), **fields)


def _about(kind: type) -> str | None:
    return " ".join(own_docstring(kind).partition("\n\n")[0].split()) or None


def _readable(kind: type, name: str, hint: Any) -> Any:
    annotation = _with_forms(hint)
    if annotation is hint:
        output_schema(hint, where=f"field {name!r} of {kind.__qualname__!r}")
    return annotation


def _default(one: dataclasses.Field[Any]) -> Any:
    if one.default_factory is not dataclasses.MISSING:
        return Field(default_factory=one.default_factory)
    return ... if one.default is dataclasses.MISSING else one.default


def _with_forms(annotation: Any) -> Any:
    """An annotation in which methods of reasoning are read from data."""
    if annotation is Reasoning:
        return Annotated[Any, ReasoningForm(nested=True)]
    origin, arguments = origin_and_arguments(annotation)
    if not arguments or origin in {Literal, Annotated}:
        return annotation
    replaced = tuple(map(_with_forms, arguments))
    if all(new is old for new, old in zip(replaced, arguments, strict=True)):
        return annotation
    return union_of(replaced) if origin is Union else origin[replaced]


@dataclasses.dataclass(frozen=True, slots=True)
class ReasoningForm:
    """Marks an annotation for pydantic: a method of reasoning, which travels as data."""

    nested: bool = False
    """Whether it stands inside another method. Its schema then names the methods only that hold none themselves; any
    can be read."""

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        forms = [_form_by_name(name)[1] for name in (*METHODS, *_registered) if not self.nested or _is_leaf(name)]
        return core_schema.no_info_plain_validator_function(
            read_reasoning,
            json_schema_input_schema=handler.generate_schema(union_of(forms)),
            serialization=core_schema.plain_serializer_function_ser_schema(reasoning_data),
        )


def _is_leaf(name: str) -> bool:
    kind = _class_named(name)
    hints = _hints(kind)
    return all(_with_forms(hints[one.name]) is hints[one.name] for one in dataclasses.fields(kind))
