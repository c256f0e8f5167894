"""Teach pydantic to read what it cannot read by itself: registered types, pair dictionaries, iterables, class names.

pydantic compiles a type into a *core schema*, a public data structure of pydantic-core. `compile_type` asks
pydantic for it (through the public `Annotated` hook), and where a part has a JSON form of ours, puts a schema
there that reads this form. Types without such parts, which is nearly all of them, are left exactly as
pydantic made them.
"""

from __future__ import annotations

import collections
import enum
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pydantic import ConfigDict, GetCoreSchemaHandler, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic_core import core_schema

from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.json_data import is_object
from llm_strategy.schema.key_forms import closed_classes
from llm_strategy.schema.rewriting import CoreSchemaRewriter, parts

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CompiledType", "Problem", "compile_type", "enveloped_adapter"]

_KNOWN_WITH_ARGUMENTS: tuple[Any, ...] = (collections.defaultdict,)
_MADE_FROM_NOTHING: tuple[Any, ...] = (type,)
_CONFIG = ConfigDict(arbitrary_types_allowed=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a type that no reader can be made for."""

    path: tuple[str, ...]
    """Names of the fields that lead to it."""
    found: Any
    """The class that stands there, or a word for what does."""


@dataclass(frozen=True, slots=True)
class CompiledType:
    """A type compiled twice: as pydantic understands it, and so that our JSON forms are read."""

    described: TypeAdapter[Any]
    """Adapter whose core schema describes the type; the JSON schema is made from it."""
    reading: TypeAdapter[Any]
    """Adapter that reads JSON data; the same object where nothing had to change."""
    problems: tuple[Problem, ...]
    """What cannot be read."""


def compile_type(annotation: Any) -> CompiledType:
    """Compile an annotation for reading. pydantic's own errors pass through."""
    surveys: list[tuple[Any, _Survey]] = []

    def survey(_source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        schema = handler.generate_schema(annotation)
        surveys.append((schema, _surveyed(schema, handler)))
        # What stands at a problem may be nothing that pydantic-core can build a validator for.
        return core_schema.any_schema() if surveys[-1][1].problems else schema

    def rewrite(_source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        schema = handler.generate_schema(annotation)
        rewriter = CoreSchemaRewriter(_surveyed(schema, handler).definitions)
        return cast("core_schema.CoreSchema", rewriter.rewritten(schema))

    described = _adapter(survey)
    if not surveys:
        described.rebuild()  # raises: a name in the type means nothing yet
    schema, last = surveys[-1]
    problems = tuple(last.problems)
    if problems or not CoreSchemaRewriter(last.definitions).changes(schema):
        return CompiledType(described, described, problems)
    return CompiledType(described, _adapter(rewrite), problems)


def _adapter(make_schema: Callable[[Any, GetCoreSchemaHandler], core_schema.CoreSchema]) -> TypeAdapter[Any]:
    # A stand-in class takes a configuration, whatever the type behind it is. Plain dataclasses and TypedDicts inherit
    # it, classes with a configuration of their own keep that.
    stand_in = type("Value", (), {"__get_pydantic_core_schema__": staticmethod(make_schema)})
    return TypeAdapter[Any](stand_in, config=_CONFIG)


def enveloped_adapter(compiled: CompiledType, key: str) -> TypeAdapter[Any]:
    """Return an adapter that reads `{key: value}`.

    >>> enveloped_adapter(compile_type(list[int]), "answer").validate_json('{"answer": [1]}')
    {'answer': [1]}
    """

    def envelope(_source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        inside: Any = compiled.reading.core_schema
        definitions: list[core_schema.CoreSchema] = inside.get("definitions", [])
        value = inside["schema"] if definitions else inside
        made = core_schema.typed_dict_schema({key: core_schema.typed_dict_field(value)}, extra_behavior="forbid")
        return core_schema.definitions_schema(made, definitions) if definitions else made

    return _adapter(envelope)


@dataclass(slots=True)
class _Survey:
    """One look over a core schema: what it refers to, and what cannot be read at all."""

    handler: GetCoreSchemaHandler
    definitions: dict[str, Any] = field(default_factory=dict[str, Any])
    problems: list[Problem] = field(default_factory=list[Problem])

    def visit(self, node: Any, path: tuple[str, ...]) -> None:
        kind = node.get("type") if is_object(node) else None
        if kind == "definition-ref":
            self._follow(node, path)
        elif isinstance(kind, str):
            self._judge(kind, node, path)
            path = (*path, node["name"]) if kind.endswith("-field") and "name" in node else path
        for name, part in parts(node):
            self.visit(part, path if isinstance(kind, str) or not name else (*path, name))

    def _follow(self, reference: Any, path: tuple[str, ...]) -> None:
        if reference["schema_ref"] not in self.definitions:
            target: Any = self.handler.resolve_ref_schema(reference)
            self.definitions[reference["schema_ref"]] = target
            self.visit(target, path)

    def _judge(self, kind: str, node: Any, path: tuple[str, ...]) -> None:
        unknown = kind == "is-instance" and registered_type(node["cls"]) is None and not _pydantic_knows(node["cls"])
        only_input = kind == "is-instance" and hasattr(node["cls"], "__shown__")
        if kind == "callable" or unknown or only_input or (kind == "is-subclass" and not closed_classes(node["cls"])):
            self.problems.append(Problem(path, node.get("cls", kind)))


@functools.lru_cache(maxsize=256)
def _pydantic_knows(kind: Any) -> bool:
    """Whether pydantic can make a value of a class; the check for an instance then stands beside another way."""
    if kind in _KNOWN_WITH_ARGUMENTS:
        return True
    if kind in _MADE_FROM_NOTHING or isinstance(kind, enum.EnumType):  # only an Enum without members gets here
        return False
    annotation: Any = kind
    try:
        TypeAdapter[Any](annotation)
    except PydanticUserError:
        return False
    return True


def _surveyed(schema: Any, handler: GetCoreSchemaHandler) -> _Survey:
    survey = _Survey(handler)
    survey.visit(schema, ())
    return survey
