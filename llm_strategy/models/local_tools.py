"""Tool calls of models that write them as text.

A model is shown its tools in the system message and answers a call as a JSON object {"name", "arguments"}: in
`<tool_call>` tags, in a code fence, or bare. The runtime does not read any of them; `parsing.calls` does.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import UnsupportedError
from llm_strategy.parsing.calls import calls_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["CallReader", "ReadCall", "calls_schema", "chosen_tools", "tool_names", "tool_parameters"]

_MARKS = ("<tool_call>", "<function=", "```", "{", "[")
"""What may begin a call; a bracket does only at the beginning of a reply."""

_NONE: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ReadCall:
    """One call found in a reply."""

    name: str
    arguments: str
    """JSON text of the arguments."""
    id: str


def tool_names(tools: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of `tools`, given in OpenAI's form."""
    return [str(tool["function"]["name"]) for tool in tools]


def tool_parameters(tools: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Names of `tools`, given in OpenAI's form, with those of their parameters."""
    functions: list[dict[str, Any]] = [tool["function"] for tool in tools]
    schemas: dict[str, dict[str, Any]] = {str(one["name"]): one.get("parameters") or _NONE for one in functions}
    return {name: tuple(schema.get("properties", ())) for name, schema in schemas.items()}


def chosen_tools(choice: object, tools: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return the tools one of which *must* be called under `choice`; empty if the model is free.

    Args:
        choice: None, "auto", "none", "any", "required", True, a tool's name, or OpenAI's object with a name.
        tools: the tools on offer.

    Raises:
        UnsupportedError: `choice` names no tool on offer.
    """
    if choice in (None, False, "auto", "none"):
        return ()
    if choice in (True, "any", "required"):
        return tuple(tools)
    wanted = cast("dict[str, Any]", choice) if isinstance(choice, dict) else {}
    name: object = choice if isinstance(choice, str) else wanted.get("function", {}).get("name")
    named = tuple(tool for tool in tools if tool["function"]["name"] == name)
    if not named:
        raise UnsupportedError(f"tool_choice is {choice!r}, and the tools are {tool_names(tools)}. Name one of them.")
    return named


def calls_schema(tools: Sequence[Mapping[str, Any]], answer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """JSON schema of one call to one of `tools`, or else of an `answer`; local references stay reachable."""
    branches: list[dict[str, Any]] = []
    definitions: dict[str, Any] = {}
    for place, tool in enumerate(tools):
        parameters = _relocated(tool["function"].get("parameters") or {"type": "object"}, f"#/$defs/tool{place}")
        definitions[f"tool{place}"] = parameters
        branches.append(
            {
                "type": "object",
                "properties": {
                    "name": {"const": tool["function"]["name"]},
                    "arguments": {"$ref": f"#/$defs/tool{place}"},
                },
                "required": ["name", "arguments"],
                "additionalProperties": False,
            }
        )
    if answer is not None:
        definitions["answer"] = _relocated(dict(answer), "#/$defs/answer")
        branches.append({"$ref": "#/$defs/answer"})
    return {"anyOf": branches, "$defs": definitions}


def _relocated(schema: Any, root: str) -> Any:
    """`schema` with its references pointing below `root`, where it is going to stand."""
    if isinstance(schema, list):
        return [_relocated(item, root) for item in _any_list(schema)]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{root}{value[1:]}" if key == "$ref" and isinstance(value, str) else _relocated(value, root)
        for key, value in cast("dict[str, Any]", schema).items()
    }


def _any_list(value: Any) -> list[Any]:
    return list(value)


@dataclass(slots=True)
class CallReader:
    """Split a reply into text for the reader and calls, while it is being written.

    Text flows through until something starts that may be a call; from there on it is held back to the end, because
    only then it is known for what it is.

    >>> reader = CallReader(("add",))
    >>> reader.feed("Sure. "), reader.feed('<tool_call>{"name": "add", '), reader.feed('"arguments": {"a": 1}}')
    ('Sure. ', '', '')
    >>> text, calls = reader.finish()
    >>> text, calls[0].name, calls[0].arguments
    ('', 'add', '{"a": 1}')
    """

    names: Collection[str]
    """Tools on offer, maybe with the names of their parameters."""
    held: str = ""
    _holding: bool = False
    _passed: list[str] = field(default_factory=list[str])

    def feed(self, text: str) -> str:
        """Take the next piece of the reply; return what can be shown now."""
        self.held += text
        if self._holding:
            return ""
        start, self._holding = self._hold_from()
        shown, self.held = self.held[:start], self.held[start:]
        self._passed.append(shown)
        return shown

    def finish(self) -> tuple[str, list[ReadCall]]:
        """Return the text still to be shown, and the calls of the whole reply."""
        found = calls_in(self.held, self.names)
        return found.text, [
            ReadCall(call.name, call.arguments, f"call_{uuid.uuid4().hex[:24]}") for call in found.calls
        ]

    def _hold_from(self) -> tuple[int, bool]:
        """Where holding back starts, and whether a mark is complete there (it may still be growing)."""
        for place in range(len(self.held)):
            rest = self.held[place:]
            is_bare = rest[0] in "{["
            if is_bare and not self._starts_reply(place):
                continue
            if rest.startswith(_MARKS):
                return place, True
            if any(mark.startswith(rest) for mark in _MARKS):
                return place, False
        return len(self.held), False

    def _starts_reply(self, place: int) -> bool:
        return not "".join(self._passed).strip() and not self.held[:place].strip()
