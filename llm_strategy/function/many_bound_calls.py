"""Many calls at once of a function whose model is fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack, overload

from llm_strategy.function.answered import Answered

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine, Generator, Iterable, Iterator

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.flow import Result
    from llm_strategy.function.many import ManyOptions

__all__ = ["ManyBoundCalls"]

R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")


class ManyBoundCalls(Answered, Generic[R_co]):
    """What an LLM function offers for many calls, its model being fixed."""

    _model: ModelLike | ChatChain | None

    @overload
    def map(
        self: ManyBoundCalls[Coroutine[Any, Any, T]], inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> list[Result[T]]: ...
    @overload
    def map(
        self: ManyBoundCalls[Iterator[T]], inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> list[Result[list[T]]]: ...
    @overload
    def map(
        self: ManyBoundCalls[AsyncIterator[T]], inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> list[Result[list[T]]]: ...
    @overload
    def map(self, inputs: Iterable[Any], **options: Unpack[ManyOptions]) -> list[Result[R_co]]: ...
    def map(self, inputs: Iterable[Any], **options: Unpack[ManyOptions]) -> Any:
        """Call the function on many inputs at once; see `LLMFunction.map`."""
        return self._many(self._model, inputs, options).all()

    @overload
    async def amap(
        self: ManyBoundCalls[Coroutine[Any, Any, T]],
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[T]]: ...
    @overload
    async def amap(
        self: ManyBoundCalls[Iterator[T]], inputs: Iterable[Any] | AsyncIterable[Any], **options: Unpack[ManyOptions]
    ) -> list[Result[list[T]]]: ...
    @overload
    async def amap(
        self: ManyBoundCalls[AsyncIterator[T]],
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[list[T]]]: ...
    @overload
    async def amap(
        self, inputs: Iterable[Any] | AsyncIterable[Any], **options: Unpack[ManyOptions]
    ) -> list[Result[R_co]]: ...
    async def amap(self, inputs: Iterable[Any] | AsyncIterable[Any], **options: Unpack[ManyOptions]) -> Any:
        """Call the function on many inputs at once, without blocking the event loop; see `map`. Inputs may be async."""
        return await self._many(self._model, inputs, options).aall()

    @overload
    def map_as_completed(
        self: ManyBoundCalls[Coroutine[Any, Any, T]], inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> Generator[Result[T]]: ...
    @overload
    def map_as_completed(
        self: ManyBoundCalls[Iterator[T]], inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> Generator[Result[list[T]]]: ...
    @overload
    def map_as_completed(
        self: ManyBoundCalls[AsyncIterator[T]], inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> Generator[Result[list[T]]]: ...
    @overload
    def map_as_completed(self, inputs: Iterable[Any], **options: Unpack[ManyOptions]) -> Generator[Result[R_co]]: ...
    def map_as_completed(self, inputs: Iterable[Any], **options: Unpack[ManyOptions]) -> Any:
        """Call the function on many inputs at once; give results as they come: see `LLMFunction.map_as_completed`."""
        return self._many(self._model, inputs, options).completed()

    @overload
    def amap_as_completed(
        self: ManyBoundCalls[Coroutine[Any, Any, T]],
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Result[T]]: ...
    @overload
    def amap_as_completed(
        self: ManyBoundCalls[Iterator[T]], inputs: Iterable[Any] | AsyncIterable[Any], **options: Unpack[ManyOptions]
    ) -> AsyncGenerator[Result[list[T]]]: ...
    @overload
    def amap_as_completed(
        self: ManyBoundCalls[AsyncIterator[T]],
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Result[list[T]]]: ...
    @overload
    def amap_as_completed(
        self, inputs: Iterable[Any] | AsyncIterable[Any], **options: Unpack[ManyOptions]
    ) -> AsyncGenerator[Result[R_co]]: ...
    def amap_as_completed(self, inputs: Iterable[Any] | AsyncIterable[Any], **options: Unpack[ManyOptions]) -> Any:
        """Give results as they come, without blocking the event loop; see `map_as_completed` and `amap`."""
        return self._many(self._model, inputs, options).acompleted()
