"""Many calls of one function, under way at once."""

from __future__ import annotations

import pickle
import sys
from contextlib import ExitStack, aclosing, closing, nullcontext, suppress
from dataclasses import dataclass
from itertools import count, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypedDict

from llm_strategy.errors import BudgetExceededError, ConfigurationError, InputError
from llm_strategy.flow import Parallel, Result, aiterate, iterate, layered, run
from llm_strategy.flow.awaited import awaited
from llm_strategy.flow.metered import Meter
from llm_strategy.function.awaited_inputs import AwaitedCalls, NextCall
from llm_strategy.function.progress import Followed, display_for

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Mapping

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.flow import Executor, Flow
    from llm_strategy.function.answered import Answered
    from llm_strategy.function.implementation import Implementation
    from llm_strategy.function.progress import ShowProgress
    from llm_strategy.function.questions import Call
    from llm_strategy.function.settings import Settings

__all__ = ["Many", "ManyOptions", "OneCall"]


_NO_INPUT: Any = object()
"""The value of a call that was begun, and for which no input came."""


class ManyOptions(TypedDict, total=False):
    """How many calls are made."""

    limit: int
    """How many calls are under way at once, at most; 16 if not given."""
    progress: ShowProgress
    """Whether a bar shows how far the calls have come; or a function that is called with a `Progress`."""
    executor: Executor | None
    """Where the calls are made; None for threads or tasks of this process."""


@dataclass(frozen=True, slots=True)
class _Manner:
    """The options, all of them."""

    limit: int = 16
    progress: ShowProgress = False
    executor: Executor | None = None

    def __post_init__(self) -> None:
        limit: Any = self.limit
        if not isinstance(limit, int) or isinstance(limit, bool):
            raise ConfigurationError(
                f"limit={limit!r} is no whole number. Say how many calls may be under way at once."
            )
        if limit < 1:
            raise ConfigurationError(f"limit={limit!r} would never begin a call. Use 1 or more.")


@dataclass(frozen=True, slots=True)
class OneCall:
    """The function that is called on each input: an executor may send it to another machine."""

    implementation: Implementation
    """What answers."""
    asked: ModelLike | ChatChain | None
    """Who is asked."""

    def __call__(self, call: Call, /) -> Any:
        """Answer one call."""
        return run(self.flow(call))

    def __reduce__(self) -> Any:
        """Pickle the function by its name, with the settings that are in force.

        Raises:
            PicklingError: the name stands for something else.
        """
        function = self.implementation.definition.function
        try:
            found = attrgetter(function.__qualname__)(sys.modules.get(function.__module__))
        except AttributeError:
            found = None
        implementation: Implementation | None = getattr(found, "implementation", None)
        if implementation is None or implementation.definition.function is not function:
            raise pickle.PicklingError(
                f"{self.implementation.definition.where!r} is sent by its name, and {function.__qualname__!r} is not "
                f"found in {function.__module__!r}. Define it in a module, outside of functions."
            )
        return _one_call, (found, self.implementation.settings, self.asked)

    def flow(self, call: Call, /) -> Flow[Any]:
        """Answer one call."""
        return (yield from self.implementation.answer(self.asked, call)).value


def _one_call(found: Answered, settings: Settings, asked: ModelLike | ChatChain | None) -> OneCall:
    return OneCall(found.implementation.settled(settings), asked)


class Many:
    """Calls of one function on inputs that are taken one at a time, as places become free.

    Once a budget is used up, no more calls begin.
    """

    def __init__(
        self, function: OneCall, calls: Iterable[Call] | AwaitedCalls, total: int | None, options: Mapping[str, Any]
    ) -> None:
        self._function = function
        self._manner = _Manner(**options)
        self._awaited = calls if isinstance(calls, AwaitedCalls) else None
        known: Iterable[Call | None] = repeat(None) if isinstance(calls, AwaitedCalls) else calls
        self._calls: Iterator[tuple[int, Call | None]] = zip(count(), known, strict=False)
        self._total = total
        self._exceeded: BudgetExceededError | None = None
        self._kept: dict[int, Result[Any]] | None = None

    def completed(self) -> Generator[Result[Any]]:
        """Give results as they come."""
        if self._awaited is not None:
            raise InputError("Inputs that are awaited need an event loop. Use amap or amap_as_completed, or a list.")
        return self._noted(*self._begun())

    def acompleted(self) -> AsyncGenerator[Result[Any]]:
        """Give results as they come, without blocking the event loop."""
        if self._awaited is not None and self._manner.executor is not None:
            raise InputError("Inputs that are awaited cannot be sent to an executor. Pass a list, or leave it out.")
        return self._anoted(*self._abegun())

    def all(self) -> list[Result[Any]]:
        """Return all results in order. What leaves this with an error has those that were there as `results`."""
        self._kept = {}
        try:
            with closing(self.completed()) as results:
                for result in results:
                    self._kept[result.index] = result
            return self._in_order(ended=True)
        except BaseException as error:
            self._keep_in(error)
            raise

    async def aall(self) -> list[Result[Any]]:
        """Return all results in order, without blocking the event loop; see `all`."""
        self._kept = {}
        try:
            async with aclosing(self.acompleted()) as results:
                async for result in results:
                    self._kept[result.index] = result
            await self._left_behind()
            return self._in_order(ended=True)
        except BaseException as error:
            self._keep_in(error)
            raise

    async def _left_behind(self) -> None:
        """Give the inputs that were not begun the error of the budget, where they have to be awaited."""
        kept = self._kept
        if self._awaited is None or self._exceeded is None or kept is None:
            return
        while await self._awaited.next() is not None:
            kept[len(kept)] = Result(None, self._exceeded, len(kept))
        self._awaited.check()

    def _flow(self) -> Flow[None]:
        yield Parallel(self._flows(), limit=self._manner.limit, as_completed=True)

    def _flows(self) -> Iterator[Flow[Any]]:
        return (self._one(index, call) for index, call in self._wanted())

    def _one(self, index: int, call: Call | None) -> Flow[Any]:
        if call is None and self._awaited is not None:
            call = yield NextCall(self._awaited)
        if call is None:
            return _NO_INPUT
        value = yield from self._function.flow(call)
        if self._kept is not None:  # here, and not only where it is taken: nobody may take it after Ctrl-C
            self._kept[index] = Result(value, None, index)
        return value

    def _wanted(self) -> Iterator[tuple[int, Call | None]]:
        while self._exceeded is None and not (self._awaited is not None and self._awaited.ended):
            entry = next(self._calls, None)
            if entry is None:
                return
            yield entry

    def _begun(self) -> tuple[Generator[Result[Any]], Followed | None]:
        with ExitStack() as scopes:
            followed = self._followed(scopes)
            executor = self._manner.executor
            return (iterate(self._flow()) if executor is None else self._sent(executor)), followed

    def _abegun(self) -> tuple[AsyncGenerator[Result[Any]], Followed | None]:
        with ExitStack() as scopes:
            followed = self._followed(scopes)
            executor = self._manner.executor
            if executor is None:
                return aiterate(self._flow()), followed
            return awaited(self._sent(executor)), followed

    def _sent(self, executor: Executor) -> Generator[Result[Any]]:
        return executor.map(
            self._function, (call for _, call in self._wanted() if call is not None), self._manner.limit
        )

    def _followed(self, scopes: ExitStack) -> Followed | None:
        display = display_for(self._manner.progress)
        if display is None:
            return None
        meter = Meter()
        scopes.enter_context(layered(meter))
        return Followed(display, self._total, meter.spent)

    def _noted(self, results: Generator[Result[Any]], followed: Followed | None) -> Generator[Result[Any]]:
        with closing(followed) if followed is not None else nullcontext(), closing(results):
            for result in results:
                self._note(result, followed)
                yield result

    async def _anoted(
        self, results: AsyncGenerator[Result[Any]], followed: Followed | None
    ) -> AsyncGenerator[Result[Any]]:
        with closing(followed) if followed is not None else nullcontext():
            async with aclosing(results):
                async for result in results:
                    if result.value is not _NO_INPUT:
                        self._note(result, followed)
                        yield result
                    elif self._awaited is not None:
                        self._awaited.check()

    def _note(self, result: Result[Any], followed: Followed | None) -> None:
        if isinstance(result.error, BudgetExceededError):
            self._exceeded = result.error
        if followed is not None:
            followed.saw(ok=result.ok)

    def _in_order(self, *, ended: bool = False) -> list[Result[Any]]:
        kept = self._kept or {}
        results = [kept[index] for index in sorted(kept)]
        if ended and self._exceeded is not None and self._awaited is None:
            results.extend(Result(None, self._exceeded, index) for index, _ in self._calls)
        return results

    def _keep_in(self, error: BaseException) -> None:
        with suppress(AttributeError, TypeError):  # an error that holds nothing but its own
            error.results = self._in_order()  # type: ignore[attr-defined]
