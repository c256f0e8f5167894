"""Tool calls of models that write them as text.

A model is shown its tools in the system message and answers a call as a JSON object {"name", "arguments"}: in
`<tool_call>` tags, in a code fence, or bare. The runtime does not read any of them; this file does.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["CallReader", "ReadCall", "calls_schema", "chosen_tools", "tool_names"]

_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```(?:json|tool_call|xml)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_MARKS = ("<tool_call>", "```", "{", "[")


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

    names: Sequence[str]
    """Tools on offer."""
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
        found = list(self._found(self.held))
        if not found:
            return self.held, []
        before = self.held[: min(start for start, _ in found)].rstrip()
        return before, [call for _, call in found]

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

    def _found(self, text: str) -> Iterator[tuple[int, ReadCall]]:
        for pattern in (_TAGGED, _FENCED):
            # In tags it is meant as a call, also of a tool that does not exist: the caller tells the model so.
            names = None if pattern is _TAGGED else self.names
            calls = [(match.start(), call) for match in pattern.finditer(text) for call in _calls(match[1], names)]
            if calls:
                yield from calls
                return
        bare = text.strip()
        if bare.startswith(("{", "[")):
            yield from ((0, call) for call in _calls(bare, self.names))


def _calls(text: str, names: Sequence[str] | None) -> Iterator[ReadCall]:
    """Calls in the JSON `text`; only those of tools in `names`, if given."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return
    for item in cast("list[object]", value) if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        call = cast("dict[str, Any]", item)
        name, arguments = call.get("name"), call.get("arguments", call.get("parameters", {}))
        if isinstance(name, str) and (names is None or name in names) and isinstance(arguments, dict):
            yield ReadCall(name, json.dumps(arguments, ensure_ascii=False), f"call_{uuid.uuid4().hex[:24]}")
