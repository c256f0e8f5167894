"""Engines: who decides what is tried next. Each is a search as ours is, for the same driver, store and report."""

from llm_strategy.optimize.engines.engine import ENGINES as ENGINES
from llm_strategy.optimize.engines.engine import engine_search as engine_search
from llm_strategy.optimize.engines.random_proposer import RandomProposer as RandomProposer
