"""The seam between a flow and a chat model: what a driver may ask of one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Chunk, Reply

__all__ = ["ChatModel", "Method", "OutputFormat", "Profile", "Sampling", "ToolSpec", "form_data", "keeps_time"]

Method = Literal["json_schema", "tool", "json_object", "prompt", "grammar"]
"""How a typed value is asked for.

`json_schema`: the provider's structured output; `tool`: the arguments of one forced tool call; `json_object`: JSON mode
with the schema in the prompt; `prompt`: the schema in the prompt only; `grammar`: constrained decoding in the runtime.
"""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model draws its tokens; None leaves the model's own setting."""

    temperature: float | None = None
    """0 for the most likely reply, above for variety."""
    max_tokens: int | None = None
    """Upper limit of the reply, in tokens."""
    seed: int | None = None
    """Makes a draw repeatable, where the model can."""

    def arguments(self) -> dict[str, Any]:
        """Return the settings that differ from the model's own, by name."""
        named = {"temperature": self.temperature, "max_tokens": self.max_tokens, "seed": self.seed}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model is told of it."""

    name: str
    """The name that the model calls it by."""
    description: str = ""
    """What it is for."""
    schema: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON schema of its arguments, an object by their names."""
    strict: bool = False
    """Whether the provider is to enforce the schema exactly; there are schemas, and servers, that do not allow it."""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """The channel and the schema of the reply that is asked for, and the tools that may be called instead."""

    method: Method = "prompt"
    """How the value is asked for."""
    name: str = ""
    """Name of the schema, or of the tool."""
    description: str = ""
    """What the value is; shown by the `tool` method."""
    schema: Mapping[str, Any] | None = None
    """JSON schema of the reply, where the method sends one."""
    strict: bool = False
    """Whether the provider is to enforce the schema exactly."""
    tools: tuple[ToolSpec, ...] = ()
    """Tools that the model may call; with the `tool` method, that of the value stands among them."""
    must_call: bool = False
    """Whether it has to call one of them; so it has with the `tool` method."""


def form_data(output: OutputFormat) -> dict[str, Any]:
    """Return a form as JSON data, without what is empty.

    >>> form_data(OutputFormat(tools=(ToolSpec("now", "The time."),)))
    {'method': 'prompt', 'tools': [{'name': 'now', 'description': 'The time.'}]}
    """
    data = _filled(output, _FORM)
    return {**data, "tools": [_filled(tool, _TOOL) for tool in output.tools]} if output.tools else data


def _filled(value: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: content for name in names if (content := getattr(value, name))}


_FORM = tuple(one.name for one in fields(OutputFormat))
_TOOL = tuple(one.name for one in fields(ToolSpec))


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model can do, best first."""

    methods: tuple[Method, ...] = field(default=("prompt",))
    """Structured-output methods, in order of preference."""
    media: tuple[str, ...] | None = None
    """What it takes besides text: `image`, `audio`, `file`; None where that is not known."""
    addresses: tuple[str, ...] | None = None
    """What of that it takes by an address that its provider fetches; None where that is not known."""


@runtime_checkable
class ChatModel(Protocol):
    """A chat model as a driver sees it.

    `reply` and `areply` give the same answer to the same request, as do the streams. They raise `TransportError` when
    no reply comes, `UnsupportedError` where the server turns the form of the output down, and never a `ReplyError`:
    what a reply means is the flow's business.
    """

    @property
    def name(self) -> str:
        """What errors and traces call the model; never a secret."""
        ...

    @property
    def profile(self) -> Profile:
        """What the model can do."""
        ...

    def reply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError, UnsupportedError."""
        ...

    async def areply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError, UnsupportedError."""
        ...

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Answer piece by piece; closing the iterator ends the reply. Raises TransportError, UnsupportedError."""
        ...

    def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece; closing the iterator ends the reply. Raises TransportError, UnsupportedError."""
        ...


def keeps_time(model: ChatModel) -> bool:
    """Return whether a model ends its replies by itself when the `timeout` of the request is over.

    A `ChatModel` says so by an attribute `keeps_time`. The calls of any other one run in a thread that is abandoned
    then, where there is a limit.
    """
    return getattr(model, "keeps_time", False) is True
