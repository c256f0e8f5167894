"""Arguments of a tool that comes with a JSON schema instead of types, as tools of servers do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from llm_strategy.parsing import Reading, ReplyReader
from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["arguments_model", "schema_reader"]

_DEEPEST = 8


def arguments_model(name: str, schema: Mapping[str, Any]) -> type[BaseModel]:
    """Return a model with a field for each property; it takes any value, since `schema_reader` has checked it.

    >>> sorted(arguments_model("find", {"properties": {"text": {"type": "string"}}}).model_fields)
    ['text']
    """
    definitions: Mapping[str, Any] = schema.get("$defs") or schema.get("definitions") or {}
    required = set(schema.get("required", ()))
    fields: dict[str, Any] = {}
    for key, one in schema.get("properties", {}).items():
        kind = Annotated[Any, WithJsonSchema(_whole(one, definitions))]
        given = {"alias": key} if (field := _field(key, fields)) != key else {}
        fields[field] = (
            kind,
            Field(... if key in required else one.get("default") if is_object(one) else None, **given),
        )
    closed = schema.get("additionalProperties") is False
    config = ConfigDict(extra="forbid" if closed else "ignore", populate_by_name=True, protected_namespaces=())
    return create_model(f"{name.title().replace('_', '')}Arguments", __config__=config, **fields)


@dataclass(frozen=True, slots=True)
class _Reader:
    reader: ReplyReader[Any]
    model: type[BaseModel]

    def read(self, text: str, *, partial: bool = False) -> Reading[BaseModel]:
        """Return the arguments in a text, mended and checked by the schema. Raises ReplyError."""
        found = self.reader.read(text, partial=partial)
        return Reading(self.model.model_validate(found.value), found.repairs)


def schema_reader(schema: Mapping[str, Any], model: type[BaseModel]) -> _Reader:
    """Return what reads arguments by a JSON schema. Raises DefinitionError where it refers to nothing."""
    return _Reader(ReplyReader[Any].of({"type": "object", **schema}), model)


def _field(key: str, taken: Mapping[str, Any]) -> str:
    """Return a name that a field of a model can have."""
    name = "".join(sign if sign.isalnum() or sign == "_" else "_" for sign in key).lstrip("_") or "field"
    name = f"f{name}" if name[0].isdigit() else name
    while name in taken or hasattr(BaseModel, name):
        name += "_"
    return name


def _whole(schema: Any, definitions: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a schema with what it refers to in place; what holds itself is cut where it gets deep."""
    if is_list(schema):
        return [_whole(one, definitions, depth + 1) for one in schema]
    if not is_object(schema):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if depth > _DEEPEST:
            return {}
        return _whole(definitions.get(reference.rpartition("/")[2], {}), definitions, depth + 1)
    return {name: _whole(one, definitions, depth + 1) for name, one in schema.items()}
