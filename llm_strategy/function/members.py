"""How LLM functions behave as members of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from llm_strategy.function.callables import BoundLLMFunction, LLMFunction

__all__ = ["LLMClassMethod"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class LLMClassMethod(Generic[P, R_co]):
    """A class method that is an LLM function: bound to the class, also when it is called on an instance.

    The built-in `classmethod` binds callable objects differently from one Python version to the next.
    """

    def __init__(self, function: LLMFunction[P, R_co] | BoundLLMFunction[P, R_co]) -> None:
        self.__func__: Any = function
        """The function behind it, as `classmethod` calls it."""
        self.__doc__ = function.__doc__

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        cls: object = type(instance) if owner is None else owner
        return self.__func__.__get__(cls)
