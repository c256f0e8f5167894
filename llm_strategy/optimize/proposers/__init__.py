"""Proposers: whoever makes up values that may be better."""

from llm_strategy.optimize.proposers.proposer import Proposer as Proposer
