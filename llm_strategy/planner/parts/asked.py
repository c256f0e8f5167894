"""How a part is asked: as a flow, whether a model implements it or somebody's own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from llm_strategy.function import BoundLLMFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Flow

__all__ = ["asked", "length_of"]

P = ParamSpec("P")
R = TypeVar("R")


def asked(member: Callable[P, R], model: ModelLike | None, temperature: float | None = None) -> Callable[P, Flow[R]]:
    """Return what calls a member of a part as a flow.

    Args:
        member: a stub that a model implements, or a function of somebody's own, which is simply called.
        model: who answers; None for the default model.
        temperature: how replies are drawn, where it matters.

    >>> from llm_strategy.flow import run
    >>> run(asked(str.upper, None)("by hand"))
    'BY HAND'
    """
    if isinstance(member, BoundLLMFunction):
        told = cast("BoundLLMFunction[P, R]", member)
        return (
            told.using(model=model).flow
            if temperature is None
            else told.using(model=model, temperature=temperature).flow
        )

    def plain(*args: P.args, **kwargs: P.kwargs) -> Flow[R]:
        return member(*args, **kwargs)
        yield  # makes it a flow

    return plain


def length_of(member: Callable[..., Any], **arguments: Any) -> int:
    """Return how many letters the request for a call has; 0 where no model is asked."""
    if not isinstance(member, BoundLLMFunction):
        return 0
    return sum(len(one.content) for one in cast("BoundLLMFunction[..., Any]", member).prompt(**arguments))
