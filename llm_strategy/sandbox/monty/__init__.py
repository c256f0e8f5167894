"""The body for every system: an interpreter of its own."""

from llm_strategy.sandbox.monty.body import Monty as Monty
