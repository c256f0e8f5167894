"""A typed question, rendered as messages: what never changes first, the inputs last.

Provider prompt caches and the KV cache of a local model are reused from call to call for as long as a prompt begins the
same way; so the instruction, the schema and the examples of a function come first, and only its inputs differ.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.flow import OutputFormat
from llm_strategy.messages import Message
from llm_strategy.prompt.inputs import fenced, rendered_inputs
from llm_strategy.prompt.media import Numbering, media_of
from llm_strategy.prompt.templates import Templates
from llm_strategy.prompt.untrusted import fence_for, untrusted_block
from llm_strategy.schema import is_untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.flow import Method
    from llm_strategy.messages import Attachment
    from llm_strategy.schema import OutputSchema
    from llm_strategy.schema.fenced import Fence

__all__ = ["Shown", "StructuredPrompt"]

T = TypeVar("T")

_WITH_SCHEMA = frozenset({"json_schema", "tool"})
"""Methods that send the type of the value beside the prompt."""


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """An example of a call: inputs ready for JSON, and the value that they should give."""

    inputs: Mapping[str, Any]
    """Argument values by name, as JSON-able data."""
    value: T
    """The value of the declared type."""
    reasoning: str = ""
    """The steps that lead to it, for methods that ask for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredPrompt(Generic[T]):
    """Everything that a model is told in order to give one value of type `T`."""

    signature: str
    """The function as it is shown: name, parameters and types."""
    instruction: str
    """The docstring."""
    output: OutputSchema[T]
    """The declared type, with its schema."""
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Argument values by name, as JSON-able data."""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    """Descriptions of parameters, by name."""
    examples: tuple[Shown[T], ...] = ()
    """Calls with their values, shown before the inputs."""
    templates: Templates = field(default_factory=Templates)
    """The wording around all of it."""
    fence: Fence | None = None
    """Set where the value is asked for as a fenced block."""
    history: tuple[Message, ...] = ()
    """The conversation that this prompt continues."""
    untrusted: frozenset[str] = frozenset()
    """Names of inputs that come from somebody who is not trusted: each one is shown in a block of its own."""

    @property
    def is_untrusted(self) -> bool:
        """Whether anything that the model is shown comes from somebody who is not trusted."""
        return bool(self.untrusted) or is_untrusted(self.history)

    @property
    def media(self) -> tuple[tuple[str, Attachment], ...]:
        """What a model is shown besides text, with the names of the arguments."""
        shown = (
            one for inputs in (*(example.inputs for example in self.examples), self.inputs) for one in media_of(inputs)
        )
        return tuple(shown)

    def messages(self, method: Method) -> tuple[Message, ...]:
        """Return the conversation that asks for the value by `method`."""
        preamble = self._preamble(method)
        if not self.inputs and not self.examples:
            return (*self.history, Message.user(preamble))
        numbering = Numbering.behind(self.history)
        shown = self._shown(numbering)
        inputs, attachments = numbering.placed(self.inputs)
        fences = (fence_for(inputs),) if self.untrusted else ()
        last = Message("user", self._turn(inputs, *fences), attachments=attachments, fences=fences)
        turns = (*shown, last)
        if not self.history:
            return (Message.system(preamble), *turns)
        return (*self.history, replace(turns[0], content=f"{preamble}\n\n{turns[0].content}"), *turns[1:])

    def form(self, method: Method) -> OutputFormat:
        """Return the channel and the schema that `method` asks for the value by."""
        if self.fence is not None or method == "prompt":
            return OutputFormat("prompt")
        if method == "json_object":
            return OutputFormat(method)
        strict = self.output.strict_schema() if method == "json_schema" else None
        schema = self.output.wrapped_schema if strict is None else strict
        return OutputFormat(method, self.output.name, "", schema, strict=strict is not None)

    def _preamble(self, method: Method) -> str:
        texts = self.templates
        act = "" if self.fence is None and method in _WITH_SCHEMA else texts.act
        parts = [texts.task.format(act=act, signature=self.signature, instruction=self.instruction)]
        if self.parameters:
            lines = "\n".join(f"- {name}: {text}" for name, text in self.parameters.items())
            parts.append(texts.parameters.format(parameters=lines))
        parts.extend(self._form_words(method))
        return "\n\n".join(part for part in parts if part)

    def _form_words(self, method: Method) -> tuple[str, ...]:
        texts = self.templates
        if self.fence is not None:
            return (texts.verbatim if self.fence.whole else texts.fenced.format(language=self.fence.language),)
        if method == "json_schema":
            return ()
        if method == "tool":
            return (texts.tool.format(name=self.output.name),)
        return (texts.schema.format(schema=self.output.compact),)

    def _shown(self, numbering: Numbering) -> tuple[Message, ...]:
        turns: list[Message] = []
        for example in self.examples:
            inputs, attachments = numbering.placed(example.inputs)
            turns.append(Message("user", self._turn(inputs), attachments=attachments))
            turns.append(Message.assistant(self.reply_for(example.value)))
        return tuple(turns)

    def _turn(self, inputs: Mapping[str, Any], fence: str = "data-example") -> str:
        def block(value: Any) -> str:
            return f" {self.templates.untrusted.format(fence=fence)}\n{untrusted_block(value, fence)}"

        return rendered_inputs(inputs, dict.fromkeys(self.untrusted, block)) or self.templates.no_inputs

    def reply_for(self, value: T) -> str:
        """Return the reply that a model should give for `value`. Raises InputError where it is no JSON data."""
        if self.fence is not None:
            return str(value) if self.fence.whole else fenced(str(value), self.fence.language)
        return json.dumps(self.output.dump(value), ensure_ascii=False)
