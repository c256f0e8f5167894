"""Tools of langchain as tools of ours; they are known by their class, so that nobody imports langchain for it.

Covered: arguments as pydantic models (of either version) and as JSON schema, tools of one text, sync and async ones,
what a tool makes of its own errors (`ToolException`, `handle_tool_error`), `content_and_artifact` (the content is the
value). Arguments that a model is not told of, such as `InjectedToolArg`, are left out: the program gives them as
`fixed`. Not covered: `InjectedToolCallId`, since code that calls a tool has no such id; callbacks of a run around it.
"""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from llm_strategy.errors import DefinitionError
from llm_strategy.schema import output_schema
from llm_strategy.schema.json_data import is_object
from llm_strategy.tools.origin import Origin
from llm_strategy.tools.rules import Rules
from llm_strategy.tools.schema_arguments import arguments_model, schema_reader
from llm_strategy.tools.signature import ToolSignature
from llm_strategy.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from llm_strategy.schema import OutputSchema

__all__ = ["is_langchain_tool", "langchain_tool"]

_TEXT: dict[str, Any] = {"type": "object", "properties": {"tool_input": {"type": "string"}}, "required": ["tool_input"]}


def is_langchain_tool(given: object) -> bool:
    """Return whether something is a tool of langchain."""
    return "BaseTool" in _parents(given)


def langchain_tool(given: Any, rules: Rules, fixed: Mapping[str, Any]) -> Tool[..., Any]:
    """Return a tool that calls one of langchain.

    Raises:
        DefinitionError: it has no description, or an argument that neither a model nor the program gives.
    """
    where = f"{type(given).__module__}.{type(given).__qualname__} {given.name!r}"
    description = rules.description or str(given.description or "")
    if not description.strip():
        raise DefinitionError(f"Tool {where} has no description, and the model would not know what it is for. Add one.")
    schema = _TEXT if _takes_text(given) else given.tool_call_schema
    signature = _signature(given, schema, fixed, where)
    whole = Rules(rules.name or str(given.name), description, rules.accepts_untrusted, rules.needs_approval)
    function = _sync(given, fixed) if _is_sync(given) else _async(given, fixed)
    awaited = _async(given, fixed) if _is_async(given) else None
    return Tool(function, whole, origin=Origin(where, signature, None, awaited, None if fixed else given))


def _signature(given: Any, schema: Any, fixed: Mapping[str, Any], where: str) -> ToolSignature:
    _check_injected(given, schema, fixed, where)
    model = _model(schema)
    if model is not None and not fixed:
        arguments: OutputSchema[BaseModel] = output_schema(model, where=f"arguments of {where}")
        return ToolSignature(arguments, _names(model), (), frozenset(), _value(given), {}, given_only=True)
    data: dict[str, Any] = schema if is_object(schema) else model.model_json_schema() if model else schema.schema()
    shown = _without(data, fixed)
    made = arguments_model(str(given.name), shown)
    return ToolSignature(
        output_schema(made, where=f"arguments of {where}"),
        _names(made),
        (),
        frozenset(),
        _value(given),
        {},
        given_only=True,
        schema=shown,
        reader=schema_reader(shown, made),
    )


def _model(schema: Any) -> type[BaseModel] | None:
    """Return a schema that is a model of this version of pydantic."""
    return schema if isinstance(schema, type) and issubclass(schema, BaseModel) else None


def _names(model: type[BaseModel]) -> dict[str, str]:
    return {(one.alias or name): name for name, one in model.model_fields.items()}


def _without(schema: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: one for name, one in schema.get("properties", {}).items() if name not in fixed}
    left = {name: one for name, one in schema.items() if name not in {"title", "description", "required"}}
    needed = [name for name in schema.get("required", ()) if name not in fixed]
    return {**left, "properties": kept, **({"required": needed} if needed else {})}


def _check_injected(given: Any, schema: Any, fixed: Mapping[str, Any], where: str) -> None:
    """Check that the program gives what a model is not told of."""
    if is_object(schema) or not isinstance(schema, type):
        return
    full: Any = given.get_input_schema()
    told: Any = getattr(schema, "model_fields", {})
    for name, one in getattr(full, "model_fields", {}).items():
        if name not in told and name not in fixed and one.is_required():
            raise DefinitionError(
                f"Tool {where} needs {name!r}, which no model is told of. Give it: "
                f"as_tool(..., fixed={{{name!r}: ...}})."
            )


def _takes_text(given: Any) -> bool:
    """Whether it is a tool of one text without a schema."""
    return given.args_schema is None and "langchain_core.tools.simple.Tool" in _full_names(given)


def _is_sync(given: Any) -> bool:
    return not (hasattr(given, "coroutine") and given.coroutine is not None and getattr(given, "func", None) is None)


def _is_async(given: Any) -> bool:
    if hasattr(given, "coroutine"):
        return given.coroutine is not None
    own = next(one for one in type(given).__mro__ if "_arun" in vars(one))
    return own.__name__ != "BaseTool"


def _value(given: Any) -> Any:
    """The type of the value, where the function behind the tool says so, and its value is what comes."""
    function = getattr(given, "func", None) or getattr(given, "coroutine", None)
    if function is None or given.response_format != "content" or given.handle_tool_error:
        return Any
    try:
        return typing.get_type_hints(function, include_extras=True).get("return", Any)
    except Exception:  # noqa: BLE001 (its annotations mean nothing here: any value is one)
        return Any


def _input(given: Any, arguments: Mapping[str, Any], fixed: Mapping[str, Any]) -> Any:
    return next(iter(arguments.values()), "") if _takes_text(given) else {**arguments, **fixed}


def _sync(given: Any, fixed: Mapping[str, Any]) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        return given.invoke(_input(given, arguments, fixed))

    return call


def _async(given: Any, fixed: Mapping[str, Any]) -> Callable[..., Awaitable[Any]]:
    async def call(**arguments: Any) -> Any:
        return await given.ainvoke(_input(given, arguments, fixed))

    return call


def _parents(given: object) -> set[str]:
    return {one.__name__ for one in type(given).__mro__ if one.__module__.startswith("langchain_core.tools")}


def _full_names(given: object) -> set[str]:
    return {f"{one.__module__}.{one.__qualname__}" for one in inspect.getmro(type(given))}
