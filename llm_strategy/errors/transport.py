"""Errors of requests that brought no reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors.root import LLMStrategyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

__all__ = [
    "CircuitOpenError",
    "DamagedReplyError",
    "NoModelAnsweredError",
    "NotAModelError",
    "RateLimitedError",
    "TimedOutError",
    "TransportError",
]


class TransportError(LLMStrategyError):
    """No reply came: the network, the server or the provider failed."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        reply: str = "",
    ) -> None:
        self.status = status
        """The HTTP status, where there was one."""
        self.retryable = retryable
        """Whether the same request may succeed another time."""
        self.retry_after = retry_after
        """Seconds that the provider wants us to wait from the answer on; None where it did not say."""
        self.reply = reply
        """What came instead of a reply, or as much of the reply as came; shortened, and without secrets."""
        self.earlier: tuple[TransportError, ...] = ()
        """What went wrong in the attempts before this one, in order."""
        self.given_up = ""
        """Why the request was not sent again, where it might have been."""
        super().__init__(message)

    def __str__(self) -> str:
        said = super().__str__()
        lines = [f"{said}{'' if said.endswith(('.', '!', '?')) else '.'} {self.given_up}" if self.given_up else said]
        if self.earlier:
            count = len(self.earlier)
            lines.append(f"{count} attempt{'s' if count != 1 else ''} before it:")
        for number, error in enumerate(self.earlier, 1):
            lines.append(f"  {number}. {type(error).__name__}: {error.args[0]}")
        return "\n".join(lines)


class NotAModelError(TransportError):
    """Something answered with success, but it is no chat model: an HTML page, an error body, other JSON."""


class DamagedReplyError(TransportError):
    """The answer of a chat model was cut off or garbled on its way, or is beyond the size limits."""


class RateLimitedError(TransportError):
    """The provider wants fewer requests, now or for good (a used up quota)."""


class TimedOutError(TransportError, TimeoutError):
    """No whole reply came within the time given."""


class CircuitOpenError(TransportError):
    """The model failed so often in a row that it is not asked for a while."""


class NoModelAnsweredError(TransportError):
    """Several models were asked, and none of them gave a reply of use."""

    def __init__(self, where: str, errors: Sequence[tuple[str, Exception]]) -> None:
        self.errors = tuple(error for _, error in errors)
        """The last error of each model, in the order in which they were asked."""
        lines = [f"{where or 'The request'} got no answer from any of {len(errors)} models:"]
        lines += [f"  {name}: {type(error).__name__}: {error}" for name, error in errors]
        super().__init__("\n".join(lines), status=getattr(errors[-1][1], "status", None))
        self._given = where, tuple(errors)

    def __reduce__(self) -> tuple[type[Self], tuple[str, tuple[tuple[str, Exception], ...]], dict[str, object]]:
        return type(self), self._given, vars(self)
