"""What is said of hyperparameters that do not exist, and of values that do not fit."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError, UnknownHyperparameterError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pydantic import ValidationError
    from pydantic_core import PydanticSerializationError

__all__ = [
    "misfit",
    "near",
    "no_entry",
    "no_scope",
    "not_written",
    "shown",
    "unknown_field",
    "unknown_function",
    "words_of",
]

_MANY = 12


def unknown_function(name: str, known: Collection[str]) -> UnknownHyperparameterError:
    """Return the error for a name that no tracked function has."""
    module = name.partition(".<locals>")[0].rpartition(".")[0]
    remedy = f"Import the module that defines it first ({module!r}, it seems)." if module else "Names are 'module.f'."
    return UnknownHyperparameterError(f"No tracked function is called {name!r}. {near(name, known)}{remedy}")


def unknown_field(where: str, name: str, known: Collection[str]) -> UnknownHyperparameterError:
    """Return the error for a name that no hyperparameter of a function has."""
    names = ", ".join(map(repr, list(known)[:_MANY])) + (", ..." if len(known) > _MANY else "")
    has = f"It has {names}." if known else "It has none."
    return UnknownHyperparameterError(f"{where!r} has no hyperparameter {name!r}. {near(name, known)}{has}")


def misfit(where: str, error: ValidationError, known: Collection[str]) -> HyperparameterError:
    """Return what pydantic says of the hyperparameters of a function, as an error of ours."""
    problems = error.errors(include_url=False, include_context=False)
    for problem in problems:
        if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
            return unknown_field(where, str(problem["loc"][0]), known)
    return HyperparameterError("\n".join(_told(where, problem) for problem in problems))


def _told(where: str, problem: Any) -> str:
    place: tuple[Any, ...] = problem["loc"]
    if not place:
        return f"{where!r}: {shown(problem['input'])} holds no hyperparameters: {_words(problem)}."
    name = "".join(_steps(place))
    return f"{where!r}: hyperparameter {name!r} cannot be {shown(problem['input'])}: {_words(problem)}."


def _words(problem: Any) -> str:
    return words_of(problem["msg"])


def words_of(message: object) -> str:
    """Return what pydantic says, without what it says of how it knows."""
    return str(message).removeprefix("Value error, ").removeprefix("Assertion failed, ").removesuffix(".")


def _steps(place: Iterable[int | str]) -> Iterable[str]:
    for index, step in enumerate(place):
        yield f"[{step}]" if isinstance(step, int) else f".{step}" if index else step


def no_entry(name: str, known: Collection[str]) -> UnknownHyperparameterError:
    """Return the error for a function of which a scope holds nothing."""
    has = "" if known else "It is empty."
    return UnknownHyperparameterError(
        f"The scope has no entry of {name!r} to delete. {near(name, known)}{has}".rstrip()
    )


def no_scope(error: ValidationError) -> HyperparameterError:
    """Return what is said of data that make no scope."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, HyperparameterError):
        return type(cause)(*cause.args)
    return HyperparameterError(f"{shown(first['input'])} holds no hyperparameters: {_words(first)}.")


def not_written(error: PydanticSerializationError) -> HyperparameterError:
    """Return the error that pydantic has wrapped: as a new one, or the two would be the cause of each other."""
    cause = error.__cause__
    return type(cause)(*cause.args) if isinstance(cause, HyperparameterError) else HyperparameterError(f"{error}")


def near(name: str, known: Collection[str]) -> str:
    """Return a question that names what may have been meant, with a space after it; nothing where nothing is near.

    >>> near("learning_rat", ["learning_rate", "steps"])
    "Did you mean 'learning_rate'? "
    """
    ends = {one.rpartition(".")[2]: one for one in known}
    found = get_close_matches(name, known, n=3) or [
        ends[end] for end in get_close_matches(name.rpartition(".")[2], ends, n=3)
    ]
    return f"Did you mean {' or '.join(map(repr, found))}? " if found else ""


def shown(value: object, limit: int = 200) -> str:
    """Return a value as an error message shows it."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 (a value of the user's may raise anything here)
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
