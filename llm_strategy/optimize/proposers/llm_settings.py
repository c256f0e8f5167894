"""How a model is asked for better values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.loop.llm_optimizer import LLMOptimizer

if TYPE_CHECKING:
    from llm_strategy.optimize.synthetic import SyntheticCases

__all__ = ["LLMProposerSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMProposerSettings:
    """How a model is asked for better values."""

    mode: Literal["typed", "plain"] = "typed"
    """`typed` asks for values of any leaf, after reflections; `plain` has a small model write one text anew."""
    optimizer: type[LLMOptimizer] = LLMOptimizer
    """What the model is asked in the typed mode."""
    reflections: int = 3
    """How many runs of the minibatch are reflected on, the worst first; 0 shows their feedback alone."""
    mutations: int = 1
    """How many proposals are taken from one answer, each with a hypothesis of its own."""
    shown_others: int = 1
    """How many other good candidates the model is shown."""
    kept_hypotheses: int = 10
    """How many of the latest hypotheses are listed one by one."""
    summarized_hypotheses: int = 20
    """How many there are when the older ones are summed up; each so many more, they are summed up anew."""
    parameters_type: Any = Any
    """The type of the task's parameters."""
    results_type: Any = Any
    """The type of what the task gives."""
    synthetic: SyntheticCases | None = None
    """Where inputs go that the model makes up; None takes none."""
    perfect: float | None = 1.0
    """The score of a run that teaches nothing; None for no such score."""
    trusting: bool = False
    """Whether values that were made of untrusted input are used: they would be orders to later calls."""

    def __post_init__(self) -> None:
        least = {"reflections": 0, "mutations": 1, "shown_others": 0, "kept_hypotheses": 1, "summarized_hypotheses": 2}
        for name, low in least.items():
            found: object = getattr(self, name)
            if not isinstance(found, int) or isinstance(found, bool) or found < low:
                raise ConfigurationError(f"{name}={found!r} is no whole number from {low} on.")
        if self.kept_hypotheses >= self.summarized_hypotheses:
            raise ConfigurationError(
                f"kept_hypotheses={self.kept_hypotheses} leaves nothing to sum up of summarized_hypotheses="
                f"{self.summarized_hypotheses}. Keep fewer."
            )
        if self.mode not in {"typed", "plain"}:
            raise ConfigurationError(f"mode={self.mode!r} is neither 'typed' nor 'plain'.")
