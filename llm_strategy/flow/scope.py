"""Scopes, as users open them: in a `with`, or around each call of a function.

What a scope does when it is opened and left is told by a function that returns a context manager; here is the rest,
for all scopes in the same way.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutine, iscoroutinefunction, isgeneratorfunction, unwrap
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from llm_strategy.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

__all__ = ["Scope"]

P = ParamSpec("P")
T = TypeVar("T")
V_co = TypeVar("V_co", covariant=True)


class _Opening:
    """One opening of a scope; a scope can be open several times."""

    __slots__ = ("manager", "scope")

    def __init__(self, scope: object, manager: AbstractContextManager[object]) -> None:
        self.scope = scope
        self.manager = manager


_OPEN: ContextVar[tuple[_Opening, ...]] = ContextVar("llm_strategy_scopes", default=())
"""What was opened by `with` here, innermost last: one object may be open in several threads and tasks at once."""


class Scope(Generic[V_co]):
    """A scope, for `with`, or to decorate a function, `async` or not.

    Each `with` and each call of a decorated function opens it anew, also while it is open, in any thread and task. It
    may be left in another context than it was entered in, as event loops do with abandoned async generators.

    Args:
        name: what users call it.
        opened: opens it, once.
    """

    def __init__(self, name: str, opened: Callable[[], AbstractContextManager[V_co]]) -> None:
        self._name = name
        self._opened = opened
        self._openings: list[_Opening] = []

    def __enter__(self) -> V_co:
        """Open it."""
        manager = self._opened()
        value = manager.__enter__()
        opening = _Opening(self, manager)
        self._openings.append(opening)
        _OPEN.set((*_OPEN.get(), opening))
        return value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave what was opened here last."""
        opening = self._last()
        self._openings.remove(opening)
        _OPEN.set(tuple(one for one in _OPEN.get() if one is not opening))
        opening.manager.__exit__(kind, error, trace)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return the function with a scope of its own around each call.

        Raises:
            ConfigurationError: it is a generator, which runs in the scope of whoever pulls it; or, when it is called,
                it is no `async def` and returns a coroutine, which would run after the scope was left.
        """
        if isgeneratorfunction(function) or isasyncgenfunction(function):
            raise ConfigurationError(
                f"@{self._name} cannot hold inside {_named(function)}: a generator runs where it is pulled. "
                f"Open `with {self._name}(...)` around the loop that pulls it."
            )
        if iscoroutinefunction(function) or _is_awaited(function):
            asynchronous: Any = function

            @wraps(function)
            async def awaiting(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self._opened():
                    return await asynchronous(*args, **kwargs)

            return cast("Callable[P, T]", awaiting)

        @wraps(function)
        def running(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._opened():
                return self._whole(function, function(*args, **kwargs))

        return running

    def _last(self) -> _Opening:
        for opening in reversed(_OPEN.get()):
            if opening.scope is self and opening in self._openings:
                return opening
        if not self._openings:
            raise RuntimeError(f"A scope of {self._name}(...) was left that is not open.")
        return self._openings[-1]  # it was entered in another context

    def _whole(self, function: Callable[..., object], value: T) -> T:
        if not iscoroutine(value):
            return value
        value.close()
        raise ConfigurationError(
            f"@{self._name} cannot hold inside the coroutine that {_named(function)} returns: it would run when the "
            "scope has ended. Decorate an `async def` that awaits it."
        )


def _is_awaited(function: Callable[..., object]) -> bool:
    """Whether this is an async LLM function: before Python 3.12 there is no way to mark it as a coroutine function."""
    asks: bool = getattr(function, "asks_a_model", False)
    return asks and iscoroutinefunction(unwrap(function))


def _named(function: Callable[..., object]) -> str:
    return repr(getattr(function, "__qualname__", function))
