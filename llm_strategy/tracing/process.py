"""The trace of a whole process, for scripts that were not written for it: `LLM_STRATEGY_TRACE=dir python script.py`."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

from llm_strategy.tracing.settings import trace_settings

if TYPE_CHECKING:
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["process_span"]

_STARTING = RLock()
_UNDER_WAY: list[bool] = []
_STARTED: list[OpenSpan | None] = []


def process_span() -> OpenSpan | None:
    """Return the span of the whole process; None where neither the environment nor a pyproject.toml asks for one.

    The first call decides.

    Raises:
        ConfigurationError: what asks for it is wrong.
        TraceFileError: its directory cannot be written to.
    """
    return _STARTED[0] if _STARTED else _decide()


def _decide() -> OpenSpan | None:
    with _STARTING:
        if _STARTED:
            return _STARTED[0]
        if _UNDER_WAY:
            return None  # this very thread is at it, and what it does to start is not traced
        _UNDER_WAY.append(True)
        try:
            settings = trace_settings()
            if settings.directory is None:
                _STARTED.append(None)
            else:
                from llm_strategy.tracing.process_session import start

                _STARTED.append(start(settings, settings.directory))
        finally:
            _UNDER_WAY.clear()
        return _STARTED[0]
