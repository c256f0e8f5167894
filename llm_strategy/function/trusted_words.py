"""What a model is told to do is never made of what came from somebody who is not trusted."""

from __future__ import annotations

from llm_strategy.errors import UntrustedInputError
from llm_strategy.schema import is_untrusted

__all__ = ["check_words"]


def check_words(where: str, value: object) -> None:
    """Raise UntrustedInputError where a value that becomes a part of a prompt's instructions is not trusted."""
    if is_untrusted(value):
        raise UntrustedInputError(
            f"{where} holds text that came from somebody who is not trusted, and would be an instruction to the model. "
            "Look at it, and pass trust(...) of it; or make it an argument."
        )
