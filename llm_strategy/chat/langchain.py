"""A langchain chat model as a `ChatModel`."""

from __future__ import annotations

from contextlib import aclosing, closing, contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast
from weakref import finalize

from llm_strategy.chat.calls import CallsSoFar
from llm_strategy.chat.clients import clients_of
from llm_strategy.chat.dialect import dialect_of
from llm_strategy.chat.direct import adirect_way, direct_way
from llm_strategy.chat.failures import (
    concerns_schema,
    declines_bill,
    no_reply,
    tellable,
    told,
    turns_form_down,
    turns_media_down,
)
from llm_strategy.chat.http import Guard, guarding
from llm_strategy.chat.identity import langchain_identity
from llm_strategy.chat.quiet import quiet
from llm_strategy.chat.transcript import chunks_of, reply_of, to_langchain
from llm_strategy.errors import LLMStrategyError, UnsupportedError
from llm_strategy.flow import Profile

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

    from llm_strategy.flow import ChatRequest, Method, OutputFormat
    from llm_strategy.messages import Chunk, Reply

__all__ = ["LangchainChat"]

Declined: TypeAlias = "Method | Literal['bill']"
_TURNED_DOWN: dict[int, set[Declined]] = {}
"""What the servers behind models have turned down, by the id of the model: structured-output methods, and telling what
a stream costs. Kept apart from the adapters: an adapter holds its model, so a lasting table of adapters would keep
every model alive."""


class _BillDeclinedError(Exception):
    """The server streams, and does not tell what that costs."""


class LangchainChat:
    """Answers requests with a langchain chat model.

    Which structured-output methods the server behind the model has turned down is remembered for as long as the model
    lives, so that a method is tried in vain only once.
    """

    def __init__(self, model: BaseChatModel) -> None:
        self.model = model
        """The langchain model."""
        self._dialect = dialect_of(model)
        self._turned_down = _turned_down_by(model)

    @property
    def name(self) -> str:
        """The model's own name where it has one, else its class."""
        own = getattr(self.model, "model_name", None) or getattr(self.model, "model", None)
        return own if isinstance(own, str) and own else type(self.model).__name__

    @property
    def provider(self) -> str:
        """Who answers, as traces name it: taken from the package of the model's class."""
        module = type(self.model).__module__
        return "llm_strategy.local" if module.startswith("llm_strategy.models.local") else _provider(module)

    @property
    def identity(self) -> dict[str, Any]:
        """What tells the model with its settings from others: part of the keys of caches and journals."""
        return langchain_identity(self.model)

    @property
    def profile(self) -> Profile:
        """What the model can do, without what its server has turned down."""
        known = self._dialect.profile
        return Profile(
            tuple(way for way in known.methods if way not in self._turned_down), known.media, known.addresses
        )

    @property
    def account(self) -> str:
        """What the provider counts together: a hash that tells neither the key nor the address; "" for this object."""
        clients = clients_of(self.model)
        return f"{clients.account}:{self.name}" if clients else ""

    @property
    def lasting(self) -> object:
        """What lives on when this adapter is gone."""
        return self.model

    @property
    def max_tokens(self) -> int | None:
        """Upper limit of a reply by the model's own setting, under whatever name its class has for it."""
        own = (getattr(self.model, name, None) for name in ("max_tokens", "max_output_tokens", "num_predict"))
        return next((limit for limit in own if isinstance(limit, int) and limit > 0), None)

    @property
    def keeps_time(self) -> bool:
        """Whether a request ends by itself when its time is over, wherever a thread is blocked."""
        clients = clients_of(self.model)
        return clients is not None and clients.keeps_time

    def reply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError, UnsupportedError."""
        with self._asked(request) as guard, guarding(guard):
            messages, arguments = to_langchain(request.messages), self._arguments(request)
            way = direct_way(self.model, messages, arguments)
            return way.reply() if way else reply_of(self._lent().invoke(messages, **arguments))

    async def areply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises TransportError, UnsupportedError."""
        with self._asked(request) as guard, guarding(guard):
            messages, arguments = to_langchain(request.messages), self._arguments(request)
            way = adirect_way(self.model, messages, arguments)
            return await way.areply() if way else reply_of(await self._lent().ainvoke(messages, **arguments))

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Answer piece by piece. Raises TransportError, UnsupportedError."""
        try:
            yield from self._stream(request, self._bill())
        except _BillDeclinedError:
            yield from self._stream(request, {})

    def _stream(self, request: ChatRequest, bill: dict[str, Any]) -> Iterator[Chunk]:
        with self._asked(request, bill) as guard, closing(self._pieces(request, bill)) as pieces:
            while True:
                with guarding(guard):
                    piece = next(pieces, None)
                if piece is None:
                    return
                yield piece

    def _pieces(self, request: ChatRequest, bill: dict[str, Any]) -> Generator[Chunk]:
        messages, arguments = to_langchain(request.messages), self._arguments(request)
        way = direct_way(self.model, messages, arguments, bill=bill)
        if way:
            yield from way.stream()
            return
        pieces = self._lent().stream(messages, **arguments, **bill)
        calls = CallsSoFar()
        with closing(cast("Generator[AIMessageChunk]", pieces)):
            for piece in pieces:
                yield from chunks_of(piece, calls)

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises TransportError, UnsupportedError."""
        for bill in (self._bill(), {}):
            try:
                async with aclosing(self._astream(request, bill)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except _BillDeclinedError:
                continue
            return

    async def _astream(self, request: ChatRequest, bill: dict[str, Any]) -> AsyncGenerator[Chunk]:
        with self._asked(request, bill) as guard:
            async with aclosing(self._apieces(request, bill)) as pieces:
                while True:
                    with guarding(guard):
                        piece = await anext(pieces, None)
                    if piece is None:
                        return
                    yield piece

    async def _apieces(self, request: ChatRequest, bill: dict[str, Any]) -> AsyncGenerator[Chunk]:
        messages, arguments = to_langchain(request.messages), self._arguments(request)
        way = adirect_way(self.model, messages, arguments, bill=bill)
        if way:
            async with aclosing(way.astream()) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        pieces = self._lent().astream(messages, **arguments, **bill)
        calls = CallsSoFar()
        async with aclosing(cast("AsyncGenerator[AIMessageChunk]", pieces)):
            async for piece in pieces:
                for chunk in chunks_of(piece, calls):
                    yield chunk

    def _lent(self) -> BaseChatModel:
        """Return the model, with clients that do not retry where it has such."""
        clients = clients_of(self.model)
        return quiet(self.model) if clients is None else clients.lent(self.model)

    def _bill(self) -> dict[str, Any]:
        """Return what asks for the tokens that a stream costs."""
        return {} if "bill" in self._turned_down else self._dialect.bill(self.model)

    def _arguments(self, request: ChatRequest) -> dict[str, Any]:
        return {**request.sampling.arguments(), **self._dialect.arguments(self.model, request.output)}

    @contextmanager
    def _asked(self, request: ChatRequest, bill: object = None) -> Generator[Guard]:
        """Watch over a request, and say in our words why it failed."""
        guard = Guard(self.name, request.timeout)
        try:
            yield guard
        except LLMStrategyError:
            raise
        except Exception as error:
            guard.check()
            if bill and declines_bill(error):
                self._turned_down.add("bill")
                raise _BillDeclinedError from error
            if any(message.attachments for message in request.messages) and turns_media_down(error):
                raise UnsupportedError(
                    f"Model {self.name!r} turned down what stands beside the text (images, audio, files): "
                    f"{told(error, self.model)}. Use a model that takes them."
                ) from tellable(error, self.model)
            method = _declined(request.output, error)
            if method == "prompt" or not turns_form_down(error, self.name):
                raise no_reply(error, self.name, self.model) from tellable(error, self.model)
            if not concerns_schema(error):
                self._turned_down.add(method)
            what = "tools" if request.output.tools and method == "tool" else f"the structured-output method {method!r}"
            raise UnsupportedError(
                f"Model {self.name!r} turned {what} down: {told(error, self.model)}. "
                "Choose another way with method=..., such as 'prompt'."
            ) from tellable(error, self.model)
        finally:
            guard.over()


def _provider(module: str) -> str:
    package = module.partition(".")[0]
    return package.removeprefix("langchain_") if package.startswith("langchain_") else ""


def _declined(output: OutputFormat, error: Exception) -> Method:
    """Return which of the things that a form asks for a server speaks of, where it turns one down."""
    asks_twice = output.tools and output.method in {"json_schema", "json_object"}
    if output.tools and not (asks_twice and "tool" not in str(error).lower()):
        return "tool"
    return output.method


def _turned_down_by(model: BaseChatModel) -> set[Declined]:
    known = _TURNED_DOWN.get(id(model))
    if known is None:
        known = _TURNED_DOWN[id(model)] = set()
        finalize(model, _TURNED_DOWN.pop, id(model), None).atexit = False
    return known
