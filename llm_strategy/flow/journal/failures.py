"""How requests failed, as data and back: only errors of a closed list are ever made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy import errors
from llm_strategy.errors import BudgetExceededError, LLMStrategyError, TransportError, UnsupportedError

if TYPE_CHECKING:
    from llm_strategy.flow.journal.store import ErrorData

__all__ = ["error_data", "error_from"]

_TRANSPORT: dict[str, type[TransportError]] = {
    kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TransportError)
}
_OTHER: dict[str, type[LLMStrategyError]] = {
    "UnsupportedError": UnsupportedError,
    "BudgetExceededError": BudgetExceededError,
}


def error_data(error: BaseException) -> ErrorData | None:
    """Return an error as data; None where it is none of those that requests end in."""
    name = type(error).__name__
    if isinstance(error, TransportError) and name in _TRANSPORT:
        return {"type": name, "message": str(error.args[0]), "status": error.status}
    return {"type": name, "message": str(error), "status": None} if type(error) is _OTHER.get(name) else None


def error_from(data: ErrorData) -> Exception:
    """Return the error behind data. It is not worth a retry: the program went on without a reply."""
    kind, message = _TRANSPORT.get(data["type"]), data["message"]
    if kind is not None:
        return kind(message, status=data["status"])
    return _OTHER.get(data["type"], LLMStrategyError)(message)
