"""Rewrite a pydantic-core schema so that it reads our JSON forms.

Only what leads to a special part is copied; definitions on the way get a new reference, so that the schemas
which pydantic keeps on users' classes are never changed. A class that pydantic has compiled already (a model,
a pydantic dataclass) is validated by its own compiled validator, always: before it, a step turns the special
fields of the data into finished values.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.json_data import is_list, is_object, is_tuple
from llm_strategy.schema.key_forms import DICTIONARY_KINDS, closed_classes, has_pair_keys, is_named_by_member
from llm_strategy.schema.values import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["CoreSchemaRewriter", "has_own_form", "parts"]

_NOT_SCHEMAS = frozenset(
    {
        *("metadata", "serialization", "config", "default", "expected", "members", "cls", "ref"),
        "json_schema_input_schema",  # nothing is read with it
    }
)


def parts(node: Any) -> Iterator[tuple[str, Any]]:
    """Go over what a core schema node holds, by name; items of lists have the name ''."""
    if is_object(node):
        is_schema = isinstance(node.get("type"), str)
        yield from ((name, part) for name, part in node.items() if not (is_schema and name in _NOT_SCHEMAS))
    elif is_list(node) or is_tuple(node):
        yield from (("", part) for part in node)


def has_own_form(node: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether a node of a core schema has a JSON form of ours."""
    kind = node.get("type") if is_object(node) else None
    if kind == "enum":
        return is_named_by_member(node["cls"]) and not issubclass(node["cls"], enum.Flag)
    if kind in DICTIONARY_KINDS:
        return has_pair_keys(node, definitions)
    if kind == "is-instance":
        return registered_type(node["cls"]) is not None
    if kind == "literal":
        return any(_is_unlike_its_json(value) for value in node["expected"])
    return kind in {"is-subclass", "generator"}


class CoreSchemaRewriter:
    """Copies a core schema, replacing what has a JSON form of ours."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._touched = self._find_touched()
        self._copied: dict[str, Any] = {}

    def changes(self, schema: Any) -> bool:
        """Whether there is anything to rewrite in `schema`."""
        return has_own_form(schema, self._definitions) or any(
            part["schema_ref"] in self._touched
            if is_object(part) and part.get("type") == "definition-ref"
            else self.changes(part)
            for part in ([schema] if _is_reference(schema) else [part for _, part in parts(schema)])
        )

    def rewritten(self, schema: Any) -> Any:
        """Return a copy of `schema` that reads our JSON forms."""
        root = self._copy(schema)
        return core_schema.definitions_schema(root, list(self._copied.values())) if self._copied else root

    def _find_touched(self) -> frozenset[str]:
        touched: frozenset[str] = frozenset()
        while True:  # a definition is touched when it refers to a touched one: repeat until nothing is added
            self._touched = touched
            touched = frozenset(ref for ref, body in self._definitions.items() if self.changes(body))
            if touched == self._touched:
                return self._touched

    def _copy(self, node: Any) -> Any:
        if is_list(node) or is_tuple(node):
            return [self._copy(part) for part in node]
        if not is_object(node) or not self.changes(node):
            return node
        if _is_reference(node):
            return self._copy_reference(node["schema_ref"])
        inside = {name: self._copy(part) for name, part in parts(node)}
        copied: dict[str, Any] = {**node, **inside}
        return _REPLACEMENTS[copied["type"]](copied) if has_own_form(node, self._definitions) else copied

    def _copy_reference(self, ref: str) -> Any:
        new = f"{ref}0"  # pydantic names definitions by what stands before the colon; behind it stands a number
        if ref not in self._copied:
            body = self._definitions[ref]
            self._copied[ref] = {}  # a definition may refer to itself
            compiled = _compiled_class(body)
            copied = self._copy(body) if compiled is None else self._lifted(compiled, ref)
            self._copied[ref] = {**copied, "ref": new}
        return core_schema.definition_reference_schema(new)

    def _lifted(self, schema: Any, ref: str) -> Any:
        """Turn special fields into values, then let the class validate with its own compiled validator."""
        original = core_schema.definition_reference_schema(ref)
        if schema.get("root_model"):
            return core_schema.chain_schema([self._copy(schema["schema"]), original])
        lifted: dict[str, core_schema.TypedDictField] = {}
        for name, part in _fields(schema):
            if self.changes(part):
                inner = part["schema"]
                value = self._copy(inner["schema"] if inner["type"] == "default" else inner)
                for key in {name, part.get("validation_alias", name)}:
                    if isinstance(key, str):
                        lifted[key] = core_schema.typed_dict_field(value, required=False)
        step = core_schema.typed_dict_schema(lifted, extra_behavior="allow")
        return core_schema.chain_schema([step, original])


def _is_reference(node: Any) -> bool:
    return is_object(node) and node.get("type") == "definition-ref"


def _compiled_class(body: Any) -> Any:
    """Return the schema of a class that pydantic has compiled, from under its validators; None for anything else."""
    while is_object(body) and body["type"].startswith("function-"):
        body = body.get("schema")
    if is_object(body) and body["type"] in {"model", "dataclass"} and "__pydantic_validator__" in vars(body["cls"]):
        return body
    return None


def _fields(schema: Any) -> Iterator[tuple[str, Any]]:
    while "fields" not in schema or schema["type"] == "dataclass":
        schema = schema["schema"]
    fields = schema["fields"]
    return iter(fields.items()) if is_object(fields) else ((part["name"], part) for part in fields)


def _read_registered(node: Any) -> Any:
    entry = registered_type(node["cls"])

    def read(data: Any) -> Any:
        try:
            return entry.read(data) if entry is not None else data
        except (TypeError, KeyError, IndexError, AttributeError) as error:
            raise ValueError(f"Input does not fit: {error}") from error  # pydantic reports ValueErrors only

    return core_schema.no_info_plain_validator_function(read)


def _is_unlike_its_json(value: Any) -> bool:
    """Whether a literal is another thing than the JSON that stands for it: pydantic then never accepts the JSON."""
    return isinstance(value, bytes) or (isinstance(value, enum.Enum) and not isinstance(value, str | int))


def _read_literal(node: Any) -> Any:
    meanings = [(to_jsonable(value, complete=True), value) for value in node["expected"]]

    def read(data: Any) -> Any:
        for written, value in meanings:
            if (data == written and type(data) is type(written)) or data is value:
                return value
        raise ValueError(f"Input should be one of {', '.join(repr(written) for written, _ in meanings)}")

    return core_schema.no_info_plain_validator_function(read)


def _read_class_name(node: Any) -> Any:
    return _read_name(closed_classes(node["cls"]))


def _read_member_name(node: Any) -> Any:
    return _read_name({member.name: member for member in node["cls"]})


def _read_name(meanings: Mapping[str, Any]) -> Any:
    def read(data: Any) -> Any:
        if not isinstance(data, str) or data not in meanings:
            raise ValueError(f"Input should be one of {', '.join(meanings)}")
        return meanings[data]

    return core_schema.no_info_plain_validator_function(read)


def _read_list(node: Any) -> Any:
    # pydantic reads an Iterable lazily: a wrong item would raise long after the reply was accepted.
    limits = {name: node[name] for name in ("min_length", "max_length", "ref") if name in node}
    return core_schema.list_schema(node.get("items_schema")) | limits


def _read_pairs(node: Any) -> Any:
    pair = core_schema.typed_dict_schema(
        {
            name: core_schema.typed_dict_field(node.get(f"{name}s_schema", core_schema.any_schema()))
            for name in ("key", "value")
        }
    )

    def listed(data: Any) -> Any:  # an object is understood as well, where its keys can be read from text
        return [{"key": key, "value": data[key]} for key in data] if is_object(data) else data

    def joined(pairs: Any) -> Any:
        return {pair["key"]: pair["value"] for pair in pairs}

    listing = core_schema.no_info_before_validator_function(listed, core_schema.list_schema(pair))
    # The original schema comes last: it makes the right kind of mapping and checks how many keys there are.
    plain: Any = {**node, "keys_schema": core_schema.any_schema(), "values_schema": core_schema.any_schema()}
    return core_schema.chain_schema([core_schema.no_info_after_validator_function(joined, listing), plain])


_REPLACEMENTS: dict[str, Callable[[Any], Any]] = {
    "is-instance": _read_registered,
    "is-subclass": _read_class_name,
    "generator": _read_list,
    "enum": _read_member_name,
    "literal": _read_literal,
    **dict.fromkeys(DICTIONARY_KINDS, _read_pairs),
}
