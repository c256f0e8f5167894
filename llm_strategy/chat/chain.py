"""A conversation that can be continued, branched and handed to an LLM function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypedDict, TypeVar, Unpack, cast

from llm_strategy.chat.ask import Question, ask
from llm_strategy.chat.distrusted import distrusted_answer, distrusted_turn
from llm_strategy.chat.fallback import asked
from llm_strategy.chat.reading import read_text, reader_for, said
from llm_strategy.chat.resolve import resolve
from llm_strategy.errors import InputError
from llm_strategy.flow import ChatRequest, Method, Sampling, arun, run
from llm_strategy.messages import Message
from llm_strategy.prompt import StructuredPrompt, Templates
from llm_strategy.prompt.untrusted import untrusted_turn
from llm_strategy.schema import distrust, is_untrusted, output_schema
from llm_strategy.schema.fenced import fence_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.messages import BaseMessage

    from llm_strategy.chat.resolve import ModelLike
    from llm_strategy.flow import Flow
    from llm_strategy.schema import OutputSchema

__all__ = ["ChatChain"]

T = TypeVar("T")

Turns: TypeAlias = "str | Message | BaseMessage | Iterable[str | Message | BaseMessage]"

_BARE = Templates(task="{instruction}")
_OF_DATA = "Give the value that is found in the data."
"""Instead of a question that somebody has written who is not trusted."""


class SamplingOptions(TypedDict, total=False):
    """How one reply is drawn, where it differs from the chain's own way."""

    temperature: float | None
    """0 for the most likely reply, above for variety."""
    max_tokens: int | None
    """Upper limit of the reply, in tokens."""
    seed: int | None
    """Makes a draw repeatable, where the model can."""


@dataclass(frozen=True, slots=True)
class ChatChain:
    """An immutable conversation with a model.

    Every query returns a new chain; the old one can be continued in another direction, so branching is nothing but
    using it again.

    >>> from llm_strategy.testing import ScriptedModel
    >>> chain = ChatChain(ScriptedModel(["Goethe.", "In 1749."]))
    >>> author, chain = chain.query("Who wrote Faust?")
    >>> born, chain = chain.query("When was he born?")
    >>> author, born, len(chain.messages)
    ('Goethe.', 'In 1749.', 4)
    """

    model: ModelLike | None = None
    """Who is asked; None takes the default model."""
    messages: tuple[Message, ...] = ()
    """The conversation so far, oldest first."""
    sampling: Sampling = field(default_factory=Sampling)
    """How replies are drawn."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "messages", _turns(cast("Turns", self.messages)))

    @property
    def response(self) -> str:
        """The text of the last turn."""
        return self.messages[-1].content if self.messages else ""

    def append(self, turns: Turns) -> ChatChain:
        """Return the chain with turns added: texts (of the caller), our messages or langchain's.

        Raises:
            InputError: something is no turn, or a turn that the model is to read holds something else than text.
        """
        return replace(self, messages=(*self.messages, *_turns(turns)))

    def __add__(self, turns: Turns) -> ChatChain:
        return self.append(turns)

    def branch(self) -> ChatChain:
        """Return a chain that continues from here on its own."""
        return replace(self)

    def query(self, question: str, **sampling: Unpack[SamplingOptions]) -> tuple[str, ChatChain]:
        """Ask in plain text; return the reply and the chain that holds it.

        Raises:
            NoModelError: there is no model.
            ReplyError: the model declined, said nothing, or was cut off.
            TransportError: no reply came.
        """
        return run(self._query(question, sampling))

    async def aquery(self, question: str, **sampling: Unpack[SamplingOptions]) -> tuple[str, ChatChain]:
        """Ask in plain text, without blocking the event loop; see `query`."""
        return await arun(self._query(question, sampling))

    def structured_query(
        self, question: str, return_type: type[T], *, method: Method | None = None, attempts: int = 3
    ) -> tuple[T, ChatChain]:
        """Ask for a value of a type; return it and the chain that holds the question and the reply.

        Raises:
            DefinitionError: the type cannot be asked for.
            NoModelError: there is no model.
            AttemptsExhaustedError: no reply held a value of the type.
            ReplyError: the model declined.
            TransportError: no reply came.
        """
        return run(self._structured(question, return_type, method, attempts))

    async def astructured_query(
        self, question: str, return_type: type[T], *, method: Method | None = None, attempts: int = 3
    ) -> tuple[T, ChatChain]:
        """Ask for a value of a type, without blocking the event loop; see `structured_query`."""
        return await arun(self._structured(question, return_type, method, attempts))

    def _query(self, question: str, sampling: SamplingOptions) -> Flow[tuple[str, ChatChain]]:
        messages = (*self.messages, _turn(question))
        draw = replace(self.sampling, **sampling)
        reply = yield from asked(ChatRequest(resolve(self.model), messages, sampling=draw))
        text, turn = read_text(reply), said(reply)
        if is_untrusted(messages):
            text, turn = distrust(text), distrusted_turn(turn)
        return text, replace(self, messages=(*messages, turn))

    def _structured(
        self, question: str, return_type: type[T], method: Method | None, attempts: int
    ) -> Flow[tuple[T, ChatChain]]:
        output: OutputSchema[T] = output_schema(return_type, where="the type of a structured query")
        inputs = {"question": question} if is_untrusted(question) else {}
        prompt = StructuredPrompt(
            signature="",
            instruction=_OF_DATA if inputs else question,
            output=output,
            inputs=inputs,
            untrusted=frozenset(inputs),
            templates=_BARE,
            fence=fence_of(return_type),
            history=self.messages,
        )
        answer = yield from ask(
            Question(
                where="ChatChain.structured_query",
                model=resolve(self.model),
                prompt=prompt,
                reader=reader_for(output),
                attempts=attempts,
                method=method,
                sampling=self.sampling,
            )
        )
        if prompt.is_untrusted:
            answer = distrusted_answer(answer, return_type)
        return answer.value, replace(self, messages=answer.messages)


def _turns(turns: Turns) -> tuple[Message, ...]:
    if _is_one(turns) or not hasattr(turns, "__iter__"):
        return (_turn(turns),)
    return tuple(_turn(turn) for turn in cast("Iterable[str | Message | BaseMessage]", turns))


def _is_one(turns: object) -> bool:
    """Whether this is a turn by itself; texts and langchain's messages can be iterated over as well."""
    return isinstance(turns, str | Message | Mapping) or hasattr(turns, "content")


def _turn(turn: object) -> Message:
    if isinstance(turn, Message):
        return turn
    if isinstance(turn, str):
        return untrusted_turn(turn) if is_untrusted(turn) else Message.user(turn)
    from langchain_core.messages import BaseMessage

    from llm_strategy.chat.transcript import from_langchain

    if isinstance(turn, BaseMessage):
        return from_langchain(turn)
    raise InputError(
        f"{turn!r} is no turn of a conversation. Append a text, a llm_strategy.Message or a langchain message."
    )
