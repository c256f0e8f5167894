"""Typed values from a local model, in langchain's form (`with_structured_output`).

Unlike langchain's default this never answers None: a reply that was cut off, or that holds no call, is an error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, cast

from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.runnables import RunnableGenerator, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from pydantic import BaseModel

from llm_strategy.errors import EmptyReplyError, TruncatedError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

__all__ = ["structured_output"]

Method = Literal["json_schema", "grammar", "function_calling", "tool", "json_mode", "json_object"]


def structured_output(
    model: BaseChatModel,
    schema: dict[str, Any] | type,
    *,
    method: Method = "json_schema",
    include_raw: bool = False,
    strict: bool | None = None,
) -> Runnable[LanguageModelInput, Any]:
    """Return a runnable that answers with values of `schema`.

    Args:
        model: the local model.
        schema: a pydantic model (the values are its instances), or a TypedDict or JSON schema (dictionaries).
        method: "json_schema" (alias "grammar") holds the reply to the schema; "function_calling" ("tool") makes the
            model call a function with these parameters, held to them as well; "json_mode" ("json_object") only
            makes sure of some JSON object.
        include_raw: answer with a dictionary of `raw`, `parsed` and `parsing_error` instead.
        strict: always true here; taken for compatibility.
    """
    del strict
    parser = _parser(schema)
    match method:
        case "json_schema" | "grammar":
            form = {"type": "json_schema", "json_schema": {"name": "value", "schema": _json_schema(schema)}}
            bound, reader = model.bind(response_format=form), _whole | parser
        case "function_calling" | "tool":
            tool = convert_to_openai_tool(schema)
            bound, reader = model.bind(tools=[tool], tool_choice="required"), _arguments | parser
        case "json_mode" | "json_object":
            bound, reader = model.bind(response_format={"type": "json_object"}), _whole | parser
        case _:
            raise UnsupportedError(
                f"The local model has no structured-output method {method!r}. "
                "Use 'json_schema', 'function_calling' or 'json_mode'."
            )
    return _with_raw(bound, reader) if include_raw else bound | reader


def _parser(schema: dict[str, Any] | type) -> Runnable[Any, Any]:
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return PydanticOutputParser(pydantic_object=schema)
    return JsonOutputParser()


def _json_schema(schema: dict[str, Any] | type) -> dict[str, Any]:
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema()
    return convert_to_json_schema(cast("dict[str, Any]", schema))  # it takes types as well


def _with_raw(bound: Runnable[Any, Any], reader: Runnable[Any, Any]) -> Runnable[Any, Any]:
    parsed = RunnablePassthrough.assign(parsed=lambda found: reader.invoke(found["raw"]), parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=bound) | parsed.with_fallbacks([failed], exception_key="parsing_error")


def _checked(message: BaseMessage) -> BaseMessage:
    """`message`, unless it ends a reply that was cut off."""
    if message.response_metadata.get("finish_reason") == "length":
        raise TruncatedError(
            "The reply of the local model was cut off at its token limit. Raise `max_tokens` (or n_ctx), or bound "
            "the strings and lists of the schema.",
            reply=str(message.text),
        )
    return message


def _pass_whole(messages: Iterator[BaseMessage]) -> Iterator[BaseMessage]:
    for message in messages:
        yield _checked(message)


async def _apass_whole(messages: AsyncIterator[BaseMessage]) -> AsyncIterator[BaseMessage]:
    async for message in messages:
        yield _checked(message)


def _call_arguments(messages: Iterator[BaseMessage]) -> Iterator[str]:
    for message in messages:
        chunk = cast("AIMessage", _checked(message))
        arguments = [call["args"] for call in chunk.tool_calls]
        if arguments:
            yield json.dumps(arguments[0])
            return
    raise EmptyReplyError("The local model called no tool. Use method='json_schema'.")


async def _acall_arguments(messages: AsyncIterator[BaseMessage]) -> AsyncIterator[str]:
    collected = [message async for message in messages]
    for text in _call_arguments(iter(collected)):
        yield text


_whole: RunnableGenerator[BaseMessage, BaseMessage] = RunnableGenerator(_pass_whole, _apass_whole)
_arguments: RunnableGenerator[BaseMessage, str] = RunnableGenerator(_call_arguments, _acall_arguments)
