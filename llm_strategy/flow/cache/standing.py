"""The cache of programs that open none: the environment may name a file for them."""

from __future__ import annotations

import atexit
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.flow.cache.location import cache_of_environment
from llm_strategy.flow.ranks import CACHE

if TYPE_CHECKING:
    from llm_strategy.flow.cache.layer import CacheLayer
    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request

__all__ = ["CacheOfEnvironment"]


class CacheOfEnvironment:
    """Passes requests to the cache that `LLM_STRATEGY_CACHE` names, if it names one; the file is open to the end."""

    __slots__ = ("_layers", "_lock")

    rank: Final = CACHE
    kind: Final = "cache"

    def __init__(self) -> None:
        self._layers: dict[str, CacheLayer] = {}
        self._lock = RLock()

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:
        """Answer a request, or pass it on."""
        named = cache_of_environment()
        return onward(request) if named is None else self._layer(named)(request, path, onward)

    def _layer(self, named: str) -> CacheLayer:
        known = self._layers.get(named)
        if known is not None:
            return known
        from llm_strategy.flow.cache.layer import CacheLayer  # most programs have no cache
        from llm_strategy.flow.cache.location import cache_path
        from llm_strategy.flow.cache.options import CacheOptions
        from llm_strategy.flow.cache.shared import borrow, give_back

        with self._lock:
            if named not in self._layers:
                options = CacheOptions(cache_path(named))
                borrow(options.path)
                atexit.register(give_back, options.path)
                self._layers[named] = CacheLayer(options)
            return self._layers[named]
