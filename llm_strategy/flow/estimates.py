"""How many tokens a request may cost, before anybody knows.

Of prompts, an upper bound: no tokenizer of text makes more tokens than there are bytes. Where a prompt begins with the
same text as an earlier one of the same model, what the provider counted for that one is known, and only the rest is
counted by bytes. Prompts of one function differ in their inputs, which come last, so the bound is close from the second
call on.

Covered: text, the schema that is sent along, the marks between messages. Not covered: what providers count for images,
sound and files (a fixed number is assumed for each), and hidden prompts of their own, until the first reply tells.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from llm_strategy.flow.codec import json_of
from llm_strategy.flow.exclusive import Exclusive
from llm_strategy.flow.model import form_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llm_strategy.flow.model import OutputFormat
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Message, Usage

__all__ = ["FIRST_REPLY", "Estimates", "bytes_of", "prompt_bound"]

_MARKS: Final = 16
"""Tokens that stand around a message, at most."""
_ATTACHMENT: Final = 2_000
"""Tokens that are assumed for an image, a sound or a file."""
FIRST_REPLY: Final = 1_024
"""Tokens that are assumed for a reply while no reply of the model is known."""
_SHORTEST_REPLY: Final = 64
_REMEMBERED: Final = 4
"""How many prompts of a model are compared with a new one."""
_KEPT_CHARACTERS: Final = 65_536
"""How much of a prompt is kept to compare with."""
_FORMS: Final = 64
"""How many models, with different forms of reply, are remembered."""
_PIECE: Final = "\x01"
"""Stands for an image, a sound or a file; in a text it only makes the bound wider."""


def bytes_of(text: str) -> int:
    """Return the length of a text in bytes; lone surrogates have some, too, here."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


_Form: TypeAlias = tuple[str, str, str]


def prompt_bound(request: ChatRequest) -> int:
    """Return how many tokens a prompt has, at most, where nothing was learned yet."""
    output = request.output
    schema = bytes_of(_schema_text(output)) + _MARKS if output.schema is not None or output.tools else 0
    return _tokens(_text(request)) + schema


@dataclass(slots=True)
class _Known:
    """What was learned of a model, asked for replies of one form."""

    prompts: OrderedDict[str, int] = field(default_factory=OrderedDict[str, int])
    longest_reply: int = 0


class Estimates:
    """Learns from the bills of replies what the next ones may cost. Safe to use from any thread.

    >>> from llm_strategy.flow import ChatRequest
    >>> from llm_strategy.messages import Message, Usage
    >>> class Model:
    ...     name = "m"
    >>> request = ChatRequest(Model(), (Message.user("Who wrote Faust?"),))
    >>> estimates = Estimates()
    >>> estimates.prompt(request), estimates.reply(request)
    (38, 1024)
    >>> estimates.learn(request, Usage(input_tokens=12, output_tokens=40))
    >>> estimates.prompt(request), estimates.reply(request)
    (12, 80)
    """

    def __init__(self) -> None:
        self._known: OrderedDict[_Form, _Known] = OrderedDict()
        self._schemas: dict[int, tuple[Mapping[str, Any], str, int]] = {}
        self._one = Exclusive()

    def prompt(self, request: ChatRequest) -> int:
        """Return how many tokens the prompt has, at most."""
        text = _text(request)
        form, schema = self._form(request)
        earlier = self._one.run(lambda: list(self._of(form).prompts.items()))
        bound = _tokens(text) + schema
        for other, tokens in earlier:
            if other == text:
                return tokens
            shared = _shared(text, other)
            if shared:
                bound = min(bound, tokens + _tokens(text[shared:]) + _MARKS)
        return bound

    def reply(self, request: ChatRequest) -> int:
        """Return how many tokens a reply may well have: twice the longest so far."""
        form, _ = self._form(request)
        longest = self._one.run(lambda: self._of(form).longest_reply)
        return max(_SHORTEST_REPLY, 2 * longest) if longest else FIRST_REPLY

    def learn(self, request: ChatRequest, usage: Usage) -> None:
        """Learn from what a reply cost."""
        text = _text(request)[:_KEPT_CHARACTERS]
        form, _ = self._form(request)
        self._one.soon(lambda: self._learn(form, text, usage))

    def _of(self, form: _Form) -> _Known:
        return self._known.get(form) or _Known()

    def _learn(self, form: _Form, text: str, usage: Usage) -> None:
        known = self._known.setdefault(form, _Known())
        self._known.move_to_end(form)
        known.longest_reply = max(known.longest_reply, usage.output_tokens)
        if usage.input_tokens:
            known.prompts[text] = usage.input_tokens
            known.prompts.move_to_end(text)
        if len(known.prompts) > _REMEMBERED:
            known.prompts.popitem(last=False)
        if len(self._known) > _FORMS:
            self._known.popitem(last=False)

    def _form(self, request: ChatRequest) -> tuple[_Form, int]:
        """What prompts are compared within, and the tokens that the schema has, at most."""
        output = request.output
        if output.tools:
            text = _schema_text(output)
            return (request.model.name, output.method, _digest(text)), bytes_of(text) + _MARKS * len(output.tools)
        if output.schema is None:
            return (request.model.name, output.method, ""), 0
        known = self._schemas.get(id(output.schema))  # no lock: what is lost between threads is made again
        if known is None or known[0] is not output.schema:
            text = _schema_text(output)
            known = (output.schema, _digest(text), bytes_of(text) + _MARKS)  # with the schema: it keeps its id
            if len(self._schemas) >= _FORMS:
                self._schemas.clear()
            self._schemas[id(output.schema)] = known
        return (request.model.name, output.method, known[1]), known[2]


def _schema_text(output: OutputFormat) -> str:
    text = "" if output.schema is None else json_of(output.schema) + output.name + output.description
    return text + json_of(form_data(output)["tools"]) if output.tools else text


def _text(request: ChatRequest) -> str:
    return "".join(part for message in request.messages for part in _parts(message))


def _parts(message: Message) -> Iterator[str]:
    yield f"{message.role}\0{message.content}"
    for call in message.tool_calls:
        yield f"\0{call.name}\0{call.arguments}"
    for attachment in message.attachments:
        yield f"{_PIECE}{sha256(attachment.data).hexdigest() if attachment.data else attachment.url}"
    yield "\0"


def _tokens(text: str) -> int:
    return bytes_of(text) + _MARKS * text.count("\0") // 2 + _ATTACHMENT * text.count(_PIECE)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def _shared(text: str, other: str) -> int:
    """The length of what two texts begin with, found by halves: comparing slices is far faster than characters."""
    low, high = 0, min(len(text), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if text[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
