"""The root of all errors."""

from __future__ import annotations

from typing import Any

__all__ = ["LLMStrategyError"]


class LLMStrategyError(Exception):
    """Base of every error raised by llm-strategy."""

    transcript: tuple[Any, ...] = ()
    """What a model did before, where it acts: `Taken` of `CodeAct`, oldest first."""
