"""How each kind of langchain model is told which form of reply is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from llm_strategy.chat.inlining import bare, inlined
from llm_strategy.chat.plain import streams
from llm_strategy.errors import UnsupportedError
from llm_strategy.flow import Profile, ToolSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseChatModel

    from llm_strategy.flow import Method, OutputFormat

__all__ = ["Dialect", "dialect_of"]

Arguments: TypeAlias = dict[str, Any]

_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}

_MEDIA = {"image": "image", "audio": "audio", "file": "pdf"}
"""Kinds of attachments, and what langchain calls them in the profile of a model."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of model: what it can do, and how a form of reply is asked for in a call of it."""

    profile: Profile
    """Structured-output methods, best first."""
    arguments: Callable[[BaseChatModel, OutputFormat], Arguments]
    """Keyword arguments of the call that ask for the form."""
    bill: Callable[[BaseChatModel], Arguments] = field(default=lambda _: {})
    """Keyword arguments of a call that streams, which ask for the tokens that it costs."""


def dialect_of(model: BaseChatModel) -> Dialect:
    """Return the dialect of a model, by what it declares and by the class that it extends; never by its name."""
    declared = getattr(model, "llm_strategy_methods", None)
    if declared is not None:
        return Dialect(Profile(tuple(declared), _media(model)), _plain)
    parents = {parent.__name__ for parent in type(model).__mro__}
    if "BaseChatOpenAI" in parents:
        return Dialect(Profile(_openai_methods(model), _media(model), _openai_addresses(model)), _openai, _openai_bill)
    if "ChatOllama" in parents:
        return Dialect(Profile(("json_schema", "json_object", "prompt"), _media(model)), _ollama)
    return Dialect(Profile(("tool", "prompt") if _has_tools(model) else ("prompt",), _media(model)), _generic)


def _media(model: BaseChatModel) -> tuple[str, ...] | None:
    """What a model takes besides text: by what it declares, or what langchain knows of it; None where nobody knows."""
    declared = getattr(model, "llm_strategy_media", None)
    if declared is not None:
        return tuple(declared)
    known: dict[str, Any] = {**(model.profile or {})}
    told = {kind: known.get(f"{name}_inputs") for kind, name in _MEDIA.items()}
    return (
        None if all(one is None for one in told.values()) else tuple(k for k, one in told.items() if one is not False)
    )


def _openai_methods(model: BaseChatModel) -> tuple[Method, ...]:
    methods: list[Method] = ["json_schema", "tool", "json_object", "prompt"]
    known = model.profile or {}
    if known.get("structured_output") is False:
        methods.remove("json_schema")
    if known.get("tool_calling") is False:
        methods.remove("tool")
    return tuple(methods)


def _openai_addresses(model: BaseChatModel) -> tuple[str, ...]:
    """What goes by its address: to chat completions images alone, and to the responses API files as well."""
    decides: Callable[[Arguments], bool] | None = getattr(model, "_use_responses_api", None)
    return ("image", "file") if decides is not None and decides({}) else ("image",)


def _has_tools(model: BaseChatModel) -> bool:
    from langchain_core.language_models import BaseChatModel as Parent

    known = (model.profile or {}).get("tool_calling")
    return type(model).bind_tools is not Parent.bind_tools if known is None else bool(known)


def _response_format(output: OutputFormat) -> dict[str, Any]:
    if output.method == "json_object":
        return {"type": "json_object"}
    schema: dict[str, Any] = {"name": output.name, "schema": inlined(output.schema or {})}
    if output.strict:
        schema["strict"] = True
    return {"type": "json_schema", "json_schema": schema}


def _tool_arguments(output: OutputFormat) -> Arguments:
    """Offer the tools of a form, with that of the value among them where the value is asked for by one."""
    tools = [*([_tool_of_value(output)] if output.method == "tool" else []), *map(_tool, output.tools)]
    if output.method == "tool" and not output.tools:
        return {"tools": tools, "tool_choice": {"type": "function", "function": {"name": output.name}}}
    must_call = output.must_call or output.method == "tool"
    return {"tools": tools, **({"tool_choice": "required"} if must_call else {})}


def _tool_of_value(output: OutputFormat) -> dict[str, Any]:
    return _tool(ToolSpec(output.name, output.description, output.schema or {}, output.strict))


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "parameters": bare(tool.schema or _NO_ARGUMENTS)}
    if tool.description:
        function["description"] = tool.description
    if tool.strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _plain(_model: BaseChatModel, output: OutputFormat) -> Arguments:
    """Models that take the OpenAI spelling as call arguments: the embedded one, and our own test doubles."""
    if output.method == "tool" and output.schema is not None:
        return _tool_arguments(output)
    offer = _tool_arguments(output) if output.tools else {}
    if output.schema is None and output.method != "json_object":
        return offer
    return {**offer, "response_format": _response_format(output)}


def _openai(model: BaseChatModel, output: OutputFormat) -> Arguments:
    """Models of langchain-openai.

    The form goes through `extra_body`: as a plain `response_format` it would take langchain's parsing path, which
    builds a second schema for each call and turns a cut-off reply into an error without the reply.
    """
    if output.method == "grammar":
        raise _unknown(model, output, "json_schema")
    arguments = _plain(model, output)
    form = arguments.get("response_format")
    if form is None or getattr(model, "use_responses_api", False):
        return arguments
    others = {name: argument for name, argument in arguments.items() if name != "response_format"}
    return {**others, "extra_body": {**(getattr(model, "extra_body", None) or {}), "response_format": form}}


def _openai_bill(model: BaseChatModel) -> Arguments:
    """Ask for the tokens of a stream, where neither the user nor langchain has decided about it.

    langchain asks only the provider itself for them, and no other address, since there are servers that decline. A
    call that does not stream in the end must not have the argument.
    """
    decided = getattr(model, "stream_usage", None) is not None or "stream_options" in getattr(model, "model_kwargs", {})
    if decided or model.disable_streaming or not streams(model) or getattr(model, "use_responses_api", False):
        return {}
    return {"stream_usage": True}


def _ollama(model: BaseChatModel, output: OutputFormat) -> Arguments:
    offer = _generic(model, replace(output, method="prompt")) if output.tools and output.method != "tool" else {}
    if output.method == "json_object":
        return {**offer, "format": "json"}
    if output.method == "json_schema" and output.schema is not None:
        return {**offer, "format": output.schema}
    return offer or _generic(model, output)


def _generic(model: BaseChatModel, output: OutputFormat) -> Arguments:
    """Any other langchain model: tools in the form that its own `bind_tools` makes of them, else nothing."""
    if output.method not in {"prompt", "tool"} or (output.method == "tool" and output.schema is None):
        raise _unknown(model, output, "tool")
    if output.method == "prompt" and not output.tools:
        return {}
    offer = _tool_arguments(output)
    choice = {"tool_choice": output.name if not output.tools else "any"} if "tool_choice" in offer else {}
    try:
        bound = model.bind_tools(offer["tools"], **choice)
    except Exception as error:
        raise UnsupportedError(
            f"{type(model).__name__} cannot be given {_told(offer)}: {type(error).__name__}: {error}. "
            "Use method='prompt'."
        ) from error
    return dict(getattr(bound, "kwargs", {}))


def _told(offer: Arguments) -> str:
    names = [repr(tool["function"]["name"]) for tool in offer["tools"]]
    return f"the tool {names[0]}" if len(names) == 1 else f"the tools {', '.join(names)}"


def _unknown(model: BaseChatModel, output: OutputFormat, known: Method) -> UnsupportedError:
    return UnsupportedError(
        f"{type(model).__name__} has no structured-output method {output.method!r} that llm-strategy knows of. "
        f"Use method={known!r} or method='prompt'."
    )
