"""Errors of a model that acts: with tools, and with code in a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors.root import LLMStrategyError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ActionsExhaustedError",
    "SandboxLostError",
    "ToolRefusedError",
]


class ToolRefusedError(LLMStrategyError):
    """A tool needs approval for a call, and did not get it."""


class SandboxLostError(LLMStrategyError):
    """A sandbox is gone, and what was in it."""


class ActionsExhaustedError(LLMStrategyError):
    """A model acted as often as it may, or kept doing the same, and came to no value."""

    def __init__(self, message: str, transcript: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.transcript = tuple(transcript)
