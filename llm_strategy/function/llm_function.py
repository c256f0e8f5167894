"""A stub that a model answers: the objects behind the decorators."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, Unpack, overload

from llm_strategy.chat import ChatChain, resolve
from llm_strategy.errors import InputError
from llm_strategy.flow import arun, run
from llm_strategy.function.questions import Call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator

    from pydantic import BaseModel

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Result
    from llm_strategy.function.implementation import Implementation
    from llm_strategy.function.settings import Options, Settings
    from llm_strategy.messages import Message

__all__ = ["BoundLLMFunction", "LLMFunction"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
T = TypeVar("T")


class _Stub:
    """What both kinds of LLM function are: a stub with an implementation, and for methods what it is called on."""

    def __init__(self, implementation: Implementation, owner: object = None) -> None:
        self._implementation = implementation
        self._owner = owner
        functools.update_wrapper(self, implementation.definition.function)

    @property
    def settings(self) -> Settings:
        """What shapes the calls."""
        return self._implementation.settings

    @property
    def input_type(self) -> type[BaseModel]:
        """A pydantic model of the inputs."""
        return self._implementation.questions.input_type()

    @property
    def output_type(self) -> Any:
        """The declared type of the value, or of one item where items are streamed."""
        return self._implementation.definition.value_type

    def _on(self, owner: object) -> Any:
        """Return the same function as it is called on an instance or class."""
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__)
        bound._owner = owner
        return bound

    @property
    def __signature__(self) -> inspect.Signature:
        signature = inspect.signature(self._implementation.definition.function)
        if self._implementation.definition.owner is None or self._owner is None:
            return signature
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def __repr__(self) -> str:
        return f"<LLM function {self._implementation.definition.where}>"

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """Take the owner off the arguments, where a method is called through its class."""
        definition = self._implementation.definition
        if definition.owner is None or self._owner is not None:
            return Call(args, kwargs, self._owner)
        if not args:
            raise InputError(f"{definition.where!r} is a method: its first argument is the {definition.owner!r}.")
        return Call(args[1:], kwargs, args[0])

    def _calls(self, inputs: Iterable[Any]) -> list[Call]:
        single = len(self._implementation.definition.inputs) == 1
        return [self._one_of_many(one, single=single) for one in inputs]

    def _one_of_many(self, given: Any, *, single: bool) -> Call:
        if single:
            return Call((given,), {}, self._owner)
        if isinstance(given, dict):
            return Call((), given, self._owner)
        return Call(tuple(given), {}, self._owner)


class LLMFunction(_Stub, Generic[P, R]):
    """A function that a model answers; the model is the first argument.

    Made by `llm_function` and `llm_explicit_function`. With None for the model, or without one, the model of the
    function's settings or the default one answers.
    """

    def __call__(self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask the model for the value.

        Raises:
            InputError: an argument cannot be shown to a model.
            NoModelError: there is no model.
            AttemptsExhaustedError: no reply held a value of the declared type.
            ReplyError: the model declined.
            TransportError: no reply came.
        """
        if self._implementation.definition.owner is not None and self._owner is None:
            return self._on(model)(*args, **kwargs)  # type: ignore[no-any-return]
        return self._implementation.call(model, self._call(args, kwargs))  # type: ignore[no-any-return]

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> LLMFunction[P, R]: ...
    @overload
    def __get__(
        self: LLMFunction[Concatenate[Any, Q], R], instance: object, owner: type | None = None
    ) -> LLMFunction[Q, R]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None or self._implementation.definition.owner is None:
            return self
        return self._on(instance)

    def using(self, **options: Unpack[Options]) -> LLMFunction[P, R]:
        """Return the same function with other settings; see `Options`. Raises DefinitionError."""
        return LLMFunction(self._implementation.using(options), self._owner)

    def bind(self, model: ModelLike | ChatChain | None) -> BoundLLMFunction[P, R]:
        """Return the function with its model fixed."""
        return BoundLLMFunction(self._implementation, model, self._owner)

    def prompt(self, *args: P.args, **kwargs: P.kwargs) -> tuple[Message, ...]:
        """Return the messages of a call, without a model. Raises InputError."""
        method = self.settings.method or "prompt"
        return self._implementation.prompt(self._call(args, kwargs)).messages(method)

    def map(self, model: ModelLike | ChatChain | None, inputs: Iterable[Any], *, limit: int = 16) -> list[Result[Any]]:
        """Call the function on many inputs at once; return the results in order, errors among them.

        Args:
            model: who is asked.
            inputs: the one argument of each call; for functions of several, a dict of arguments or a tuple.
            limit: how many calls are under way at once, at most.
        """
        return run(self._implementation.many(model, self._calls(inputs), limit))

    async def amap(
        self, model: ModelLike | ChatChain | None, inputs: Iterable[Any], *, limit: int = 16
    ) -> list[Result[Any]]:
        """Call the function on many inputs at once, without blocking the event loop; see `map`."""
        return await arun(self._implementation.many(model, self._calls(inputs), limit))

    def stream(self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
        """Iterate over the growing value of a call; the last one is whole and valid."""
        return self._implementation.partials(model, self._call(args, kwargs))

    def astream(
        self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[Any]:
        """Iterate over the growing value of a call, without blocking the event loop."""
        return self._implementation.apartials(model, self._call(args, kwargs))

    @overload
    def chat(
        self: LLMFunction[Q, Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None = None,
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> Coroutine[Any, Any, tuple[T, ChatChain]]: ...
    @overload
    def chat(
        self, model: ModelLike | ChatChain | None = None, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[R, ChatChain]: ...
    def chat(self, model: ModelLike | ChatChain | None = None, /, *args: Any, **kwargs: Any) -> Any:
        """Ask for the value; return it with a chain that continues the conversation."""
        flow = self._implementation.chat(model, self._call(args, kwargs))
        return arun(flow) if self._implementation.definition.awaited else run(flow)


class BoundLLMFunction(_Stub, Generic[P, R]):
    """A function that one model answers; it has the very signature of the stub.

    Made by `llm_strategy(model)` on a function, for each stub of a class, and by `LLMFunction.bind`.
    """

    def __init__(
        self, implementation: Implementation, model: ModelLike | ChatChain | None, owner: object = None
    ) -> None:
        super().__init__(implementation, owner)
        self._model = model

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask the model for the value; see `LLMFunction`."""
        return self._implementation.call(self._model, self._call(args, kwargs))  # type: ignore[no-any-return]

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> BoundLLMFunction[P, R]: ...
    @overload
    def __get__(
        self: BoundLLMFunction[Concatenate[Any, Q], R], instance: object, owner: type | None = None
    ) -> BoundLLMFunction[Q, R]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None or self._implementation.definition.owner is None:
            return self
        return self._on(instance)

    def using(self, **options: Unpack[Options]) -> BoundLLMFunction[P, R]:
        """Return the same function with other settings; see `Options`. Raises DefinitionError."""
        model = options.get("model", self._model)
        return BoundLLMFunction(self._implementation.using(options), model, self._owner)

    def prompt(self, *args: P.args, **kwargs: P.kwargs) -> tuple[Message, ...]:
        """Return the messages of a call, without asking. Raises InputError."""
        return self._implementation.prompt(self._call(args, kwargs)).messages(self._method())

    def _method(self) -> Any:
        if self.settings.method is not None:
            return self.settings.method
        asked = self._model.model if isinstance(self._model, ChatChain) else self._model
        return resolve(asked).profile.methods[0]

    def map(self, inputs: Iterable[Any], *, limit: int = 16) -> list[Result[Any]]:
        """Call the function on many inputs at once; see `LLMFunction.map`."""
        return run(self._implementation.many(self._model, self._calls(inputs), limit))

    async def amap(self, inputs: Iterable[Any], *, limit: int = 16) -> list[Result[Any]]:
        """Call the function on many inputs at once, without blocking the event loop; see `LLMFunction.map`."""
        return await arun(self._implementation.many(self._model, self._calls(inputs), limit))

    def stream(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
        """Iterate over the growing value of a call; the last one is whole and valid."""
        return self._implementation.partials(self._model, self._call(args, kwargs))

    def astream(self, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Any]:
        """Iterate over the growing value of a call, without blocking the event loop."""
        return self._implementation.apartials(self._model, self._call(args, kwargs))

    @overload
    def chat(
        self: BoundLLMFunction[Q, Coroutine[Any, Any, T]], *args: Q.args, **kwargs: Q.kwargs
    ) -> Coroutine[Any, Any, tuple[T, ChatChain]]: ...
    @overload
    def chat(self, *args: P.args, **kwargs: P.kwargs) -> tuple[R, ChatChain]: ...
    def chat(self, *args: Any, **kwargs: Any) -> Any:
        """Ask for the value; return it with a chain that continues the conversation."""
        flow = self._implementation.chat(self._model, self._call(args, kwargs))
        return arun(flow) if self._implementation.definition.awaited else run(flow)
