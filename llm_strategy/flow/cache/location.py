"""Where a cache lies when nobody says: in the user's own folder of caches, or where the environment says."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["CACHE_VARIABLE", "cache_of_environment", "cache_path"]

CACHE_VARIABLE = "LLM_STRATEGY_CACHE"
"""Environment variable that names the file of a cache, for programs that open none too; `off` for none."""

_OFF = frozenset({"", "0", "off", "no", "none", "false"})


def cache_of_environment() -> str | None:
    """Return the file that the environment names, as it is written there, or None."""
    named = os.environ.get(CACHE_VARIABLE)
    return None if named is None or named.strip().lower() in _OFF else named


def cache_path(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the file of a cache: the given one, that of the environment, or `replies.db` in the user's cache.

    >>> cache_path("/tmp/calls.db").name
    'calls.db'
    """
    named = given or cache_of_environment()
    if named:
        return Path(named).expanduser().resolve()
    import platformdirs

    return platformdirs.user_cache_path("llm-strategy") / "replies.db"
