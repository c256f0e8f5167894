"""A stub that a model answers: the objects behind the decorators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, Unpack, cast, overload

from llm_strategy.flow import arun, run
from llm_strategy.function.many_bound_calls import ManyBoundCalls
from llm_strategy.function.many_calls import ManyCalls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.flow import Flow
    from llm_strategy.function.implementation import Implementation
    from llm_strategy.function.settings import Options
    from llm_strategy.messages import Message
    from llm_strategy.schema.partial import Partial

__all__ = ["BoundLLMFunction", "LLMFunction"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")


class LLMFunction(ManyCalls[R_co], Generic[P, R_co]):
    """A function that a model answers; the model is the first argument.

    Made by `llm_function` and `llm_explicit_function`. With None for the model, or without one, the model of the
    function's settings or the default one answers.
    """

    def __call__(self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Ask the model for the value.

        Raises:
            InputError: an argument cannot be shown to a model.
            NoModelError: there is no model.
            AttemptsExhaustedError: no reply held a value of the declared type.
            ReplyError: the model declined.
            TransportError: no reply came.
        """
        if self._unbound:  # called through the class: what is first is the owner, and the model comes after it
            if model is None:
                raise self._no_owner()
            return cast("Callable[..., R_co]", self._looked_up(model))(*args, **kwargs)
        return self._operative.call(model, self._call_of(args, kwargs, names_model=True))  # type: ignore[no-any-return]

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> LLMFunction[P, R_co]: ...
    @overload
    def __get__(
        self: LLMFunction[Concatenate[Any, Q], R_co], instance: object, owner: type | None = None
    ) -> LLMFunction[Q, R_co]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self._looked_up(instance)

    def using(self, **options: Unpack[Options]) -> LLMFunction[P, R_co]:
        """Return the same function with other settings; see `Options`. Raises DefinitionError."""
        return LLMFunction(self._implementation.using(options), self._owner)

    def bind(self, model: ModelLike | ChatChain | None) -> BoundLLMFunction[P, R_co]:
        """Return the function with its model fixed."""
        return BoundLLMFunction(self._implementation, model, self._owner)

    def flow(self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs) -> Flow[Any]:
        """Return a call as a flow, to be a part of another one: `value = yield from function.flow(model, ...)`.

        Its value is what the call gives: what is awaited, or the list of all items.
        """
        return self._flow(model, self._call_of(args, kwargs, names_model=True))

    def prompt(self, *args: P.args, **kwargs: P.kwargs) -> tuple[Message, ...]:
        """Return the messages that a call begins with, without asking anybody.

        They are worded for the model of the settings, or where there is none for one that can do nothing but text.

        Raises:
            InputError: an argument cannot be shown to a model.
            ConfigurationError: the method of reasoning does not begin with a question.
        """
        return self._operative.prompt(None, self._call_of(args, kwargs))

    @overload
    def stream(
        self: LLMFunction[Q, Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Iterator[Partial[T]]: ...
    @overload
    def stream(
        self: LLMFunction[Q, AsyncIterator[T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Iterator[Partial[list[T]]]: ...
    @overload
    def stream(
        self: LLMFunction[Q, Iterator[T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Iterator[Partial[list[T]]]: ...
    @overload
    def stream(
        self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs
    ) -> Iterator[Partial[R_co]]: ...
    def stream(self, model: ModelLike | ChatChain | None = None, /, *args: Any, **kwargs: Any) -> Any:
        """Iterate over the growing value of a call, each time as a partial one; the last one is whole and valid.

        Closing the iterator, or leaving the loop, ends the reply. See `llm_strategy.Partial`.
        """
        return self._operative.partials(model, self._call_of(args, kwargs, names_model=True))

    @overload
    def astream(
        self: LLMFunction[Q, Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> AsyncIterator[Partial[T]]: ...
    @overload
    def astream(
        self: LLMFunction[Q, AsyncIterator[T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> AsyncIterator[Partial[list[T]]]: ...
    @overload
    def astream(
        self: LLMFunction[Q, Iterator[T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> AsyncIterator[Partial[list[T]]]: ...
    @overload
    def astream(
        self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[Partial[R_co]]: ...
    def astream(self, model: ModelLike | ChatChain | None = None, /, *args: Any, **kwargs: Any) -> Any:
        """Iterate over the growing value of a call, without blocking the event loop; see `stream`."""
        return self._operative.apartials(model, self._call_of(args, kwargs, names_model=True))

    @overload
    def chat(  # type: ignore[overload-overlap]  # the more exact one comes first
        self: LLMFunction[Q, Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Coroutine[Any, Any, tuple[T, ChatChain]]: ...
    @overload
    def chat(  # type: ignore[overload-overlap]  # the more exact one comes first
        self: LLMFunction[Q, AsyncIterator[T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Coroutine[Any, Any, tuple[list[T], ChatChain]]: ...
    @overload
    def chat(
        self: LLMFunction[Q, Iterator[T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> tuple[list[T], ChatChain]: ...
    @overload
    def chat(
        self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[R_co, ChatChain]: ...
    def chat(self, model: ModelLike | ChatChain | None = None, /, *args: Any, **kwargs: Any) -> Any:
        """Ask for the value; return it with a chain that continues the conversation."""
        flow = self._operative.chat(model, self._call_of(args, kwargs, names_model=True))
        return arun(flow) if self._implementation.definition.asynchronous else run(flow)


class BoundLLMFunction(ManyBoundCalls[R_co], Generic[P, R_co]):
    """A function that one model answers; it has the very signature of the stub.

    Made by `llm_strategy(model)` on a function, for each stub of a class, and by `LLMFunction.bind`.
    """

    def __init__(
        self, implementation: Implementation, model: ModelLike | ChatChain | None, owner: object = None
    ) -> None:
        super().__init__(implementation, owner)
        self._model = model

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Ask the model for the value; see `LLMFunction`."""
        return self._operative.call(self._model, self._call_of(args, kwargs))  # type: ignore[no-any-return]

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> BoundLLMFunction[P, R_co]: ...
    @overload
    def __get__(
        self: BoundLLMFunction[Concatenate[Any, Q], R_co], instance: object, owner: type | None = None
    ) -> BoundLLMFunction[Q, R_co]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self._looked_up(instance)

    def using(self, **options: Unpack[Options]) -> BoundLLMFunction[P, R_co]:
        """Return the same function with other settings; see `Options`. Raises DefinitionError."""
        return BoundLLMFunction(self._implementation.using(options), options.get("model", self._model), self._owner)

    def flow(self, *args: P.args, **kwargs: P.kwargs) -> Flow[Any]:
        """Return a call as a flow, to be a part of another one; see `LLMFunction.flow`."""
        return self._flow(self._model, self._call_of(args, kwargs))

    def prompt(self, *args: P.args, **kwargs: P.kwargs) -> tuple[Message, ...]:
        """Return the messages that a call begins with, without asking anybody; see `LLMFunction.prompt`."""
        return self._operative.prompt(self._model, self._call_of(args, kwargs))

    @overload
    def stream(
        self: BoundLLMFunction[Q, Coroutine[Any, Any, T]],
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Iterator[Partial[T]]: ...
    @overload
    def stream(
        self: BoundLLMFunction[Q, AsyncIterator[T]],
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Iterator[Partial[list[T]]]: ...
    @overload
    def stream(
        self: BoundLLMFunction[Q, Iterator[T]],
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Iterator[Partial[list[T]]]: ...
    @overload
    def stream(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[Partial[R_co]]: ...
    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """Iterate over the growing value of a call; see `LLMFunction.stream`."""
        return self._operative.partials(self._model, self._call_of(args, kwargs))

    @overload
    def astream(
        self: BoundLLMFunction[Q, Coroutine[Any, Any, T]],
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> AsyncIterator[Partial[T]]: ...
    @overload
    def astream(
        self: BoundLLMFunction[Q, AsyncIterator[T]],
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> AsyncIterator[Partial[list[T]]]: ...
    @overload
    def astream(
        self: BoundLLMFunction[Q, Iterator[T]],
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> AsyncIterator[Partial[list[T]]]: ...
    @overload
    def astream(self, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Partial[R_co]]: ...
    def astream(self, *args: Any, **kwargs: Any) -> Any:
        """Iterate over the growing value of a call, without blocking the event loop; see `LLMFunction.stream`."""
        return self._operative.apartials(self._model, self._call_of(args, kwargs))

    @overload
    def chat(  # type: ignore[overload-overlap]  # the more exact one comes first
        self: BoundLLMFunction[Q, Coroutine[Any, Any, T]], *args: Q.args, **kwargs: Q.kwargs
    ) -> Coroutine[Any, Any, tuple[T, ChatChain]]: ...
    @overload
    def chat(  # type: ignore[overload-overlap]  # the more exact one comes first
        self: BoundLLMFunction[Q, AsyncIterator[T]], *args: Q.args, **kwargs: Q.kwargs
    ) -> Coroutine[Any, Any, tuple[list[T], ChatChain]]: ...
    @overload
    def chat(
        self: BoundLLMFunction[Q, Iterator[T]], *args: Q.args, **kwargs: Q.kwargs
    ) -> tuple[list[T], ChatChain]: ...
    @overload
    def chat(self, *args: P.args, **kwargs: P.kwargs) -> tuple[R_co, ChatChain]: ...
    def chat(self, *args: Any, **kwargs: Any) -> Any:
        """Ask for the value; return it with a chain that continues the conversation."""
        flow = self._operative.chat(self._model, self._call_of(args, kwargs))
        return arun(flow) if self._implementation.definition.asynchronous else run(flow)
