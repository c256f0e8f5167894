"""Generate the JSON schema of a type: pydantic's generator, with more to say and less noise.

Starts from pydantic's schema and says more where that helps a model to answer (meanings of integer enums,
names of the fields of a NamedTuple, the form of dictionary keys) and less where it does not (titles,
generated docstrings).
"""

from __future__ import annotations

import enum
import inspect
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import PydanticSerializationError
from typing_extensions import override

from llm_strategy.errors import InputError
from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.constraints import INTEGER_KEY, NUMBER_KEY
from llm_strategy.schema.key_forms import closed_classes, has_pair_keys, is_named_by_member
from llm_strategy.schema.values import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_core import core_schema

__all__ = ["ALIASES", "CLASS", "MEANING", "WireJsonSchema", "own_docstring"]

ALIASES = "x-aliases"
"""Keyword for the names of enum members, by the text of their values; only in schemas that are read with."""
CLASS = "x-class"
"""Keyword for where the class behind a schema is defined; only in schemas that are read with."""
MEANING = "x-meaning"
"""Keyword for what the numbers of an enum mean; joined to the description at the end, since pydantic sets that late."""
_DECIMAL_PATTERN = r"^[+-]?[0-9]+(\.[0-9]+)?$"
_KEY_PATTERNS = {"int": INTEGER_KEY, "float": NUMBER_KEY}


class WireJsonSchema(GenerateJsonSchema):
    """Generates the schema that a model sees."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012
    _core_definitions: Mapping[str, Any] = MappingProxyType({})

    @override
    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        if schema["type"] == "definitions":
            self._core_definitions = {each["ref"]: each for each in schema["definitions"]}
        return super().generate(schema, mode)

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    @override
    def get_title_from_name(self, name: str) -> str:
        return ""

    @override
    def get_decimal_pattern(self, schema: core_schema.DecimalSchema) -> str | None:
        # The default pattern looks ahead, which structured outputs and grammars do not support.
        return _DECIMAL_PATTERN

    @override
    def encode_default(self, dft: Any) -> Any:
        try:
            return to_jsonable(dft, where="the default", complete=True)
        except InputError as error:
            raise PydanticSerializationError(str(error)) from error

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return super().model_schema(schema) | _class_of(schema["cls"])

    @override
    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return super().typed_dict_schema(schema) | _class_of(schema.get("cls"))

    @override
    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        result = super().dataclass_schema(schema) | _class_of(schema["cls"])
        written = own_docstring(schema["cls"])  # pydantic before 2.14 leaves out all docstrings of plain dataclasses
        return result | ({"description": written} if written and "description" not in result else {})

    @override
    def dataclass_args_schema(self, schema: core_schema.DataclassArgsSchema) -> JsonSchemaValue:
        # What `init=False` keeps out of the constructor is no business of a model.
        fields = [field for field in schema["fields"] if field.get("init", True)]
        return super().dataclass_args_schema({**schema, "fields": fields})

    @override
    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        result = super().decimal_schema(schema)
        text = {"type": "string", "format": "decimal", "pattern": _DECIMAL_PATTERN}
        return {"anyOf": [*(part for part in result["anyOf"] if part.get("type") != "string"), text]}

    @override
    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        kind: type[enum.Enum] = schema["cls"]
        members = list(kind)
        result: JsonSchemaValue
        if issubclass(kind, enum.Flag):
            meaning = "sum of: " + ", ".join(f"{member.value} {member.name}" for member in members)
            result = {"type": "integer", "minimum": 0}
        elif is_named_by_member(kind):
            meaning = ""
            result = {"type": "string", "enum": [member.name for member in members]}
        else:
            coded = all(isinstance(member.value, int | float) or len(str(member.value)) < 3 for member in members)
            meaning = ", ".join(f"{member.value} = {member.name}" for member in members) if coded else ""
            result = super().enum_schema(schema)
        hints: dict[str, str] = {MEANING: meaning} if meaning else {}
        other_names = {str(_written(member)): [member.name] for member in members if _written(member) != member.name}
        hints |= _class_of(kind)
        return {**result, "title": kind.__name__, **hints, **({ALIASES: other_names} if other_names else {})}

    @override
    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        entry = registered_type(schema["cls"])
        return dict(entry.schema) if entry is not None else super().is_instance_schema(schema)

    @override
    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> JsonSchemaValue:
        return {"type": "string", "enum": list(closed_classes(schema["cls"]))}

    @override
    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        return self._mapping(schema, super().dict_schema)

    @override
    def frozendict_schema(self, schema: Any) -> JsonSchemaValue:
        return self._mapping(schema, super().frozendict_schema)

    @override
    def ordered_dict_schema(self, schema: Any) -> JsonSchemaValue:
        return self._mapping(schema, super().ordered_dict_schema)

    @override
    def counter_schema(self, schema: Any) -> JsonSchemaValue:
        return self._mapping(schema, super().counter_schema)

    @override
    def named_tuple_schema(self, schema: Any) -> JsonSchemaValue:
        fields = [(field["name"], field["schema"]) for field in schema["fields"]]
        return self._named_tuple(fields) | _class_of(schema["cls"])

    @override
    def call_schema(self, schema: core_schema.CallSchema) -> JsonSchemaValue:
        arguments: Any = schema["arguments_schema"]
        fields = [(each["name"], each["schema"]) for each in arguments["arguments_schema"]]
        return self._named_tuple(fields) | _class_of(schema["function"])

    def _mapping(self, schema: Any, plain: Callable[[Any], JsonSchemaValue]) -> JsonSchemaValue:
        if has_pair_keys(schema, self._core_definitions):
            return self._pairs(schema)
        result = plain(schema)
        keys: Any = schema.get("keys_schema", {"type": "any"})
        keys = self._core_definitions.get(keys.get("schema_ref"), keys)
        if keys["type"] in _KEY_PATTERNS:
            result["propertyNames"] = {"pattern": _KEY_PATTERNS[keys["type"]]}
        elif keys["type"] == "enum":
            result["propertyNames"] = {"enum": [str(_written(member)) for member in keys["cls"]]}
        elif "propertyNames" not in result and "patternProperties" not in result:
            told = self.generate_inner(keys)
            kept = {name: told[name] for name in ("enum", "const", "format") if name in told}
            result |= {"propertyNames": kept} if kept else {}
        return result

    def _pairs(self, schema: Any) -> JsonSchemaValue:
        values: Any = schema.get("values_schema", {"type": "any"})
        pair = {"key": self.generate_inner(schema["keys_schema"]), "value": self.generate_inner(values)}
        item = {
            "type": "object",
            "properties": pair,
            "required": ["key", "value"],
            "additionalProperties": False,
        }
        limits = {"min_length": "minItems", "max_length": "maxItems"}
        return {"type": "array", "items": item} | {limits[name]: schema[name] for name in limits if name in schema}

    def _named_tuple(self, fields: list[tuple[str, Any]]) -> JsonSchemaValue:
        """Show the fields by name: a model that sees bare positions mixes them up. pydantic reads both."""
        return {
            "type": "object",
            "properties": {name: self.generate_inner(schema) for name, schema in fields},
            "required": [name for name, schema in fields if schema["type"] != "default"],
            "additionalProperties": False,
        }


def _class_of(kind: Any) -> dict[str, str]:
    """Say where a class is defined; the arguments of a generic one do not count."""
    return {CLASS: f"{kind.__module__}.{kind.__qualname__.partition('[')[0]}"} if isinstance(kind, type) else {}


def _written(member: enum.Enum) -> Any:
    return member.name if is_named_by_member(type(member)) else member.value


def own_docstring(kind: type) -> str:
    """Return the docstring that the author of a class wrote; '' for inherited and generated ones."""
    written = vars(kind).get("__doc__") or ""
    generated = written.startswith(f"{kind.__name__}(") or written == "An enumeration."
    return "" if generated else inspect.cleandoc(written)
