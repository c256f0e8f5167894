"""A chat model that answers any question with a value of the right form."""
# ruff: noqa: ARG002 (langchain calls these methods with more than they need)

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.callbacks import CallbackManagerForLLMRun

__all__ = ["SchemaModel", "instance_of"]

_PLAIN: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}
_DEEP = 8
"""Nesting from which on a value takes every way to an end."""
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00",
    "duration": "PT1H",
    "email": "a@example.com",
    "uri": "https://example.com/",
    "uuid": "12345678-1234-4678-9234-567812345678",
}


class SchemaModel(BaseChatModel):
    """Answers each call with the smallest instance of the schema that it asks for.

    For tests of code around LLM functions that do not care what the model says. Text that is not asked for by a schema
    is answered with `text`, in a fenced block. Of several tools that one has to be called of, it calls the last.
    Not covered: tuples of several types, since a strict schema does not say which comes first.
    """

    llm_strategy_methods: tuple[str, ...] = ("json_schema", "tool")
    """The structured-output methods that carry a schema."""

    @property
    def _llm_type(self) -> str:
        return "schema"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        form = kwargs.get("response_format", {}).get("json_schema", {})
        tools, choice = kwargs.get("tools", ()), kwargs.get("tool_choice")
        if tools and choice == "required":
            return _answer(AIMessage("", tool_calls=[_call(tools[-1]["function"])]), "tool_calls")
        schema = tools[0]["function"]["parameters"] if tools and choice is not None else form.get("schema")
        text = "```\ntext\n```" if schema is None else json.dumps(instance_of(schema, schema.get("$defs", {})))
        return _answer(AIMessage(text), "stop")


def _call(function: Mapping[str, Any]) -> ToolCall:
    schema = function["parameters"]
    arguments = instance_of(schema, schema.get("$defs", {}))
    return ToolCall(name=function["name"], args=arguments, id="call_1", type="tool_call")


def _answer(message: AIMessage, reason: str) -> ChatResult:
    message.response_metadata["finish_reason"] = reason
    return ChatResult(generations=[ChatGeneration(message=message)])


def instance_of(schema: Mapping[str, Any], definitions: Mapping[str, Any], *, depth: int = 0) -> Any:
    """Return a small value that fits a JSON schema; of alternatives the last, which often ends recursion.

    Lists hold one item where they may, so that a test sees one; deep down they hold as few as they can.

    >>> instance_of({"type": "array", "items": {"type": "integer"}, "minItems": 2}, {})
    [1, 1]
    """
    if "$ref" in schema:
        return instance_of(definitions[schema["$ref"].rpartition("/")[2]], definitions, depth=depth + 1)
    for word in ("anyOf", "oneOf", "allOf"):
        if schema.get(word):
            plain = [one for one in schema[word] if "$ref" not in one] if depth > _DEEP else []
            return instance_of((plain or schema[word])[-1], definitions, depth=depth + 1)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    return _of_kind(schema, definitions, depth)


def _of_kind(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Any:
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            name: instance_of(properties[name], definitions, depth=depth + 1) for name in schema.get("required", ())
        }
    if kind == "array":
        items = [instance_of(one, definitions, depth=depth + 1) for one in schema.get("prefixItems", ())]
        least = schema.get("minItems", 1 if depth <= _DEEP else 0)
        missing = max(least - len(items), 0) if "items" in schema else 0
        return [*items, *(instance_of(schema["items"], definitions, depth=depth + 1) for _ in range(missing))]
    if kind in {"integer", "number"} and "minimum" in schema:
        return schema["minimum"]
    if kind == "string" and "format" in schema:
        return _FORMATS.get(schema["format"], "text")
    return _PLAIN[kind]
