"""Rewrite a JSON schema into the subset that the embedded runtime enforces token by token.

The runtime turns a schema into a grammar. Two of its habits make a rewrite necessary: a keyword that its grammar
engine does not know silently switches the whole constraint *off*, and a number or list without bounds lets a small
model at temperature 0 repeat a digit or an item until the token limit.

Enforced: types, `enum`, `const`, `properties`, `required`, `additionalProperties`, `patternProperties`, `items`,
`prefixItems`, `minItems`, `maxItems`, `minLength`, `maxLength`, `pattern` without lookaround, back references or word
boundaries, the formats in `FORMATS`, numeric bounds, `multipleOf`, `anyOf`, `oneOf` (as `anyOf`), `allOf` (merged),
local `$ref` (recursive too), `propertyNames` that is an enumeration.

Not enforced, left to the validator that reads the reply: `not`, `if`, `uniqueItems`, `contains`, `dependent*`, other
patterns and formats. Narrowed for the grammar only: an open list gets `max_items`; a number without bounds stays
within 10^15 either way, a fraction has at most 9 decimals; an object with `properties` takes no undeclared ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from llm_strategy.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FORMATS", "JsonSchema", "grammar_schema"]

JsonSchema = dict[str, Any]

FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
"""String formats that the grammar engine knows."""

_NUMBER_LIMIT = 10**15
_SMALLEST_FRACTION = 1e-9
_TYPES = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})
_UNKNOWN_REGEX = re.compile(r"\(\?(?!:)|\\[1-9bBAZzkpPG]")
_KEPT = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems"),
    "object": (),
    "boolean": (),
    "null": (),
}
_IMPLIED = {
    "properties": "object",
    "additionalProperties": "object",
    "patternProperties": "object",
    "propertyNames": "object",
    "required": "object",
    "items": "array",
    "prefixItems": "array",
    "pattern": "string",
    "minLength": "string",
    "maxLength": "string",
}


def grammar_schema(schema: Mapping[str, Any], *, max_items: int | None = 100) -> JsonSchema:
    """Return the schema that the grammar should enforce for `schema`.

    Args:
        schema: any JSON schema whose references are local.
        max_items: limit put on lists that have none; None leaves them open.

    Returns:
        A self-contained schema in the subset described in the module's docstring.

    Raises:
        UnsupportedError: the schema cannot be satisfied or resolved; the message names the place.

    Examples:
        >>> grammar_schema({"title": "Tags", "type": "array", "items": {"type": "string"}}, max_items=3)
        {'type': 'array', 'maxItems': 3, 'items': {'type': 'string'}}
    """
    rewriter = _Rewriter(schema, max_items)
    root = rewriter.rewrite(schema, "#")
    return {**root, "$defs": rewriter.definitions} if rewriter.definitions else root


@dataclass(slots=True)
class _Rewriter:
    """One rewrite; `definitions` collects the targets of references, each rewritten once."""

    root: Mapping[str, Any]
    max_items: int | None
    definitions: dict[str, JsonSchema] = field(default_factory=dict[str, JsonSchema])
    _names: dict[str, str] = field(default_factory=dict[str, str])

    def rewrite(self, schema: object, where: str) -> JsonSchema:
        node = self._normal_form(schema, where)
        if "$ref" in node:
            return {"$ref": f"#/$defs/{self._define(node['$ref'], where)}"}
        if "anyOf" in node:
            rest = {key: value for key, value in node.items() if key != "anyOf"}
            branches = [self._merged(rest, branch, where) for branch in node["anyOf"]]
            return {"anyOf": [self.rewrite(each, f"{where}/anyOf/{i}") for i, each in enumerate(branches)]}
        if "const" in node:
            return {"const": node["const"]}
        if "enum" in node:
            if not node["enum"]:
                raise UnsupportedError(f"The schema at {where!r} has an empty `enum`: no value fits it.")
            return {"enum": list(node["enum"])}
        return self._typed(node, where)

    def _normal_form(self, schema: object, where: str) -> JsonSchema:
        """`schema` as a dictionary, with `oneOf` as `anyOf` and `allOf` merged into its parent."""
        if schema is True:
            return {}
        if not isinstance(schema, dict):
            raise UnsupportedError(f"The schema at {where!r} is {schema!r}: no value fits it. Use an object.")
        node = dict(cast("JsonSchema", schema))
        if "oneOf" in node:
            node["anyOf"] = node.pop("oneOf")
        for part in node.pop("allOf", ()):
            node = self._merged(node, part, where)
        return node

    def _merged(self, left: JsonSchema, right: object, where: str) -> JsonSchema:
        """Both sets of demands in one schema; on a clash of plain keywords the right one holds."""
        if not _demands(left) and isinstance(right, dict):
            return dict(cast("JsonSchema", right))
        other = self._resolved(self._normal_form(right, where), where)
        merged = {**left, **other}
        for key in ("properties", "patternProperties"):
            if key in left and key in other:
                merged[key] = {**left[key], **other[key]}
        if "required" in left and "required" in other:
            merged["required"] = list(dict.fromkeys([*left["required"], *other["required"]]))
        return merged

    def _resolved(self, node: JsonSchema, where: str) -> JsonSchema:
        return self._normal_form(self._target(node["$ref"], where), where) if "$ref" in node else node

    def _define(self, pointer: str, where: str) -> str:
        if pointer not in self._names:
            self._names[pointer] = name = f"d{len(self._names)}"
            # The name is taken before the rewrite, so that a recursive reference finds it.
            self.definitions[name] = self.rewrite(self._target(pointer, where), pointer)
        return self._names[pointer]

    def _target(self, pointer: str, where: str) -> object:
        if not pointer.startswith("#"):
            raise UnsupportedError(
                f"The schema at {where!r} refers to {pointer!r}: only local references (#/...) work."
            )
        node: Any = self.root
        for step in pointer.removeprefix("#").split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or key not in node:
                raise UnsupportedError(f"The schema at {where!r} refers to {pointer!r}, which does not exist.")
            node = cast("JsonSchema", node)[key]
        return cast("object", node)

    def _typed(self, node: JsonSchema, where: str) -> JsonSchema:
        kinds = node.get("type") or next((_IMPLIED[key] for key in node if key in _IMPLIED), None)
        if kinds is None:
            return {}
        if isinstance(kinds, list):
            names = cast("Sequence[str]", kinds)
            return {"anyOf": [self._typed({**node, "type": name}, where) for name in names]}
        if kinds not in _TYPES:
            raise UnsupportedError(f"The schema at {where!r} has the unknown type {kinds!r}.")
        typed: JsonSchema = {"type": kinds, **{key: node[key] for key in _KEPT[kinds] if key in node}}
        if kinds == "string":
            return _string(typed, node)
        if kinds in {"integer", "number"}:
            return _bounded(typed)
        if kinds == "array":
            return self._array(typed, node, where)
        return self._object(typed, node, where) if kinds == "object" else typed

    def _array(self, typed: JsonSchema, node: JsonSchema, where: str) -> JsonSchema:
        if "maxItems" not in typed and self.max_items is not None:
            typed["maxItems"] = max(self.max_items, typed.get("minItems", 0))
        if "prefixItems" in node:
            places = enumerate(node["prefixItems"])
            typed["prefixItems"] = [self.rewrite(item, f"{where}/prefixItems/{i}") for i, item in places]
        if node.get("items") is False:
            typed["items"] = False
        elif "items" in node:
            typed["items"] = self.rewrite(node["items"], f"{where}/items")
        return typed

    def _object(self, typed: JsonSchema, node: JsonSchema, where: str) -> JsonSchema:
        properties: dict[str, Any] = dict(node.get("properties", {}))
        patterns = {key: value for key, value in node.get("patternProperties", {}).items() if _is_known_regex(key)}
        rest = node.get("additionalProperties", not (properties or patterns) and not _is_empty_model(node))
        names = self._key_names(node, where)
        if names and rest is not False:
            properties, rest = {**dict.fromkeys(names, rest), **properties}, False
        if properties:
            typed["properties"] = {
                key: self.rewrite(value, f"{where}/properties/{key}") for key, value in properties.items()
            }
        if patterns:
            typed["patternProperties"] = {
                key: self.rewrite(value, f"{where}/patternProperties/{key}") for key, value in patterns.items()
            }
        if node.get("required"):
            typed["required"] = list(node["required"])
        open_to = rest if isinstance(rest, bool) else self.rewrite(rest, f"{where}/additionalProperties")
        return {**typed, "additionalProperties": open_to}

    def _key_names(self, node: JsonSchema, where: str) -> list[str]:
        """Keys that `propertyNames` enumerates (`dict[Colour, int]`), or nothing."""
        names = self._resolved(self._normal_form(node.get("propertyNames", {}), where), where)
        return [str(name) for name in names.get("enum", [names["const"]] if "const" in names else [])]


def _demands(node: JsonSchema) -> bool:
    """Whether `node` asks for more than `title` and `description` do."""
    return any(key in _IMPLIED or key in {"type", "enum", "const", "anyOf", "$ref"} for key in node)


def _is_empty_model(node: JsonSchema) -> bool:
    """A model without fields spells `properties: {}`; a plain dictionary has no `properties` at all."""
    return node.get("properties") == {} and "propertyNames" not in node


def _string(typed: JsonSchema, node: JsonSchema) -> JsonSchema:
    if _is_known_regex(node.get("pattern", "(?!")):
        return {**typed, "pattern": node["pattern"]}
    if node.get("format") in FORMATS:
        # Together with a length limit the engine may find no string at all, and then drop the constraint.
        return {"type": "string", "format": node["format"]}
    return typed


def _is_known_regex(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return _UNKNOWN_REGEX.search(pattern) is None


def _bounded(typed: JsonSchema) -> JsonSchema:
    low = typed.get("minimum", typed.get("exclusiveMinimum"))
    high = typed.get("maximum", typed.get("exclusiveMaximum"))
    if low is None:
        typed["minimum"] = min(high or 0, 0) - _NUMBER_LIMIT
    if high is None:
        typed["maximum"] = max(low or 0, 0) + _NUMBER_LIMIT
    if typed["type"] == "number":
        typed.setdefault("multipleOf", _SMALLEST_FRACTION)
    return typed
