"""What a reply is read as: a Python type or a JSON schema, compiled once."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final, Generic, Literal, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json

from llm_strategy.errors import InvalidValueError
from llm_strategy.parsing.coerce import Coercion
from llm_strategy.parsing.json_schema import Schema, SchemaRoot
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.plain import is_object
from llm_strategy.parsing.problems import problems_of, summary
from llm_strategy.parsing.strict_json import MAYBE_INFINITE, parse_strictly
from llm_strategy.schema import OutputSchema, output_schema

__all__ = ["Target", "TextRole", "all_finite"]

T = TypeVar("T")

TextRole = Literal["never", "also", "only"]
"""Whether the text of a reply can be the value itself."""

_TEXT_FORMATS: Final = frozenset({"binary", "regex", "password", "path", "file-path", "directory-path"})


class Target(Generic[T]):
    """A type with its validator and its JSON schema; for a schema as target the value is plain data."""

    def __init__(self, target: Any, key: str | None) -> None:
        self.adapter: TypeAdapter[T] | None = None
        self.enveloped: TypeAdapter[dict[Any, Any]] | None = None
        """Validator of `{key: value}`, the form in which the value was asked for."""
        self.key = key
        document = self._document(target)
        self.root = SchemaRoot(document)
        self.schema: Schema = document
        self.root.resolve(document)
        self.text_role = _text_role(document, self.root)
        self.kinds = _root_kinds(document, self.root)
        self.optional_fields = _optional_fields(document, self.root)

    def _document(self, target: Any) -> Schema:
        if isinstance(target, OutputSchema):
            output = cast("OutputSchema[T]", target)
            self.adapter, self.enveloped, self.key = output.adapter, output.enveloped, output.key
            return output.reading_schema
        return cast("Schema", target) if is_object(target) else self._compile(target)

    def _compile(self, target: Any) -> Schema:
        output: OutputSchema[T] = output_schema(target, where="the type of a reply")
        self.adapter = output.adapter
        if self.key == output.key:
            self.enveloped = output.enveloped
        return output.reading_schema

    def at_once(self, text: str) -> tuple[bool, Any]:
        """Read a text that is nothing but the value, or its envelope, in well-formed JSON; the flag says if it was."""
        if self.adapter is None:
            return self._plain_at_once(text)
        if self.optional_fields and self._knows_no_field(text):
            return False, None
        for adapter in (self.enveloped, self.adapter):
            if adapter is None or (adapter is self.adapter and self.text_role == "only"):
                continue
            try:
                value = adapter.validate_json(text)
            except (ValidationError, TypeError):
                continue
            if adapter is self.enveloped:
                if not value:
                    continue
                value = cast("dict[Any, Any]", value)[self.key]
            if not MAYBE_INFINITE.search(text) or all_finite(value):
                return True, value
        return False, None

    def _knows_no_field(self, text: str) -> bool:
        """Whether an object whose fields are all optional holds others only: it would pass, and say nothing."""
        try:
            data = parse_strictly(text)
        except (ValueError, TypeError):
            return True
        return is_object(data) and bool(data) and self.optional_fields.isdisjoint(data)

    def _plain_at_once(self, text: str) -> tuple[bool, Any]:
        if self.text_role == "only":
            return False, None
        try:
            value = parse_strictly(text)
        except (ValueError, TypeError):
            return False, None
        forms = [value]
        if self.key is not None and is_object(value) and list(value) == [self.key]:
            forms.insert(0, value[self.key])
        for form in forms:
            fit = Coercion(self.root, Budget(len(text)), lenient=False).fit(form, self.schema)
            if not fit.problems:
                return True, fit.value
        return False, None

    def validated(self, data: Any, reply: str) -> T:
        """Turn plain data that fits the schema into the value.

        Raises:
            InvalidValueError: the type has rules that its schema does not tell, and the data break one.
        """
        if self.adapter is None:
            return cast("T", data)
        try:
            value = self.adapter.validate_json(to_json(data, inf_nan_mode="strings"))
        except ValidationError as error:
            lines = problems_of(error, self.key or "")
            raise InvalidValueError(summary(lines), reply=reply, problems=lines) from error
        if not all_finite(value):
            line = "numbers must be finite: no NaN, no Infinity"
            raise InvalidValueError(summary([line]), reply=reply, problems=[line])
        return value


def all_finite(value: Any) -> bool:
    """Return whether no float in a value, at any depth, is infinite or not a number.

    >>> all_finite({"a": [1.0, 2]}), all_finite([float("nan")])
    (True, False)
    """
    stack: list[Any] = [value]
    seen: set[int] = set()
    while stack:
        item = stack.pop()
        if isinstance(item, float):
            if not math.isfinite(item):
                return False
        elif isinstance(item, str | int | bytes | None) or id(item) in seen:
            continue
        else:
            seen.add(id(item))
            stack.extend(_parts(item))
    return True


def _parts(item: Any) -> list[Any]:
    """What a container, model or dataclass holds."""
    if isinstance(item, complex):
        return [item.real, item.imag]
    if is_object(item):
        return [*item.keys(), *item.values()]
    if isinstance(item, list | tuple | set | frozenset):
        return list(cast("list[Any]", item))
    if isinstance(item, BaseModel):
        return [*item.__dict__.values(), *(item.model_extra or {}).values()]
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return [getattr(item, field.name, None) for field in dataclasses.fields(item)]
    return []


def _alternatives(schema: Schema, root: SchemaRoot) -> list[dict[str, Any] | bool]:
    """The schemas a value may fit at the top: the parts of unions, resolved."""
    resolved = root.resolve(schema)
    if isinstance(resolved, bool):
        return [resolved]
    parts = [*resolved.get("anyOf", ()), *resolved.get("oneOf", ())]
    return [inner for part in parts for inner in _alternatives(part, root)] if parts else [resolved]


def _root_kinds(schema: Schema, root: SchemaRoot) -> frozenset[str]:
    """The JSON types a value may have at the top; `any` if one alternative says nothing about it."""
    kinds: set[str] = set()
    for part in _alternatives(schema, root):
        if isinstance(part, bool):
            kinds.add("any")
        elif "enum" in part or "const" in part:
            kinds.add("choice")
        elif "type" in part:
            kinds.update([part["type"]] if isinstance(part["type"], str) else part["type"])
        else:
            kinds.add("object" if "properties" in part else "array" if "items" in part else "any")
    return frozenset(kinds)


def _optional_fields(schema: Schema, root: SchemaRoot) -> frozenset[str]:
    """The fields of an object none of which is required; empty for everything else."""
    resolved = root.resolve(schema)
    if isinstance(resolved, bool) or resolved.get("required"):
        return frozenset()
    return frozenset(resolved.get("properties", ()))


def _text_role(schema: Schema, root: SchemaRoot) -> TextRole:
    parts = _alternatives(schema, root)
    texts = [part for part in parts if _is_text(part)]
    others = [part for part in parts if not _is_text(part) and part != {"type": "null"}]
    if texts and not others:
        return "only"
    return "also" if texts or any(part is True or part == {} for part in parts) else "never"


def _is_text(part: Schema) -> bool:
    return (
        is_object(part)
        and part.get("type") == "string"
        and not ("enum" in part or "const" in part)
        and part.get("format", "binary") in _TEXT_FORMATS
    )
