"""An instance whose stubs a model implements: a copy of it, of the implemented class."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.errors import DefinitionError
from llm_strategy.strategy.classes import implemented

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.function.hints import Surroundings

__all__ = ["implemented_instance"]

T = TypeVar("T")


def implemented_instance(
    instance: T,
    model: ModelLike | ChatChain | None,
    options: Mapping[str, Any],
    skip: Collection[str],
    place: Surroundings,
) -> T:
    """Return a shallow copy of an instance whose stubs the model answers; the instance itself stays as it is.

    Raises:
        DefinitionError: a stub of its class is wrong, there is none, or the class does not allow such a copy.
    """
    subclass = implemented(type(instance), model, options, skip, place)
    try:
        duplicate = copy.copy(instance)
        object.__setattr__(duplicate, "__class__", subclass)
    except TypeError as error:
        raise DefinitionError(
            f"An instance of {type(instance).__qualname__!r} cannot be given implemented stubs: {error}. "
            "Decorate its class instead."
        ) from error
    return duplicate
