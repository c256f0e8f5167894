"""What to pass instead of a langchain object that holds a model, and is none."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["advice_on"]

_INSIDE = (
    (
        "RunnableBinding",
        "Arguments of bind() go to the model itself or to function.using(...), callbacks and tags to the model, "  # noqa: ISC004
        "tools are functions marked with llm_strategy.tool; {bound}",
    ),
    ("RunnableRetry", "Retries are llm_strategy.retrying(...), which is in force without it too; {bound}"),
    ("RunnableWithFallbacks", "Pass llm_strategy.fallback(first, second) of the models themselves."),
    ("DynamicRunnable", "Make the model with the values that you mean; {default}"),
    ("RunnableSequence", "Pass the model of the chain: the prompt and the type of the value are the function's own."),
)
"""Classes of langchain, the narrower ones first, and what stands for them here."""

_BOUND = "the model inside is `.bound`."
_DEFAULT = "the model inside is `.default`."


def advice_on(thing: Any) -> str:
    """Return what to do where somebody passes a wrapped model of langchain; '' for anything else."""
    if "langchain_core.runnables" not in sys.modules:  # nothing that was made without langchain is one of its objects
        return ""
    parents = {parent.__name__ for parent in type(thing).__mro__ if parent.__module__.startswith("langchain_core.")}
    words = next((words for name, words in _INSIDE if name in parents), "")
    return words.format(bound=_BOUND, default=_DEFAULT)
