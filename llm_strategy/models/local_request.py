"""The body of a request to the embedded runtime, from messages and call options."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from llm_strategy.errors import UnsupportedError
from llm_strategy.models.local_messages import plain_messages
from llm_strategy.models.local_schema import grammar_schema
from llm_strategy.models.local_tools import calls_schema, chosen_tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["LocalRequest", "build_request"]

_SAMPLING = frozenset(
    {
        "cache_prompt",
        "frequency_penalty",
        "logit_bias",
        "max_tokens",
        "min_p",
        "presence_penalty",
        "repeat_penalty",
        "seed",
        "stop",
        "temperature",
        "top_k",
        "top_p",
    }
)
_OWN = frozenset({"grammar", "json_schema", "logprobs", "response_format", "tool_choice", "tools", "top_logprobs"})
_IGNORED = frozenset({"ls_structured_output_format", "parallel_tool_calls", "strict", "stream", "stream_usage"})
_ENGINE_OPTIONS = {
    # Without free whitespace the reply is a third shorter, and a small model cannot lose itself in blanks.
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "coerce_one_of": True,
    "lenient": True,
}


@dataclass(frozen=True, slots=True)
class LocalRequest:
    """What the runtime is asked, and what the reader of its reply must know."""

    body: dict[str, Any]
    tools: tuple[Mapping[str, Any], ...]
    """Tools on offer, in OpenAI's form."""
    must_be_json: bool
    """Whether a complete reply that is not JSON means that the runtime lost the constraint."""


def build_request(
    messages: Sequence[BaseMessage], options: Mapping[str, Any], *, has_json_engine: bool, max_items: int | None
) -> LocalRequest:
    """Return the request for `messages` under `options`; options that are None count as not given.

    Raises:
        UnsupportedError: an option is unknown, or two of them contradict each other.
    """
    given = {key: value for key, value in options.items() if value is not None and key not in _IGNORED}
    _check_names(given)
    tools = () if given.get("tool_choice") == "none" else tuple(given.get("tools", ()))
    schema = _schema(given, tools)
    body: dict[str, Any] = {key: value for key, value in given.items() if key in _SAMPLING}
    body["messages"] = plain_messages(messages, tools)
    # Progress reports are chunks too: they let a caller stop while a long prompt is still being read.
    body |= {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    if given.get("logprobs") or given.get("top_logprobs"):
        body |= {"logprobs": True, "top_logprobs": given.get("top_logprobs", 1)}
    if schema is not None:
        body |= _constraint(grammar_schema(schema, max_items=max_items), has_json_engine=has_json_engine)
    elif "grammar" in given:
        body["grammar"] = given["grammar"]
    return LocalRequest(body, tools, must_be_json=schema is not None and not given.get("stop"))


def _check_names(given: Mapping[str, Any]) -> None:
    known = sorted(_SAMPLING | _OWN)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else f" It knows {', '.join(known)}."
            raise UnsupportedError(f"The local model does not know the option {name!r}.{guess}")


def _schema(given: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The one JSON schema that the reply has to follow, or None."""
    forced = chosen_tools(given.get("tool_choice"), tools) if tools else ()
    wanted = _formats(given)
    names = [*wanted, *(["grammar"] if "grammar" in given else []), *(["tool_choice"] if forced else [])]
    if len(names) > 1:
        raise UnsupportedError(f"A reply follows one form, and the call asks for {' and '.join(names)}. Pass one.")
    if forced:
        return calls_schema(forced)
    answer = next(iter(wanted.values()), None)
    return calls_schema(tools, answer) if tools and answer is not None else answer


def _formats(given: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    wanted: dict[str, Mapping[str, Any]] = {}
    if "json_schema" in given:
        wanted["json_schema"] = given["json_schema"]
    schema = _response_format(given["response_format"]) if "response_format" in given else None
    if schema is not None:
        wanted["response_format"] = schema
    return wanted


def _response_format(form: object) -> Mapping[str, Any] | None:
    if isinstance(form, type) and issubclass(form, BaseModel):
        return form.model_json_schema()
    wanted = cast("dict[str, Any]", form) if isinstance(form, dict) else {}
    kind, schema = wanted.get("type"), wanted.get("schema", {"type": "object"})
    if kind == "text":
        return None
    if kind == "json_schema":
        schema = wanted.get("json_schema", {}).get("schema")
    if kind in {"json_object", "json_schema"} and isinstance(schema, dict):
        return cast("dict[str, Any]", schema)
    raise UnsupportedError(
        f"response_format is {form!r}. Use {{'type': 'json_schema', 'json_schema': {{'schema': ...}}}}, "
        "{'type': 'json_object'}, {'type': 'text'} or a pydantic model."
    )


def _constraint(schema: Mapping[str, Any], *, has_json_engine: bool) -> dict[str, Any]:
    if not has_json_engine:
        return {"json_schema": schema}
    return {"grammar": "%llguidance {}\nstart: %json " + json.dumps({**schema, "x-guidance": _ENGINE_OPTIONS})}
