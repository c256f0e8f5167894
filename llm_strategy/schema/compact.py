"""Write a JSON schema the way a programmer would note down a type: a fraction of its tokens, and easier to follow.

```
Person {  // a user of the shop
  name: string  // full name
  age: integer >= 0
  role?: "admin" | "user" = "user"
  tags: [string] 1..5 items
  limits: {string: number}
  home: Address | null
}
Address {
  city: string
}
```

An array of `T` is `[T]`, a tuple `[A, B]`, a map `{string: T}`; `?` marks what may be left out, `=` its
default, `//` a description. Objects are named and defined once, in the order in which they are first used.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.constraints import constraint_text, scalar_name
from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.schema.wire_schema import is_recursive, references

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compact_schema"]

_PREFIX = "#/$defs/"
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_SILENT_DEFAULTS: tuple[Any, ...] = (None, [], {}, "")
"""Defaults that the `?` says well enough."""
_SHORT = 60
"""Longest text of a shared type that is repeated where it is used, instead of being named."""


def compact_schema(schema: Mapping[str, Any], name: str = "") -> str:
    """Write a schema as compact text.

    >>> ages = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
    >>> compact_schema(ages)
    '{string: integer >= 0}'

    Args:
        schema: a JSON schema with its `$defs`, as made by `wire_schema`.
        name: name of the root, when it is an object; without one the object is written without a name.
    """
    return _Writer(schema).write(name)


class _Writer:
    """Writes one schema; collects the definitions that the text so far refers to."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = {key: part for key, part in schema.items() if key != "$defs"}
        self._definitions: Mapping[str, Any] = schema.get("$defs", {})
        self._pending: list[str] = []
        self._named = {name for name, body in self._definitions.items() if self._is_named(name, body)}
        self._known: set[str] = set()
        self._writers = {"array": self._array, "object": self._object}

    def write(self, name: str) -> str:
        twin = next((each for each, body in self._definitions.items() if body == self._root), "")
        self._known = {twin} if twin else set()
        if name or twin:
            blocks = [self._block(twin or name, self._root)]
        else:
            blocks = [_with_comment(self._type(self._root), self._root_comment())]
        while self._pending:
            blocks.append(self._block(each := self._pending.pop(0), self._definitions[each]))
        return "\n".join(blocks)

    def _root_comment(self) -> str:
        properties: Mapping[str, Any] = self._root.get("properties", {})
        return self._comment(next(iter(properties.values())) if len(properties) == 1 else self._root)

    def _is_named(self, name: str, body: Any) -> bool:
        if "properties" in body or is_recursive(name, self._definitions):
            return True
        uses = sum(1 for each in (self._root, *self._definitions.values()) for ref in references(each) if ref == name)
        return uses > 1 and len(json.dumps(body)) > 2 * _SHORT

    def _block(self, name: str, body: Any) -> str:
        described = body.get("description", "")
        if "properties" not in body:
            return _with_comment(f"{name} = {self._type(body)}", described)
        lines = [f"  {line}" for line in self._fields(body)]
        return "\n".join((_with_comment(f"{name} {{", described), *lines, "}"))

    def _fields(self, body: Any) -> list[str]:
        required = body.get("required", ())
        lines = [
            _with_comment(self._field(name, part, required=name in required), self._comment(part))
            for name, part in body["properties"].items()
        ]
        rest = body.get("additionalProperties")
        return [*lines, f"...: {self._type(rest)}"] if rest else lines

    def _field(self, name: str, schema: Any, *, required: bool) -> str:
        shown = name if _IDENTIFIER.fullmatch(name) else _text(name)
        default = schema.get("default") if is_object(schema) else None
        return f"{shown}{'' if required else '?'}: {self._type(schema)}" + (
            f" = {_text(default)}" if default not in _SILENT_DEFAULTS else ""
        )

    def _type(self, schema: Any) -> str:
        if not is_object(schema):
            return "any"
        written = self._bare_type(schema)
        limits = constraint_text(schema)
        return f"{written} {limits}" if limits else written

    def _bare_type(self, schema: Any) -> str:
        if "$ref" in schema:
            return self._reference(schema["$ref"].removeprefix(_PREFIX))
        if "const" in schema or "enum" in schema:
            return " | ".join(_text(value) for value in schema.get("enum") or [schema["const"]])
        members = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if members:
            return self._union(members)
        kind = schema.get("type", "any")
        if is_list(kind):
            return " | ".join(self._type({**schema, "type": each}) for each in kind)
        return self._writers.get(kind, self._scalar)(schema)

    def _scalar(self, schema: Any) -> str:
        if "contentSchema" in schema:
            return f"JSON text of {self._type(schema['contentSchema'])}"
        return scalar_name(schema)

    def _union(self, members: list[Any]) -> str:
        if any(member.get("format") == "decimal" for member in members):  # a number, or the same as text
            members = [member for member in members if member.get("format") != "decimal"]
        return " | ".join(dict.fromkeys(self._type(member) for member in members))

    def _reference(self, name: str) -> str:
        if name not in self._named:
            return self._type(self._definitions[name])
        if name not in self._known:
            self._known.add(name)
            self._pending.append(name)
        return name

    def _array(self, schema: Any) -> str:
        if schema.get("maxItems") == 0:
            return "[]"
        inside = [self._type(part) for part in schema.get("prefixItems", ())]
        if "items" in schema or not inside:
            inside.append(self._type(schema.get("items")) + ("..." if inside else ""))
        return f"[{', '.join(inside)}]"

    def _object(self, schema: Any) -> str:
        if "properties" in schema:
            return f"{{{', '.join(self._fields_inline(schema))}}}"
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        entries = [f"/{pattern}/: {self._type(part)}" for pattern, part in patterns.items()]
        if not entries and schema.get("additionalProperties") is not False:
            entries = [f"{self._key(schema)}: {self._type(schema.get('additionalProperties'))}"]
        return f"{{{', '.join(entries)}}}"

    def _fields_inline(self, schema: Any) -> list[str]:
        required = schema.get("required", ())
        return [self._field(name, part, required=name in required) for name, part in schema["properties"].items()]

    def _key(self, schema: Any) -> str:
        return self._type({"type": "string", **schema.get("propertyNames", {})})

    def _comment(self, schema: Any) -> str:
        """Description of a field, or else of the nameless type behind it: the meaning of an enum, say."""
        if not is_object(schema):
            return ""
        told = [str(schema["description"])] if "description" in schema else []
        if "examples" in schema:
            told.append(f"e.g. {', '.join(map(_text, schema['examples']))}")
        if told:
            return ", ".join(told)
        ref = str(schema.get("$ref", "")).removeprefix(_PREFIX)
        if ref:
            return "" if ref in self._named else self._comment(self._definitions[ref])
        below: list[Any] = [*(schema.get("anyOf") or schema.get("oneOf") or ()), schema.get("items")]
        return "; ".join(dict.fromkeys(text for part in below if (text := self._comment(part))))


def _with_comment(text: str, description: str) -> str:
    # One line, whatever the description holds: a line break would end the comment.
    told = " ".join(description.split())
    return f"{text}  // {told}" if told else text


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
