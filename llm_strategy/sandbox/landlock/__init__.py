"""The body for Linux without user namespaces."""

from llm_strategy.sandbox.landlock.body import Landlock as Landlock
