"""`track_hyperparameters`: the parameters of a function that begin with an underscore are its hyperparameters."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, overload

from llm_strategy.errors import DefinitionError
from llm_strategy.hyperparameters.registry import Tracked
from llm_strategy.hyperparameters.tracked import TrackedFunction

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["track_hyperparameters"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@overload
def track_hyperparameters(  # type: ignore[overload-overlap]  # a staticmethod can be called as well
    function: staticmethod[P, R],  # pyright: ignore[reportOverlappingOverload]
    /,
) -> staticmethod[P, R]: ...
@overload
def track_hyperparameters(function: classmethod[T, P, R], /) -> classmethod[T, P, R]: ...
@overload
def track_hyperparameters(function: Callable[P, R], /) -> TrackedFunction[P, R]: ...
@overload
def track_hyperparameters() -> Callable[[Callable[P, R]], TrackedFunction[P, R]]: ...
def track_hyperparameters(function: Any = None, /) -> Any:
    """Make the parameters of a function whose names begin with an underscore its hyperparameters.

    Each needs an annotation and a default, which may be a pydantic `Field(default, description=..., ge=...)`. In a
    scope they have the values that are set there; arguments that are given win.

    >>> from pydantic import Field
    >>> from llm_strategy.hyperparameters import Hyperparameters
    >>> @track_hyperparameters
    ... def sample(n: int, *, _temperature: float = Field(0.7, ge=0, description="Above 0 for variety.")) -> str:
    ...     return f"{n} at {_temperature}"
    >>> with Hyperparameters({sample: {"temperature": 1.5}}):
    ...     sample(3), sample(3, _temperature=0)
    ('3 at 1.5', '3 at 0')

    Args:
        function: a function, an async function, a generator, an async generator, or a method, above or below
            `@staticmethod` and `@classmethod`; it may be left out, as in `@track_hyperparameters()`.

    Raises:
        DefinitionError: a hyperparameter has no annotation or no default, a default that does not fit, or a name that
            cannot be one; or the function has hyperparameters already, as LLM functions do.
    """
    if function is None:
        return track_hyperparameters
    if isinstance(function, TrackedFunction):
        return cast("TrackedFunction[..., Any]", function)
    if isinstance(function, staticmethod | classmethod):
        wrapper = cast("Any", function)
        return type(wrapper)(track_hyperparameters(wrapper.__func__))
    _check(function)
    return TrackedFunction(function)


def _check(function: Any) -> None:
    if isinstance(function, property | cached_property):
        kind = type(cast("Any", function)).__name__
        raise DefinitionError(
            f"A {kind} cannot be tracked, its function can. Write @track_hyperparameters below @{kind}."
        )
    inner = function
    while inner is not None:
        if isinstance(inner, Tracked):
            raise DefinitionError(
                f"{inner.config_name!r} has hyperparameters already, as LLM functions and tracked functions do: "
                "it is a key of scopes as it is. Remove the @track_hyperparameters above it."
            )
        inner = getattr(inner, "__wrapped__", None)
