"""The JSON schema of a type, as it is sent to a model.

Starts from pydantic's schema and says more where that helps a model to answer (meanings of integer enums,
names of the fields of a NamedTuple, the form of dictionary keys) and less where it does not (titles,
generated docstrings).
"""

from __future__ import annotations

import enum
import inspect
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import PydanticSerializationError
from typing_extensions import override

from llm_strategy.errors import InputError
from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.constraints import INTEGER_KEY, NUMBER_KEY
from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.schema.key_forms import closed_classes, has_pair_keys, is_named_by_member
from llm_strategy.schema.shapes import fit_pairs
from llm_strategy.schema.values import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import TypeAdapter
    from pydantic_core import core_schema

__all__ = [
    "ALIASES",
    "WireJsonSchema",
    "is_recursive",
    "own_docstring",
    "references",
    "wire_schema",
    "without_hints",
    "without_root_reference",
]

_PREFIX = "#/$defs/"
ALIASES = "x-aliases"
"""Keyword for the names of enum members, by the text of their values; only in schemas that are read with."""
_MEANING = "x-meaning"  # joined to the description at the end: pydantic sets that one after the fact
_DATA = frozenset({"const", "default", "enum", "examples", "required", ALIASES})
_MAPS_OF_SCHEMAS = frozenset({"properties", "patternProperties", "$defs"})
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
    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        result = super().dataclass_schema(schema)
        written = own_docstring(schema["cls"])  # pydantic before 2.14 leaves out all docstrings of plain dataclasses
        return result | ({"description": written} if written and "description" not in result else {})

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
        hints = {_MEANING: meaning} if meaning else {}
        other_names = {str(_written(member)): [member.name] for member in members if _written(member) != member.name}
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
        return self._named_tuple([(field["name"], field["schema"]) for field in schema["fields"]])

    @override
    def call_schema(self, schema: core_schema.CallSchema) -> JsonSchemaValue:
        arguments: Any = schema["arguments_schema"]
        return self._named_tuple([(each["name"], each["schema"]) for each in arguments["arguments_schema"]])

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


def _written(member: enum.Enum) -> Any:
    return member.name if is_named_by_member(type(member)) else member.value


def own_docstring(kind: type) -> str:
    """Return the docstring that the author of a class wrote; '' for inherited and generated ones."""
    written = vars(kind).get("__doc__") or ""
    generated = written.startswith(f"{kind.__name__}(") or written == "An enumeration."
    return "" if generated else inspect.cleandoc(written)


def wire_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Make the schema of a compiled type: draft 2020-12, an object at `$defs` for each shared class, no titles.

    Enums carry `x-aliases`, which `without_hints` removes.

    >>> from pydantic import TypeAdapter
    >>> wire_schema(TypeAdapter(dict[str, int]))
    {'additionalProperties': {'type': 'integer'}, 'type': 'object'}
    """
    made = adapter.json_schema(schema_generator=WireJsonSchema)
    definitions: dict[str, Any] = made.pop("$defs", {})
    names = _short_names(definitions)
    root = _tidied(made, names, is_class=True)
    tidied = {names[name]: _tidied(body, names, is_class=True) for name, body in definitions.items()}
    for node in (root, *tidied.values()):
        for part in node.get("properties", {}).values():
            if "default" in part:
                part["default"] = fit_pairs(part["default"], {**part, "$defs": tidied})
    reachable = _reachable(root, tidied)
    return {**root, "$defs": {name: tidied[name] for name in sorted(reachable)}} if reachable else root


def without_hints(schema: Any) -> Any:
    """Remove what only a reader of replies needs.

    >>> without_hints({"enum": [1], "x-aliases": {"1": ["LOW"]}})
    {'enum': [1]}
    """
    if is_list(schema):
        return [without_hints(part) for part in schema]
    if not is_object(schema):
        return schema
    return {
        name: {key: without_hints(each) for key, each in part.items()}
        if name in _MAPS_OF_SCHEMAS
        else part
        if name in _DATA
        else without_hints(part)
        for name, part in schema.items()
        if name != ALIASES
    }


def without_root_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the target of a reference at the root in its place: what is sent has to be an object by itself.

    >>> without_root_reference({"$ref": "#/$defs/A", "$defs": {"A": {"type": "null"}}})
    {'type': 'null'}
    """
    target = schema.get("$ref", "").removeprefix(_PREFIX)
    if not target:
        return schema
    definitions = schema["$defs"]
    root = {**definitions[target], **{name: part for name, part in schema.items() if name not in {"$ref", "$defs"}}}
    reachable = _reachable(root, definitions)
    return {**root, "$defs": {name: definitions[name] for name in sorted(reachable)}} if reachable else root


def _short_names(definitions: dict[str, Any]) -> dict[str, str]:
    """Number classes that share a name, where pydantic spells out their modules."""
    names: dict[str, str] = {}
    for name in sorted(definitions):
        title = str(definitions[name].get("title") or name)
        short = wanted = re.sub(r"[^A-Za-z0-9_]+", "_", title).strip("_") or "Value"
        count = 1
        while short in names.values():
            count += 1
            short = f"{wanted}_{count}"
        names[name] = short
    return names


def _tidied(node: Any, names: dict[str, str], *, is_class: bool = False) -> Any:
    if is_list(node):
        return [_tidied(part, names) for part in node]
    if not is_object(node):
        return node
    kept: dict[str, Any] = {}
    for name, part in node.items():
        if name == "$ref":
            kept[name] = _PREFIX + names[part.removeprefix(_PREFIX)]
        elif name in _MAPS_OF_SCHEMAS:
            kept[name] = {key: _tidied(schema, names) for key, schema in part.items()}
        elif name in _DATA:
            kept[name] = part
        elif not (name == "title" and (is_class or not part)):
            kept[name] = _tidied(part, names)
    meaning = kept.pop(_MEANING, "")
    told = "; ".join(part for part in (kept.get("description", ""), meaning) if part)
    return kept | ({"description": told} if told else {})


def _reachable(root: Any, definitions: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(references(root))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(definitions[name]))
    return found


def is_recursive(name: str, definitions: Mapping[str, Any]) -> bool:
    """Whether a definition refers to itself, directly or through others.

    >>> is_recursive("A", {"A": {"items": {"$ref": "#/$defs/A"}}})
    True
    """
    return name in _reachable(definitions[name], definitions)


def references(node: Any) -> Iterator[str]:
    """Names of the definitions that a schema refers to directly."""
    if is_list(node):
        for part in node:
            yield from references(part)
    elif is_object(node):
        for name, part in node.items():
            if name == "$ref":
                yield str(part).removeprefix(_PREFIX)
            elif name not in _DATA:
                yield from references(list(part.values()) if name in _MAPS_OF_SCHEMAS else part)
