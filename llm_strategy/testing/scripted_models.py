"""The fixture `scripted_model`: makes models that say what the test tells them to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.chat import use_model
from llm_strategy.testing.scripted import ScriptedModel

if TYPE_CHECKING:
    from llm_strategy.testing.scripted import Script

__all__ = ["ScriptedModels"]


class ScriptedModels:
    """Makes scripted models for one test.

    >>> scripted_model = ScriptedModels()
    >>> model = scripted_model(["yes"], default=True)
    >>> model.invoke("Really?").content
    'yes'
    >>> scripted_model.close()
    """

    def __init__(self) -> None:
        self._defaults: list[use_model] = []

    def __call__(self, replies: Script = (), *, default: bool = False, **fields: Any) -> ScriptedModel:
        """Return a model with its replies written beforehand; it keeps what it was `asked`.

        Args:
            replies: texts, messages or errors in order, or a function of the messages; see `ScriptedModel`.
            default: whether calls that name no model ask it, to the end of the test.
            **fields: further fields of `ScriptedModel`, such as `llm_strategy_methods`.
        """
        model = ScriptedModel(replies, **fields)
        if default:
            self._defaults.append(use_model(model))
        return model

    def close(self) -> None:
        """End the test: no model is the default any more."""
        while self._defaults:
            with self._defaults.pop():  # leaving the block takes back what was set for the process
                pass
