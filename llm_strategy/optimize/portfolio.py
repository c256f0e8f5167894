"""Who may propose: as many kinds of proposers as the leaves of the space give work to."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.engines import RandomProposer
from llm_strategy.optimize.proposers.examples import ExamplesProposer
from llm_strategy.optimize.proposers.llm import LLMProposer
from llm_strategy.optimize.proposers.llm_pool import PoolProposer
from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
from llm_strategy.optimize.proposers.local import LocalProposer
from llm_strategy.optimize.proposers.merge import MergeProposer
from llm_strategy.optimize.proposers.optuna import OptunaProposer
from llm_strategy.optimize.proposers.response import ResponseProposer, is_tuned
from llm_strategy.optimize.proposers.restart import RestartProposer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.inputs import Inputs
    from llm_strategy.optimize.options import OptimizeOptions
    from llm_strategy.optimize.proposers import Proposer
    from llm_strategy.optimize.rollouts.run_book import RunBook
    from llm_strategy.optimize.space import Space
    from llm_strategy.optimize.synthetic import SyntheticCases

__all__ = ["portfolio"]

_WRITTEN = frozenset({"text", "examples", "data"})
"""Kinds of leaves that have to be written; all others are drawn."""


def portfolio(
    inputs: Inputs, options: OptimizeOptions, runs: RunBook, synthetic: SyntheticCases | None
) -> dict[str, Proposer]:
    """Return the proposers by name, whoever writes first.

    Args:
        inputs: what the search begins with.
        options: the options of the call: proposers of its own take the place of ours.
        runs: where details of runs are looked up.
        synthetic: where inputs go that a model makes up.
    """
    engine = options.get("engine", "llm-strategy")
    if engine == "random":
        ours: Sequence[Any] = [RandomProposer(inputs.space)]
    elif engine == "optuna":
        ours = [OptunaProposer(inputs.space)]
    else:
        ours = _ours(inputs, options, runs, synthetic)
    found: dict[str, Proposer] = {one.name: one for one in ours}
    found.update({one.name: one for one in options.get("proposers", ())})
    return found


def _ours(inputs: Inputs, options: OptimizeOptions, runs: RunBook, synthetic: SyntheticCases | None) -> Sequence[Any]:
    space, pool = inputs.space, list(options.get("pool", ()))
    kinds = {leaf.kind for leaf in space.leaves}
    writer: Any = PoolProposer(space, pool, name="pool") if pool else _asking(inputs, options, runs, synthetic)
    found: list[Any] = [writer] if pool or kinds & _WRITTEN else []
    if kinds - _WRITTEN:
        found += _tuning(space, pooled=inputs.settings.pooled)
    if "examples" in kinds:
        found.append(ExamplesProposer(space, runs, inputs.data["train"]))
    if len(space.leaves) > 1:
        found.append(MergeProposer(space))
    return [*found, RestartProposer(space)] if found else [writer]


def _tuning(space: Space, *, pooled: bool) -> Sequence[Any]:
    """Return who tunes: a response surface where there is much to tune, and numpy to learn it with."""
    if pooled and is_tuned(space.leaves) and find_spec("numpy"):
        return [ResponseProposer(space)]
    return [*([OptunaProposer(space)] if find_spec("optuna") else []), LocalProposer(space)]


def _asking(inputs: Inputs, options: OptimizeOptions, runs: RunBook, synthetic: SyntheticCases | None) -> LLMProposer:
    settings = options.get("proposing") or LLMProposerSettings()
    perfect = inputs.scorer.facts.perfect
    if perfect is not None:
        settings = replace(settings, perfect=perfect)
    if synthetic is not None:
        settings = replace(settings, synthetic=synthetic)
    return LLMProposer(inputs.space, options.get("model"), runs, settings)
