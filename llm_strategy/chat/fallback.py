"""Several models that stand in for each other: the next one is asked where one gives no reply, or none of use."""

from __future__ import annotations

from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.chat.resolve import resolve
from llm_strategy.errors import ConfigurationError, NoModelAnsweredError, TransportError, UnsupportedError
from llm_strategy.flow.fingerprint import identity_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence

    from llm_strategy.chat.resolve import ModelLike
    from llm_strategy.flow import ChatModel, ChatRequest, Flow, Profile
    from llm_strategy.messages import Chunk, Reply

__all__ = ["Chance", "Fallback", "asked", "chances_of", "fallback", "none_answered"]


@dataclass(frozen=True, slots=True)
class Chance:
    """One model of several, with what is expected of it."""

    model: ChatModel
    """Who is asked."""
    patience: int | None = None
    """How many replies without a value it may give before the next model is asked; None for no such limit."""
    excuses: bool = False
    """Whether the next model is asked where it declines to answer."""
    is_last: bool = True
    """Whether there is no model after it."""


def fallback(*models: ModelLike, escalate: int | None = 1, refusals: bool = False) -> Fallback:
    """Return a model that asks the first of some models, and the next where that gives no reply, or none of use.

    The next model is asked where a request still fails after its retries, where a circuit is open, where the form of
    output is not supported, and after `escalate` replies without a valid value: so a cheap model can come first. It is
    asked anew, in the form that suits it, and is not shown what the others said. `attempts` of a function, budgets and
    deadlines count over all of them. A stream that breaks off after it began is begun anew at the next model.

    >>> from llm_strategy import fallback, llm_function
    >>> from llm_strategy.testing import ScriptedModel
    >>> @llm_function
    ... def double(model, number: int) -> int:
    ...     '''Double the number.'''
    ...     raise NotImplementedError()
    >>> double(fallback(ScriptedModel(["I am small."]), ScriptedModel(["4"])), 2)
    4

    Args:
        models: who is asked, the first one first: anything that may stand for a model.
        escalate: how many replies without a valid value a model may give before the next one is asked; None asks the
            next one only where no reply comes.
        refusals: whether the next model is asked where one declines to answer as well.

    Raises:
        ConfigurationError: there is no model, or `escalate` is below 1.
    """
    return Fallback(models, escalate, refusals)


@dataclass(frozen=True, slots=True)
class Fallback:
    """A `ChatModel` that stands for several ones; made by `fallback`."""

    models: tuple[ModelLike, ...]
    """Who is asked, the first one first. Names are opened when they are needed."""
    escalate: int | None = 1
    """How many replies without a valid value a model may give before the next one is asked."""
    refusals: bool = False
    """Whether the next model is asked where one declines to answer as well."""

    def __post_init__(self) -> None:
        number = self.escalate
        if not self.models:
            raise ConfigurationError("fallback() has no model to ask. Pass at least one: fallback(model, other).")
        if number is not None and (type(number) is not int or number < 1):
            raise ConfigurationError(f"fallback(escalate={number!r}) is no number of replies. Use 1 or more, or None.")

    def __repr__(self) -> str:
        return f"fallback({self.name})"

    @property
    def name(self) -> str:
        """The names of the models."""
        return ", ".join(one if isinstance(one, str) else resolve(one).name for one in self.models)

    @property
    def profile(self) -> Profile:
        """What the first model can do; a question takes the profile of the one that it asks."""
        return resolve(self.models[0]).profile

    @property
    def identity(self) -> dict[str, Any]:
        """What tells it from other models."""
        return {"fallback": [identity_of(resolve(one)) for one in self.models], "escalate": self.escalate}

    @property
    def chances(self) -> Sequence[Chance]:
        """The models in the order in which they are asked, those of fallbacks inside among them."""
        last = len(self.models) - 1
        chances: list[Chance] = []
        for number, one in enumerate(self.models):
            for chance in chances_of(resolve(one)):
                ends = number == last and chance.is_last
                own = Chance(chance.model, self.escalate, self.refusals, is_last=False) if chance.is_last else chance
                chances.append(chance if ends else own)
        return chances

    def reply(self, request: ChatRequest) -> Reply:
        """Return the first reply that comes. Raises TransportError, UnsupportedError."""
        failures: list[tuple[str, Exception]] = []
        for chance in chances_of(self):
            try:
                return chance.model.reply(replace(request, model=chance.model))
            except (TransportError, UnsupportedError) as error:
                failures.append((chance.model.name, error))
        raise none_answered(request.asker, failures)

    async def areply(self, request: ChatRequest) -> Reply:
        """Return the first reply that comes. Raises TransportError, UnsupportedError."""
        failures: list[tuple[str, Exception]] = []
        for chance in chances_of(self):
            try:
                return await chance.model.areply(replace(request, model=chance.model))
            except (TransportError, UnsupportedError) as error:
                failures.append((chance.model.name, error))
        raise none_answered(request.asker, failures)

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Give the pieces of the first reply that begins. Raises TransportError, UnsupportedError."""
        failures: list[tuple[str, Exception]] = []
        for chance in chances_of(self):
            begun = False
            try:
                pieces = chance.model.stream(replace(request, model=chance.model))
                with closing(cast("Generator[Chunk]", pieces)) as chunks:
                    for chunk in chunks:
                        begun = True
                        yield chunk
            except (TransportError, UnsupportedError) as error:
                if begun:
                    raise
                failures.append((chance.model.name, error))
            else:
                return
        raise none_answered(request.asker, failures)

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Give the pieces of the first reply that begins. Raises TransportError, UnsupportedError."""
        failures: list[tuple[str, Exception]] = []
        for chance in chances_of(self):
            begun = False
            try:
                pieces = chance.model.astream(replace(request, model=chance.model))
                async with aclosing(cast("AsyncGenerator[Chunk]", pieces)) as chunks:
                    async for chunk in chunks:
                        begun = True
                        yield chunk
            except (TransportError, UnsupportedError) as error:
                if begun:
                    raise
                failures.append((chance.model.name, error))
            else:
                return
        raise none_answered(request.asker, failures)


def chances_of(model: ChatModel) -> Sequence[Chance]:
    """Return the models that a model stands for, in the order in which they are asked."""
    own: Sequence[Chance] | None = getattr(model, "chances", None)
    return (Chance(model),) if own is None else own


def asked(request: ChatRequest) -> Flow[Reply]:
    """Answer a request by the first of the models that it may go to; each of them is asked through all layers.

    Raises:
        TransportError, UnsupportedError: no reply came.
    """
    failures: list[tuple[str, Exception]] = []
    for chance in chances_of(request.model):
        try:
            reply: Reply = yield replace(request, model=chance.model)
        except (TransportError, UnsupportedError) as error:
            failures.append((chance.model.name, error))
        else:
            return reply
    raise none_answered(request.asker, failures)


def none_answered(where: str, failures: Sequence[tuple[str, Exception]]) -> Exception:
    """Return the error for models none of which gave a reply of use: that of the one, where there was only one."""
    if len(failures) == 1:
        return failures[0][1]
    error = NoModelAnsweredError(where, failures)
    error.__cause__ = failures[-1][1]
    return error
