"""`retrying`: how often the calls of a scope are sent again, and how long they may take."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.layers import layered
from llm_strategy.flow.retries.backoff import Backoff
from llm_strategy.flow.retries.layer import Retries
from llm_strategy.flow.retries.policy import SHARED_BREAKER, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from llm_strategy.flow.retries.breaker import CircuitBreaker

__all__ = ["Retrying", "retrying"]

P = ParamSpec("P")
T = TypeVar("T")

_OPEN: ContextVar[tuple[AbstractContextManager[None], ...]] = ContextVar("llm_strategy_retrying", default=())
"""The scopes that are open here, innermost last: one object may be open in several threads and tasks at once."""


def retrying(
    attempts: int = 4,
    deadline: float | None = None,
    timeout: float | None = None,
    backoff: Backoff | None = None,
    breaker: CircuitBreaker | None = SHARED_BREAKER,
    longest_wait: float = 120.0,
) -> Retrying:
    """Send the requests of a scope again where no reply came, by these rules in place of those around it.

    Without any scope, these defaults hold. A request is sent again where the network, the server or the provider
    failed and another attempt may help, never because of what a reply says. Between two attempts there is a random
    wait that doubles each time, and never less than the provider asks for.

    Args:
        attempts: how often a request is sent, at most; 1 switches retries off.
        deadline: seconds for a whole call, with its retries, waits and re-asks; None sets no end.
        timeout: seconds for one attempt, streamed or not; None leaves that to the model.
        backoff: the waits, where the provider does not ask for one; None takes `Backoff()`.
        breaker: leaves a model alone that fails again and again; None never does.
        longest_wait: the longest wait, in seconds, that a provider may ask for where there is no deadline. Where it
            asks for more, the error is raised at once.

    Returns:
        A scope, for `with`, or to decorate a function, `async` or not.

    Raises:
        ConfigurationError: an argument is out of range.

    Examples:
        >>> from llm_strategy import llm_function
        >>> from llm_strategy.testing import ScriptedModel
        >>> @llm_function
        ... def capital(model, country: str) -> str:
        ...     '''Return the capital of the country.'''
        >>> with retrying(attempts=2, deadline=30):
        ...     capital(ScriptedModel(["Paris"]), "France")
        'Paris'
        >>> @retrying(attempts=6)
        ... def paris():
        ...     return capital(ScriptedModel(["Paris"]), "France")
        >>> paris()
        'Paris'
    """
    return Retrying(RetryPolicy(attempts, deadline, timeout, backoff or Backoff(), breaker, longest_wait))


class Retrying(AbstractContextManager[RetryPolicy]):
    """The scope of a retry policy; it can be opened as often as one likes, also while it is open."""

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy
        """The rules."""
        self._layer = Retries(policy)

    def __enter__(self) -> RetryPolicy:
        """Put the rules in force."""
        scope = layered(self._layer)
        scope.__enter__()
        _OPEN.set((*_OPEN.get(), scope))
        return self.policy

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put those in force again that were before."""
        *around, scope = _OPEN.get()
        _OPEN.set(tuple(around))
        scope.__exit__(kind, error, trace)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return the function with these rules in force wherever it runs.

        Raises:
            ConfigurationError: it is a generator, which runs in the scope of whoever pulls it.
        """
        if isgeneratorfunction(function) or isasyncgenfunction(function):
            raise ConfigurationError(
                f"@retrying cannot hold inside {function.__qualname__!r}: a generator runs where it is pulled. "
                "Open `with retrying(...)` around the loop that pulls it."
            )
        if iscoroutinefunction(function):

            @wraps(function)
            async def awaiting(*args: P.args, **kwargs: P.kwargs) -> Any:
                with layered(self._layer):
                    return await function(*args, **kwargs)

            return cast("Callable[P, T]", awaiting)

        @wraps(function)
        def running(*args: P.args, **kwargs: P.kwargs) -> T:
            with layered(self._layer):
                return function(*args, **kwargs)

        return running
