"""`retrying`: how often the calls of a scope are sent again, and how long they may take."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from llm_strategy.flow.layers import layered
from llm_strategy.flow.retries.backoff import Backoff
from llm_strategy.flow.retries.layer import Retries
from llm_strategy.flow.retries.policy import SHARED_BREAKER, RetryPolicy
from llm_strategy.flow.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.flow.retries.breaker import CircuitBreaker

__all__ = ["Retrying", "retrying"]


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

    Threads of your own are outside, unless they run a function made by `carried` or belong to a
    `ContextThreadPoolExecutor`: the defaults hold there.

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


class Retrying(Scope[RetryPolicy]):
    """The scope of a retry policy."""

    def __init__(self, policy: RetryPolicy) -> None:
        super().__init__("retrying", self._in_force)
        self.policy = policy
        """The rules."""
        self._layer = Retries(policy)

    @contextmanager
    def _in_force(self) -> Generator[RetryPolicy]:
        with layered(self._layer):
            yield self.policy
