"""The exact cache: what was asked before is answered from a file, and the same question is asked once at a time."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.flow.cache.scope import caching as caching

__all__ = ["caching"]

_HOMES = {"caching": "llm_strategy.flow.cache.scope", "LangchainCache": "llm_strategy.chat.langchain_cache"}
"""Where the names are found, when they are asked for; the second one needs langchain, which nothing else here does."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
