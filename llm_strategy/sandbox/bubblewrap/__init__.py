"""The hardened body for Linux."""

from llm_strategy.sandbox.bubblewrap.body import Bubblewrap as Bubblewrap
