"""`with caching(...)`: the same question is paid for once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.cache.layer import CacheLayer
from llm_strategy.flow.cache.location import cache_path
from llm_strategy.flow.cache.options import MAX_BYTES, CacheOptions
from llm_strategy.flow.cache.shared import borrow, give_back
from llm_strategy.flow.layers import layered
from llm_strategy.flow.scope import Scope

if TYPE_CHECKING:
    import os
    from collections.abc import Generator

__all__ = ["caching"]


def caching(
    path: str | os.PathLike[str] | None = None,
    *,
    ttl: float | None = None,
    max_bytes: int = MAX_BYTES,
    read: bool = True,
    write: bool = True,
    every: bool = True,
) -> Scope[None]:
    """Answer requests from a file where the very same was asked before: same model, settings, messages and form.

    Any number of threads, tasks and processes may use one file; of equal requests at the same time one is sent. What
    came out of the file is marked as `cached`, and costs nothing: neither budgets nor limits see it. A file that is
    damaged, full, locked or read-only is told by one warning of the logger `llm_strategy.cache`, and calls go on
    without it. Of scopes inside one another the innermost one counts.

    A scope holds in tasks, and in threads that have its context: those of `.map`, those that run a function made by
    `carried`, and those of a `ContextThreadPoolExecutor`. Any other thread of yours, such as one of a
    `ThreadPoolExecutor`, is outside, and so is another process, unless it was forked inside of the scope or a
    `RayExecutor` began it.

    >>> import tempfile
    >>> from llm_strategy import llm_function
    >>> from llm_strategy.testing import ScriptedModel
    >>> @llm_function
    ... def capital(model, country: str) -> str:
    ...     '''Name the capital.'''
    ...     raise NotImplementedError
    >>> model = ScriptedModel(["Paris"])
    >>> with tempfile.TemporaryDirectory() as folder, caching(f"{folder}/calls.db"):
    ...     capital(model, "France"), capital(model, "France"), len(model.asked)
    ('Paris', 'Paris', 1)

    Args:
        path: the file; None takes the one that `LLM_STRATEGY_CACHE` names, or one in the user's folder of caches.
        ttl: seconds for which a reply is good; None for ever.
        max_bytes: how much is kept; what was not used for longest goes first.
        read: whether known replies are used; without it all is asked again, and kept anew.
        write: whether new replies are kept.
        every: whether all functions take part, or only those with `cached=True`.

    Returns:
        A scope, for `with`, or to decorate a function, `async` or not.

    Raises:
        ConfigurationError: a limit is below 0; or, when the scope is opened, the path is that of a folder.
    """
    _check("ttl", ttl)
    _check("max_bytes", max_bytes)
    return Scope("caching", lambda: _opened(CacheOptions(cache_path(path), ttl, max_bytes, read, write, every)))


@contextmanager
def _opened(options: CacheOptions) -> Generator[None]:
    if options.path.is_dir():
        raise ConfigurationError(
            f"caching({str(options.path)!r}): this is a folder. Name a file, such as "
            f"{str(options.path / 'calls.db')!r}."
        )
    borrow(options.path)
    try:
        with layered(CacheLayer(options)):
            yield
    finally:
        give_back(options.path)


def _check(name: str, limit: float | None) -> None:
    number = cast("object", limit)
    if number is None and name == "ttl":
        return
    if not isinstance(number, int | float) or isinstance(number, bool) or not number >= 0:
        raise ConfigurationError(f"caching({name}={limit!r}) is no limit. Use a number from 0 on.")
