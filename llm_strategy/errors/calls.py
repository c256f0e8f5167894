"""Errors of a call that does not begin: what is defined, set up or passed in cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors.root import LLMStrategyError

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "ConfigurationError",
    "DefinitionError",
    "HyperparameterError",
    "InputError",
    "MissingExtraError",
    "MissingKeyError",
    "NetworkBlockedError",
    "NoModelError",
    "SandboxUnavailableError",
    "UnknownHyperparameterError",
    "UnknownModelError",
    "UnknownPriceError",
    "UnsupportedError",
    "UntrustedInputError",
]


class DefinitionError(LLMStrategyError, TypeError):
    """A stub, class or type cannot be implemented by a model; raised where it is defined."""


class ConfigurationError(LLMStrategyError, ValueError):
    """A call cannot start the way it is set up."""


class NoModelError(ConfigurationError):
    """No model was passed, set with `use_model`, or named in `LLM_STRATEGY_MODEL`."""


class UnknownModelError(ConfigurationError):
    """A model name does not resolve to anything."""


class MissingKeyError(ConfigurationError):
    """A hosted model needs a key, and there is none."""


class UnknownPriceError(ConfigurationError):
    """A budget of money cannot be kept: the price of the model is not known."""


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


class SandboxUnavailableError(ConfigurationError):
    """No sandbox that was asked for holds on this machine; no code of a model was run."""


class NetworkBlockedError(ConfigurationError):
    """A test asked a model in the network, and did not say that it may."""


class InputError(LLMStrategyError, ValueError):
    """An argument cannot be shown to a model."""


class UntrustedInputError(InputError):
    """A tool that does not accept untrusted input was given what came from it."""


class HyperparameterError(LLMStrategyError, ValueError):
    """A hyperparameter does not exist, or its value does not fit its type."""


class UnknownHyperparameterError(HyperparameterError, KeyError):
    """No function, or no hyperparameter of a function, has this name."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the message as a literal
