"""What `optimize` accepts besides its task and cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Executor
    from llm_strategy.optimize.budget import Budget
    from llm_strategy.optimize.events import Event
    from llm_strategy.optimize.metric import Metric, Scorer
    from llm_strategy.optimize.proposers import Proposer
    from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
    from llm_strategy.optimize.search.settings import SearchSettings
    from llm_strategy.optimize.space import Space
    from llm_strategy.tracing.prices import Price

__all__ = ["Engine", "OptimizeOptions"]

Engine = Literal["llm-strategy", "gepa", "optuna", "random"]
"""Whose algorithm decides what is tried next."""


class OptimizeOptions(TypedDict, total=False):
    """What `optimize` accepts besides its task and cases."""

    metric: Metric | Scorer | None
    """Scores a result: a function of the case and the result that returns a number, True or False, or a `Score`."""
    judge: Scorer | None
    """A `Judge`, where there is no metric. Without both, the model grades its own runs, and the report says so."""
    space: Space | None
    """What may be changed, made by `search_space`; None for what an LLM function has itself."""
    budget: Budget | int | None
    """What may be spent, never more; a number means rollouts; None for 200 of them."""
    seed: int
    """Seeds everything that is drawn: 0 by default."""
    store: str | Path | None
    """A file where all of it is kept: the same call goes on where it was broken off. None keeps it in memory."""
    workers: int
    """How many rollouts are under way at once: 1 by default. What comes out is the same with any number."""
    executor: Executor | None
    """Where rollouts are carried out: threads of this process by default, or a `RayExecutor`."""
    model: ModelLike | None
    """Who reflects and proposes; None for the model in force."""
    task_model: ModelLike | None
    """Who answers the task; None for the model in force."""
    engine: Engine
    """Whose algorithm decides: `llm-strategy` by default."""
    settings: SearchSettings | Mapping[str, Any] | None
    """How the search goes about it."""
    proposing: LLMProposerSettings | None
    """How the model is asked for better values; `LLMProposerSettings(mode="plain")` suits small models."""
    pool: Iterable[Mapping[str, Any]]
    """Candidates written by hand, as values by leaf: proposed instead of asking a model."""
    proposers: Iterable[Proposer]
    """Proposers of your own; one takes the place of ours that has the same name."""
    synthetic: int
    """How many inputs that the model makes up are learned from at most; none by default."""
    retries: int
    """How often a task is called again that got no reply from a model."""
    prices: Mapping[str, Price]
    """Prices of models, besides the known ones."""
    watch: Callable[[Event], None] | None
    """Is told what happens."""
