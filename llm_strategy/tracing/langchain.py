"""Seeing calls of langchain models that do not go through the library.

The handler is put into every run of langchain by a configure hook, so nobody has to pass `callbacks=`. langchain is not
imported for it: a program that has not loaded it has no models to watch.
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING

from llm_strategy.tracing.recording import current_span, told_by

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler

    from llm_strategy.tracing.langchain_handler import LeafHandler

__all__ = ["watch_langchain"]

_WATCHED: list[LeafHandler] = []
_REGISTERING = Lock()


def watch_langchain() -> None:
    """Let langchain tell about its runs from now on, where it is loaded."""
    if _WATCHED or "langchain_core.runnables.config" not in sys.modules:
        return
    with _REGISTERING:
        if not _WATCHED:
            handler: LeafHandler = import_module("llm_strategy.tracing.langchain_handler").LeafHandler()
            hooks = import_module("langchain_core.tracers.context")
            hooks.register_configure_hook(_Hook(handler), inheritable=True)
            told_by(handler.innermost)
            _WATCHED.append(handler)


class _Hook:
    """Stands for the context variable that langchain asks for a handler."""

    def __init__(self, handler: BaseCallbackHandler) -> None:
        self._handler = handler

    def get(self) -> BaseCallbackHandler | None:
        """Return the handler where a trace is under way, and no request of our own, which has its span already."""
        span = current_span()
        return None if span is None or span.kind == "chat" else self._handler
