"""Errors of replies from which no value could be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llm_strategy.errors.root import LLMStrategyError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AttemptsExhaustedError",
    "EmptyReplyError",
    "FilteredError",
    "InvalidValueError",
    "MalformedReplyError",
    "NoValueError",
    "OversizedReplyError",
    "RefusedError",
    "ReplyError",
    "TruncatedError",
    "UnknownToolError",
]


class ReplyError(LLMStrategyError):
    """A reply came, and no value could be read from it."""

    retryable: ClassVar[bool] = True
    """Whether asking again, with this problem shown to the model, can help."""

    def __init__(self, message: str, *, reply: str = "") -> None:
        self.reply = reply
        """What the model said, as text."""
        super().__init__(message)


class RefusedError(ReplyError):
    """The model declined to answer. Asking again the same way costs money and changes nothing."""

    retryable = False


class FilteredError(ReplyError):
    """The provider's content filter stopped the reply."""

    retryable = False


class TruncatedError(ReplyError):
    """The reply was cut off at a length limit."""


class EmptyReplyError(ReplyError):
    """The reply holds nothing."""


class UnknownToolError(ReplyError):
    """The model called a tool that does not exist."""


class NoValueError(ReplyError):
    """No value was found in the text of the reply."""


class MalformedReplyError(ReplyError):
    """The value in the reply is damaged beyond mechanical repair."""


class InvalidValueError(ReplyError):
    """The value in the reply does not fit the declared type."""

    def __init__(self, message: str, *, reply: str = "", problems: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        """One line for each place that does not fit, as shown to the model."""
        super().__init__(message, reply=reply)


class OversizedReplyError(ReplyError):
    """The reply is beyond the size, depth or time limits of the reader."""


class AttemptsExhaustedError(LLMStrategyError):
    """Every attempt ended in a `ReplyError`."""

    def __init__(self, where: str, errors: Sequence[ReplyError]) -> None:
        self.errors = tuple(errors)
        """The error of each attempt, in order; `error.reply` is what the model said."""
        super().__init__(where, self.errors)

    def __str__(self) -> str:
        where, count = self.args[0], len(self.errors)
        lines = [f"{where} got no usable reply in {count} attempt{'s' if count != 1 else ''}:"]
        for number, error in enumerate(self.errors, 1):
            lines.append(f"  {number}. {type(error).__name__}: {error}")
            if error.reply:
                lines.append(f"     reply: {_shortened(error.reply)}")
        lines.append(
            "Make the return type more lenient, the docstring clearer, raise `attempts`, or use a stronger model."
        )
        return "\n".join(lines)


def _shortened(text: str, limit: int = 300) -> str:
    shown = repr(text)
    return shown if len(shown) <= limit else f"{shown[:limit]}... ({len(text)} characters)"
