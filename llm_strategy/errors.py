"""Every error that llm-strategy raises, as one tree.

```
LLMStrategyError
├── DefinitionError (TypeError)            a stub, class or type that cannot be implemented; raised when it is defined
├── ConfigurationError (ValueError)        the call cannot start as it is set up
│   ├── NoModelError                       no model was given, set or named in the environment
│   ├── UnknownModelError                  a model name that resolves to nothing
│   ├── MissingExtraError (ImportError)    an optional dependency is not installed
│   ├── UnsupportedError                   the model cannot do what the call asks of it
│   ├── SandboxUnavailableError            no sandbox that was asked for holds on this machine
│   └── NetworkBlockedError                a test asked a model in the network without saying that it may
├── InputError (ValueError)                an argument that cannot be shown to a model
│   └── UntrustedInputError                a tool was given what came from untrusted input
├── ToolRefusedError                       a tool needs approval for a call, and did not get it
├── SandboxLostError                       a sandbox is gone, and what was in it
├── ActionsExhaustedError                  a model acted as often as it may, and came to no value; holds what it did
├── ModelFileError                         a model file of the embedded runtime
│   ├── ModelFileMissingError (FileNotFoundError)
│   ├── ModelDownloadError
│   └── ModelHashError
├── TransportError                         no reply: network, server or provider failure
│   ├── NotAModelError                     something answered, but not a chat model (an HTML page, say)
│   ├── DamagedReplyError                  an answer that was cut off, garbled or beyond the size limits on its way
│   ├── RateLimitedError                   the provider wants fewer requests
│   ├── TimedOutError (TimeoutError)       no whole reply within the time given
│   ├── CircuitOpenError                   the model failed so often that it is not asked for a while
│   └── NoModelAnsweredError               several models were asked, and none gave a reply of use; holds their errors
├── BudgetExceededError                    the next request would cost more than is left
├── JournalError                           a journal that cannot be used
│   └── ProgramChangedError                the program asks something else than it did when the journal was written
├── WorkerLostError                        the process of a cluster that worked on an item has died, again and again
├── StoredDataError (ValueError)           what was stored does not fit its type
├── ReplyError                             a reply came, and no value could be read from it
│   ├── RefusedError                       the model declined to answer
│   ├── FilteredError                      the provider's content filter stopped the reply
│   ├── TruncatedError                     the reply was cut off at a length limit
│   ├── EmptyReplyError                    nothing in the reply
│   ├── UnknownToolError                   a call to a tool that does not exist
│   ├── NoValueError                       text in which no value was found
│   ├── MalformedReplyError                a value that is damaged beyond mechanical repair
│   ├── InvalidValueError                  a value that does not fit the declared type
│   └── OversizedReplyError                a reply beyond the size, depth or time limits of the reader
├── AttemptsExhaustedError                 every attempt ended in a ReplyError; holds all of them
├── ReplayError                            a recorded model was asked something that is not on its tape
├── HyperparameterError (ValueError)       a hyperparameter that does not exist, or a value that does not fit
│   └── UnknownHyperparameterError (KeyError)  a function or a hyperparameter of a name that nobody knows
└── TraceFileError                         a trace that cannot be read
```

A message says where (names as `repr`), what was found, and what to do. Data that a program may want is an attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

__all__ = [
    "ActionsExhaustedError",
    "AttemptsExhaustedError",
    "BudgetExceededError",
    "CircuitOpenError",
    "ConfigurationError",
    "DamagedReplyError",
    "DefinitionError",
    "EmptyReplyError",
    "FilteredError",
    "HyperparameterError",
    "InputError",
    "InvalidValueError",
    "JournalError",
    "LLMStrategyError",
    "MalformedReplyError",
    "MissingExtraError",
    "ModelDownloadError",
    "ModelFileError",
    "ModelFileMissingError",
    "ModelHashError",
    "NetworkBlockedError",
    "NoModelAnsweredError",
    "NoModelError",
    "NoValueError",
    "NotAModelError",
    "OversizedReplyError",
    "ProgramChangedError",
    "RateLimitedError",
    "RefusedError",
    "ReplayError",
    "ReplyError",
    "SandboxLostError",
    "SandboxUnavailableError",
    "StoredDataError",
    "TimedOutError",
    "ToolRefusedError",
    "TraceFileError",
    "TransportError",
    "TruncatedError",
    "UnknownHyperparameterError",
    "UnknownModelError",
    "UnknownToolError",
    "UnsupportedError",
    "UntrustedInputError",
    "WorkerLostError",
]


class LLMStrategyError(Exception):
    """Base of every error raised by llm-strategy."""

    transcript: tuple[Any, ...] = ()
    """What a model did before, where it acts: `Taken` of `CodeAct`, oldest first."""


class DefinitionError(LLMStrategyError, TypeError):
    """A stub, class or type cannot be implemented by a model; raised where it is defined."""


class ConfigurationError(LLMStrategyError, ValueError):
    """A call cannot start the way it is set up."""


class NoModelError(ConfigurationError):
    """No model was passed, set with `use_model`, or named in `LLM_STRATEGY_MODEL`."""


class UnknownModelError(ConfigurationError):
    """A model name does not resolve to anything."""


class MissingExtraError(ConfigurationError, ImportError):
    """An optional dependency is needed and not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        """Name of the extra that brings the dependency."""
        self._purpose = purpose
        super().__init__(
            f"{purpose} needs the optional extra {extra!r}. Install it with: pip install 'llm-strategy[{extra}]'"
        )

    def __reduce__(self) -> tuple[type[Self], tuple[str, str], dict[str, object]]:
        # An exception is otherwise made again from its message alone.
        return type(self), (self.extra, self._purpose), vars(self)


class UnsupportedError(ConfigurationError):
    """The model cannot do what the call asks of it."""


class InputError(LLMStrategyError, ValueError):
    """An argument cannot be shown to a model."""


class UntrustedInputError(InputError):
    """A tool that does not accept untrusted input was given what came from it."""


class ToolRefusedError(LLMStrategyError):
    """A tool needs approval for a call, and did not get it."""


class SandboxUnavailableError(ConfigurationError):
    """No sandbox that was asked for holds on this machine; no code of a model was run."""


class NetworkBlockedError(ConfigurationError):
    """A test asked a model in the network, and did not say that it may."""


class SandboxLostError(LLMStrategyError):
    """A sandbox is gone, and what was in it."""


class ActionsExhaustedError(LLMStrategyError):
    """A model acted as often as it may, or kept doing the same, and came to no value."""

    def __init__(self, message: str, transcript: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.transcript = tuple(transcript)


class ModelFileError(LLMStrategyError):
    """A model file of the embedded runtime cannot be used."""


class ModelFileMissingError(ModelFileError, FileNotFoundError):
    """The model file is not on this machine."""


class ModelDownloadError(ModelFileError):
    """The model file could not be fetched from any of its sources."""


class ModelHashError(ModelFileError):
    """The bytes of a model file are not the ones that were pinned."""


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


class BudgetExceededError(LLMStrategyError):
    """The next request would cost more than is left of a budget: it was not sent."""

    def __init__(self, message: str, *, limit: str = "", results: Sequence[object] = ()) -> None:
        self.limit = limit
        """What is used up: `calls`, `tokens`, `dollars` or `seconds`."""
        self.results = tuple(results)
        """What was finished before, where the budget ended flows that ran side by side."""
        super().__init__(message)


class JournalError(LLMStrategyError):
    """A journal cannot be used."""


class ProgramChangedError(JournalError):
    """The program asks something else at a step than it did when the journal was written."""


class WorkerLostError(LLMStrategyError):
    """The process of a cluster that worked on an item has died, as often as it was begun anew."""


class StoredDataError(LLMStrategyError, ValueError):
    """What was stored, or sent by another process, does not fit its type."""


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


class ReplayError(LLMStrategyError, LookupError):
    """A recorded model was asked something that is not on its tape."""


class HyperparameterError(LLMStrategyError, ValueError):
    """A hyperparameter does not exist, or its value does not fit its type."""


class UnknownHyperparameterError(HyperparameterError, KeyError):
    """No function, or no hyperparameter of a function, has this name."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the message as a literal


class TraceFileError(LLMStrategyError):
    """A trace cannot be read."""


def _shortened(text: str, limit: int = 300) -> str:
    shown = repr(text)
    return shown if len(shown) <= limit else f"{shown[:limit]}... ({len(text)} characters)"
