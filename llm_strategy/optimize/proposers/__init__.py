"""Proposers: whoever makes up values that may be better."""

from llm_strategy.optimize.proposers.examples import ExamplesProposer as ExamplesProposer
from llm_strategy.optimize.proposers.local import LocalProposer as LocalProposer
from llm_strategy.optimize.proposers.merge import MergeProposer as MergeProposer
from llm_strategy.optimize.proposers.optuna import OptunaProposer as OptunaProposer
from llm_strategy.optimize.proposers.proposer import Proposer as Proposer
from llm_strategy.optimize.proposers.restart import RestartProposer as RestartProposer
