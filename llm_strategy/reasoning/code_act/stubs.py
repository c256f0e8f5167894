"""Tools as a model reads them: functions with their types and docstrings."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Any

from llm_strategy.reasoning.code_act.python_types import python_type
from llm_strategy.schema import compact_schema, output_schema
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.tools import Tool

__all__ = ["parameters_of", "stub"]


def stub(tool: Tool[..., Any]) -> str:
    """Return a tool as a Python function without a body.

    >>> from llm_strategy.tools import tool
    >>> @tool
    ... def price(article: str, currency: str = "EUR") -> float:
    ...     '''The price of an article.'''
    >>> print(stub(price))
    def price(article: str, currency: str = 'EUR') -> float:
        '''The price of an article.'''
    """
    schema = tool.signature.arguments.json_schema
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = schema.get("required", ())
    parameters = ", ".join(
        _parameter(name, properties[name.lstrip("*")], definitions, needed=name in required)
        for name in parameters_of(tool)
    )
    value, shape = _value(tool)
    told = [tool.description, *_descriptions(properties, definitions), *shape]
    body = "\n".join(line for line in told if line)
    return f"def {tool.name}({parameters}){value}:\n{indent(_quoted(body), '    ')}"


def parameters_of(tool: Tool[..., Any]) -> tuple[str, ...]:
    """Return the names of a tool's parameters, in order; `*name` is the one that takes any number of arguments."""
    known = tool.signature.arguments.json_schema.get("properties", {})
    names = {name: name if name in known else field for name, field in tool.signature.fields.items()}
    return tuple(f"*{shown}" if name == tool.signature.many else shown for name, shown in names.items())


def _parameter(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any], *, needed: bool) -> str:
    if name.startswith("*"):
        return f"{name}: {python_type(schema.get('items', {}), definitions)}"
    text = f"{name}: {python_type(schema, definitions)}"
    return text if needed else f"{text} = {schema.get('default')!r}"


def _descriptions(properties: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, schema in properties.items():
        told = str(schema.get("description", ""))
        shape = _shape({**schema, "$defs": definitions}) if _has_fields(schema, definitions) else ""
        if told or shape:
            lines.append(f"{name}: {' '.join(part for part in (told, shape) if part)}")
    return lines


def _value(tool: Tool[..., Any]) -> tuple[str, list[str]]:
    """Return the annotation of a tool's value, and a line about its shape where it has fields."""
    if tool.signature.value is Any:
        return "", []
    schema = output_schema(tool.signature.value, where=f"value of tool {tool.name!r}").json_schema
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    lines = [f"Returns: {_shape(schema)}"] if _has_fields(schema, definitions) else []
    return f" -> {python_type(schema, definitions)}", lines


def _has_fields(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    """Whether a type says more than its Python name does."""
    if "properties" in schema or "$ref" in schema:
        return True
    parts = [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())]
    return any(is_object(part) and _has_fields(part, definitions) for part in parts)


def _shape(schema: Mapping[str, Any]) -> str:
    return compact_schema({name: part for name, part in schema.items() if name != "description"})


def _quoted(text: str) -> str:
    mark = '"""' if "'''" in text else "'''"
    return f"{mark}{text}{mark}"
