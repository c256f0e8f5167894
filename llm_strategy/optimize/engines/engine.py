"""Engines by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.engines.gepa import gepa_search
from llm_strategy.optimize.engines.sampling import optuna_search, random_search
from llm_strategy.optimize.search.search import search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.optimize.search.requests import Search
    from llm_strategy.optimize.search.setup import SearchSetup

__all__ = ["ENGINES", "engine_search"]

ENGINES: Mapping[str, Callable[[SearchSetup], Search]] = {
    "llm-strategy": search,
    "gepa": gepa_search,
    "optuna": optuna_search,
    "random": random_search,
}
"""The searches by the names of their engines; `llm-strategy` is ours."""


def engine_search(engine: str, setup: SearchSetup) -> Search:
    """Return a search by the name of its engine.

    Raises:
        ConfigurationError: there is no such engine.
        MissingExtraError: the library behind it is not installed.
    """
    if engine not in ENGINES:
        raise ConfigurationError(f"engine={engine!r} names no engine. Known are {', '.join(sorted(ENGINES))}.")
    return ENGINES[engine](setup)
