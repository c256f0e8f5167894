"""The scope of limits."""

from __future__ import annotations

from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.layers import layered, layers_in_force
from llm_strategy.flow.limits.layer import LimitsLayer
from llm_strategy.flow.limits.rates import Rates
from llm_strategy.flow.scope import Scope

if TYPE_CHECKING:
    import os
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from llm_strategy.flow.limits.books import Books

__all__ = ["limited"]


def limited(
    *,
    requests_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
    concurrency: int | None = None,
    shared: bool | str | os.PathLike[str] = True,
) -> Scope[None]:
    """Let everything that runs inside send no more than this to each account, and wait where it would.

    An account is what a provider counts together: a model at an address, asked with one key. First come, first served.

    - Rates hold in every minute, whenever it begins. Tokens are counted by an estimate, and by the bill as soon as it
      is there. What waits longer than its deadline allows is a TimedOutError.
    - Beside `concurrency`, an account has as many requests under way as it is found to bear: more while they succeed,
      fewer when the provider refuses one. This needs no scope; it holds for every model that is asked over HTTP.
    - Where a provider says when it wants the next request (`Retry-After`), none is sent to that account before.

    A limit that is not given stays as it is around the scope.

    A scope holds in tasks, and in threads that have its context: those of `.map`, those that run a function made by
    `carried`, and those of a `ContextThreadPoolExecutor`. Any other thread of yours, such as one of a
    `ThreadPoolExecutor`, is outside, and so is another process, unless a `RayExecutor` began it; a forked process has a
    copy, and what is shared is counted with it.

    Args:
        requests_per_minute: requests, those that fail and are sent again among them.
        tokens_per_minute: tokens of prompts and replies.
        concurrency: requests under way at once, in this process.
        shared: whether all processes of this user on this machine count together what they send, those that use this
            scope; a path names the file in which they do so. False counts in this process only.

    Returns:
        A scope, for `with`, or to decorate a function, `async` or not.

    Raises:
        ConfigurationError: a limit is below 1 or no whole number, or none is given.

    Examples:
        >>> from llm_strategy import limited, llm_function
        >>> from llm_strategy.testing import ScriptedModel
        >>> @llm_function
        ... def capital(model, country: str) -> str:
        ...     '''The capital of the country.'''
        >>> with limited(requests_per_minute=500, concurrency=8, shared=False):
        ...     capital(ScriptedModel(['"Paris"']), "France")
        'Paris'
    """
    own = Rates(_counted("requests_per_minute", requests_per_minute), _counted("tokens_per_minute", tokens_per_minute))
    most = _counted("concurrency", concurrency)
    if own == Rates() and most is None:
        raise ConfigurationError(
            "limited() limits nothing. Give it requests_per_minute, tokens_per_minute or concurrency."
        )
    return Scope("limited", lambda: _opened(own, most, shared))


@contextmanager
def _opened(own: Rates, most: int | None, shared: bool | str | os.PathLike[str]) -> Generator[None]:  # noqa: FBT001
    around = _around()
    rates = Rates(
        around.rates.requests if own.requests is None else own.requests,
        around.rates.tokens if own.tokens is None else own.tokens,
    )
    keep = own == Rates() and rates != own  # what is counted goes on being counted where it is
    most = around.concurrency if most is None else most
    counting = nullcontext(around.books) if keep else _books(shared)
    with counting as books, layered(LimitsLayer(rates, most, books)):
        yield


def _around() -> LimitsLayer:
    found = (layer for layer in layers_in_force() if isinstance(layer, LimitsLayer))
    return next(found, None) or LimitsLayer()


def _books(shared: bool | str | os.PathLike[str]) -> AbstractContextManager[Books | None]:  # noqa: FBT001
    if shared is False:
        return nullcontext()
    from llm_strategy.flow.limits.shared_books import SharedBooks  # SQLite is loaded where it is used

    return closing(SharedBooks(_file() if shared is True else Path(shared)))


def _file() -> Path:
    import platformdirs

    return platformdirs.user_state_path("llm-strategy") / "limits.sqlite"


def _counted(name: str, limit: object) -> int | None:
    if limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit >= 1):
        return limit
    raise ConfigurationError(f"limited({name}={limit!r}): a whole number is needed, 1 or more.")
