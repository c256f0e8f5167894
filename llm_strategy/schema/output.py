"""What a function returns, as a model has to know it: the schema of a return type in every form that is sent."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic.errors import PydanticUserError
from pydantic_core import to_json

from llm_strategy.schema.adapters import registry_version
from llm_strategy.schema.compact import compact_schema
from llm_strategy.schema.definitions import compile_output, unreadable
from llm_strategy.schema.descriptions import VALUE, chosen, descriptions, named_places, redescribed
from llm_strategy.schema.json_data import is_object
from llm_strategy.schema.reading import enveloped_adapter
from llm_strategy.schema.schema_generator import CLASS
from llm_strategy.schema.shapes import drop_absent, fit_pairs
from llm_strategy.schema.strict import StrictSchemaImpossible, strict_schema
from llm_strategy.schema.type_names import type_name
from llm_strategy.schema.values import to_jsonable
from llm_strategy.schema.wire_schema import wire_schema, without_hints, without_root_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import TypeAdapter

    from llm_strategy.schema.descriptions import Place

__all__ = ["RETURN_KEY", "OutputSchema", "output_schema"]

T = TypeVar("T")

RETURN_KEY = "return_value"
"""Key that holds a value which is no JSON object with fixed fields itself."""

_KEPT_FORMS = 64
"""How many forms with other descriptions one type remembers."""


@dataclass(frozen=True, slots=True)
class OutputSchema(Generic[T]):
    """A return type in every form that a model is shown, and the way back. Made once for a type; never changed."""

    annotation: Any
    """The return type, as written."""
    adapter: TypeAdapter[T]
    """Reads JSON data; take `read` where the data may come from a strict reply."""
    json_schema: dict[str, Any]
    """Schema of the value (JSON Schema draft 2020-12)."""
    key: str | None
    """Key under which the value is sent; None when the value is an object with fixed fields itself."""
    reading_schema: dict[str, Any]
    """`json_schema` for readers of replies: classes carry where they are defined as `x-class`, enums the names of
    their members as `x-aliases`."""
    enveloped: TypeAdapter[dict[str, T]] | None
    """Reads `{key: value}` in one go; None when there is no key."""
    wrapped_schema: dict[str, Any]
    """Schema of what is sent: always an object at the root."""
    strict: dict[str, Any] | StrictSchemaImpossible
    """`wrapped_schema` for strict mode, or why it has no such form."""
    compact: str
    """`wrapped_schema` as compact text, for prompts."""
    name: str
    """Name for APIs: letters, digits, `_` and `-`, 64 characters at most."""
    _source: dict[str, Any] = field(repr=False)
    """What everything else is made from: `reading_schema` with a reference at the root, where there is one."""
    _told: Mapping[Place, str] = field(default_factory=dict["Place", str], repr=False)
    """What is said in other words than the type has."""
    _forms: dict[Any, OutputSchema[T]] = field(default_factory=dict[Any, Any], repr=False, compare=False)
    """The same type in other words, as far as it was asked for."""

    @property
    def descriptions(self) -> Mapping[str, str]:
        """What a model is told about each class and field, by `Class` and `Class.field`; '' where nothing is said.

        A value that is no object with fields itself has the name `return_value`.

        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Point:
        ...     '''A place on the map.'''
        ...     x: int
        >>> output_schema(list[Point]).descriptions
        {'return_value': '', 'Point': 'A place on the map.', 'Point.x': ''}
        """
        said = descriptions(self._source)
        return {name: said[place] for name, place in named_places(said, RETURN_KEY).items()}

    def described(
        self, texts: Mapping[str, str], *, lenient: bool = False, where: str = "the return type"
    ) -> OutputSchema[T]:
        """Return the same type with other descriptions; an empty text removes one.

        >>> schema = output_schema(int).described({"return_value": "in metres"})
        >>> schema.compact
        '{return_value: integer}  // in metres'

        Args:
            texts: descriptions by the names that `descriptions` has; those that are not named stay as they are.
            lenient: whether names are passed over that the type does not have.
            where: what the type belongs to, for error messages.

        Raises:
            DefinitionError: there is no class or field of that name.
        """
        if not texts:
            return self
        names = named_places(descriptions(self._source), RETURN_KEY)
        return self._saying(chosen(texts, names, where=where, lenient=lenient))

    def described_as(self, other: OutputSchema[Any]) -> OutputSchema[T]:
        """Return this type with the texts that another one was given, for the classes that both have.

        A type around `other` that holds its value in a field `return_value` takes over what is said of that, too.
        """
        if not other._told:
            return self
        around = self._source.get(CLASS, "")
        return self._saying({(around, RETURN_KEY) if place == VALUE else place: t for place, t in other._told.items()})

    def _saying(self, told: Mapping[Place, str]) -> OutputSchema[T]:
        if not told:
            return self
        key = frozenset(told.items())
        if key not in self._forms:
            if len(self._forms) >= _KEPT_FORMS:
                self._forms.clear()
            forms = _forms_of(self.annotation, redescribed(self._source, told))
            self._forms[key] = replace(self, **forms, _told={**self._told, **told}, _forms={})
        return self._forms[key]

    def strict_schema(self) -> dict[str, Any] | None:
        """Return `wrapped_schema` in the form that strict structured outputs need; None when there is none."""
        return None if isinstance(self.strict, StrictSchemaImpossible) else self.strict

    def read(self, data: Any) -> T:
        """Return the value that JSON data (wrapped as it was asked for) stands for.

        >>> output_schema(list[int]).read({"return_value": [1, 2]})
        [1, 2]

        Raises:
            pydantic.ValidationError: the data does not fit the type.
        """
        fitting = drop_absent(data, self.wrapped_schema)
        if self.key is not None and is_object(fitting) and self.key in fitting:
            fitting = fitting[self.key]
        return self.adapter.validate_json(to_json(fitting))

    def dump(self, value: T) -> Any:
        """Return the JSON data that a model would send for a value, wrapped as it is asked for.

        >>> output_schema(list[int]).dump([1, 2])
        {'return_value': [1, 2]}
        """
        data = to_jsonable(value, self.annotation, where="the example", complete=True)
        return fit_pairs(data if self.key is None else {self.key: data}, self.wrapped_schema)


def output_schema(annotation: type[T] | Any, *, where: str = "the return type") -> OutputSchema[T]:
    """Describe a return type for a model.

    >>> schema = output_schema(dict[str, int])
    >>> schema.key, schema.compact
    ('return_value', '{return_value: {string: integer}}')

    Args: annotation: any type that can be written as JSON: what pydantic knows, and what `register_type` was
        told. where: what the type belongs to, for error messages: "return type of 'shop.Catalogue.find'".

    Raises:
        DefinitionError: values of the type cannot be written as JSON.
    """
    key = _Key(annotation, f"{annotation!r} {registry_version()}", where)
    try:
        return _cached(key)
    except TypeError as error:  # metadata in an Annotated may be unhashable
        if "unhashable" not in str(error):
            raise
        return _make(annotation, where)


@dataclass(frozen=True, slots=True)
class _Key:
    """What a schema depends on.

    `int | str` equals `str | int`, and makes another prompt: the spelling tells them apart.
    """

    annotation: Any
    spelling: str
    where: str = field(compare=False)


@functools.lru_cache(maxsize=512)
def _cached(key: _Key) -> OutputSchema[Any]:
    return _make(key.annotation, key.where)


def _make(annotation: Any, where: str) -> OutputSchema[Any]:
    compiled = compile_output(annotation, where=where)
    try:
        hinted = wire_schema(compiled.described)
    except PydanticUserError as error:
        raise unreadable(annotation, error, where) from error
    forms = _forms_of(annotation, hinted)
    enveloped = None if forms["key"] is None else enveloped_adapter(compiled, forms["key"])
    return OutputSchema(annotation=annotation, adapter=compiled.reading, enveloped=enveloped, **forms)


def _forms_of(annotation: Any, source: dict[str, Any]) -> dict[str, Any]:
    """Write a schema in every form that is sent."""
    referring = without_hints(source)
    schema = without_root_reference(referring)
    name = _api_name(annotation)
    key = None if schema.get("type") == "object" and "properties" in schema else RETURN_KEY
    wrapped = schema if key is None else _wrapped(referring, key)
    return {
        "json_schema": schema,
        "key": key,
        "reading_schema": without_root_reference(source),
        "wrapped_schema": wrapped,
        "strict": strict_schema(wrapped),
        "compact": compact_schema(wrapped, name=name if key is None else ""),
        "name": name,
        "_source": source,
    }


def _wrapped(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = {name: part for name, part in schema.items() if name != "$defs"}
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    made = {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}
    return made | definitions


def _api_name(annotation: Any) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", type_name(annotation))[:64].strip("_") or "value"
