"""The judge: decides conditions of a program that are told in words."""

from __future__ import annotations

from llm_strategy.strategy import llm_strategy

__all__ = ["Judge"]


@llm_strategy()
class Judge:
    """Decides."""

    @staticmethod
    def holds(condition: str, files: str, findings: str) -> bool:
        """Say whether the condition holds for the product as it is now.

        Args:
            condition: what is asked.
            files: the files of the product, with what they define.
            findings: what tests and other checks say of it.
        """
        raise NotImplementedError
