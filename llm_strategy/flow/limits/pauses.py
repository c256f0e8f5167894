"""Lifting the pauses that providers have asked for."""

from __future__ import annotations

from llm_strategy.flow.layers import layers_in_force
from llm_strategy.flow.limits.layer import SHARED_ACCOUNTS, LimitsLayer

__all__ = ["forget_pauses"]


def forget_pauses() -> None:
    """Let requests go out again that providers did not want yet: to all accounts, from all threads and tasks.

    One answer with a `Retry-After` of ten hours stops an account for so long. Where you know better (the quota was
    raised, the answer was a mistake), this forgets it; requests that wait go on at once. Inside of `limited(...)` with
    a file that processes share, it is forgotten in the file, too.

    >>> forget_pauses()
    """
    SHARED_ACCOUNTS.forget_pauses()
    for layer in layers_in_force():
        if isinstance(layer, LimitsLayer):
            layer.forget_pauses()
