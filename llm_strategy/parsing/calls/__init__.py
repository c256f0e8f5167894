"""Calls of tools that a model writes into its text, in whatever form it has learned."""

from llm_strategy.parsing.calls.found import FoundCalls as FoundCalls
from llm_strategy.parsing.calls.found import calls_in as calls_in
