"""Many calls at once of a function that takes its model as an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack, overload

from llm_strategy.function.answered import Answered

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine, Generator, Iterable, Iterator

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.flow import Result
    from llm_strategy.function.many import ManyOptions

__all__ = ["ManyCalls"]

R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")


class ManyCalls(Answered, Generic[R_co]):
    """What an LLM function offers for many calls, the model being an argument."""

    @overload
    def map(
        self: ManyCalls[Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[T]]: ...
    @overload
    def map(
        self: ManyCalls[Iterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[list[T]]]: ...
    @overload
    def map(
        self: ManyCalls[AsyncIterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[list[T]]]: ...
    @overload
    def map(
        self, model: ModelLike | ChatChain | None, inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> list[Result[R_co]]: ...
    def map(self, model: ModelLike | ChatChain | None, inputs: Iterable[Any], **options: Unpack[ManyOptions]) -> Any:
        """Call the function on many inputs at once; return the results in order, errors among them.

        Ctrl-C, or an error of what gives the inputs, ends the calls under way at once; the results that were there are
        the attribute `results` of the exception. Where a budget is used up, no more calls begin: what is there is
        kept, and the rest has that error.

        Args:
            model: who is asked.
            inputs: the one argument of each call; for functions of several, a dict of arguments or a tuple. They are
                taken one at a time: there may be any number of them.
            **options: see `ManyOptions`.
        """
        return self._many(model, inputs, options).all()

    @overload
    async def amap(
        self: ManyCalls[Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[T]]: ...
    @overload
    async def amap(
        self: ManyCalls[Iterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[list[T]]]: ...
    @overload
    async def amap(
        self: ManyCalls[AsyncIterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[list[T]]]: ...
    @overload
    async def amap(
        self,
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> list[Result[R_co]]: ...
    async def amap(
        self,
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> Any:
        """Call the function on many inputs at once, without blocking the event loop; see `map`. Inputs may be async."""
        return await self._many(model, inputs, options).aall()

    @overload
    def map_as_completed(
        self: ManyCalls[Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any],
        **options: Unpack[ManyOptions],
    ) -> Generator[Result[T]]: ...
    @overload
    def map_as_completed(
        self: ManyCalls[Iterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any],
        **options: Unpack[ManyOptions],
    ) -> Generator[Result[list[T]]]: ...
    @overload
    def map_as_completed(
        self: ManyCalls[AsyncIterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any],
        **options: Unpack[ManyOptions],
    ) -> Generator[Result[list[T]]]: ...
    @overload
    def map_as_completed(
        self, model: ModelLike | ChatChain | None, inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> Generator[Result[R_co]]: ...
    def map_as_completed(
        self, model: ModelLike | ChatChain | None, inputs: Iterable[Any], **options: Unpack[ManyOptions]
    ) -> Any:
        """Call the function on many inputs at once; give each result as soon as it is there, with its `index`.

        Closing the iterator, or leaving the loop over it, ends the calls under way at once. No call begins while
        nobody takes results. Where a budget is used up, no more calls begin, and inputs that were not begun are left.

        >>> from llm_strategy import llm_function
        >>> from llm_strategy.testing import ScriptedModel
        >>> @llm_function
        ... def double(model, number: int) -> int:
        ...     \"\"\"Twice the number.\"\"\"
        >>> model = ScriptedModel(["2", "no number", "4"])
        >>> for result in double.using(attempts=1).map_as_completed(model, [1, 0, 2], limit=1):
        ...     print(result.index, result.value, type(result.error).__name__)
        0 2 NoneType
        1 None AttemptsExhaustedError
        2 4 NoneType

        Args:
            model: who is asked.
            inputs: see `map`.
            **options: see `ManyOptions`.
        """
        return self._many(model, inputs, options).completed()

    @overload
    def amap_as_completed(
        self: ManyCalls[Coroutine[Any, Any, T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Result[T]]: ...
    @overload
    def amap_as_completed(
        self: ManyCalls[Iterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Result[list[T]]]: ...
    @overload
    def amap_as_completed(
        self: ManyCalls[AsyncIterator[T]],
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Result[list[T]]]: ...
    @overload
    def amap_as_completed(
        self,
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Result[R_co]]: ...
    def amap_as_completed(
        self,
        model: ModelLike | ChatChain | None,
        inputs: Iterable[Any] | AsyncIterable[Any],
        **options: Unpack[ManyOptions],
    ) -> Any:
        """Give results as they come, without blocking the event loop; see `map_as_completed` and `amap`."""
        return self._many(model, inputs, options).acompleted()
